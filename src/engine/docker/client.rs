//! The engine at hand, as the seam wants it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bollard::models::ContainerInspectResponse;
use futures_util::stream::BoxStream;

use super::address::Address;
use super::asked::Asked;
use super::config_file::ConfigFile;
use super::events::Hub;
use super::known::Known;
use super::wire::{Around, Wire};
use super::{codec, error, exec, logs, observe, perform, pokes, sizes};
use crate::engine::{Done, Engine, EngineError, Exec, ExecIo, LogLine, LogOptions, Observer, Parts, Poke};
use crate::event::Progress;
use crate::model::{Build, Fixed, Tunable, VolumeName};
use crate::plan::Step;
use crate::rules::Rules;
use crate::state::{ContainerId, Observed, Scope};

/// Between two tries.
const MOMENT: Duration = Duration::from_millis(50);
/// How many there are for a container that is not tidied up.
const TRIES: usize = 100;

/// A connection to an engine of Docker's kind. Cheap to clone: clones share what they know.
#[derive(Clone)]
pub struct Docker {
    pub(super) client: bollard::Docker,
    pub(super) rules: Arc<Rules>,
    pub(super) config: Arc<ConfigFile>,
    pub(super) known: Arc<Known>,
    /// Calls that are open.
    pub(super) asked: Arc<Asked>,
    pub(super) events: Arc<Hub>,
    /// Where the engine listens on its own machine, for containers that it is lent to.
    pub(super) socket: Arc<str>,
    #[cfg_attr(not(feature = "buildkit"), expect(dead_code, reason = "only BuildKit needs connections of its own"))]
    pub(super) way: Arc<Way>,
}

/// What a build needs beside the client.
#[cfg_attr(not(feature = "buildkit"), expect(dead_code, reason = "only BuildKit needs connections of its own"))]
pub(super) struct Way {
    /// Where the engine listens.
    pub address: Address,
    /// The socket of the user's SSH agent.
    pub agent: Option<PathBuf>,
}

impl Docker {
    pub(super) fn new(
        client: bollard::Docker,
        rules: Rules,
        config: Arc<ConfigFile>,
        socket: Arc<str>,
        way: Way,
    ) -> Self {
        let events = Arc::new(Hub::new(client.clone()));
        Self {
            client,
            rules: Arc::new(rules),
            config,
            known: Arc::default(),
            asked: Arc::default(),
            events,
            socket,
            way: Arc::new(way),
        }
    }

    /// What a container is, read from the engine alone: the way in for containers that dsenv did not make. Defaults of
    /// the image and of the engine are in it.
    pub async fn definition(&self, container: &ContainerId) -> Result<(Fixed, Tunable), EngineError> {
        let inspect = self.inspect(container).await?;
        let mode = inspect.host_config.as_ref().and_then(|host| host.network_mode.clone());
        let networks = inspect.network_settings.as_ref().and_then(|settings| settings.networks.as_ref());
        let network = mode.filter(|mode| {
            !["none", "host", "bridge", "default"].contains(&mode.as_str())
                && networks
                    .iter()
                    .flat_map(|networks| networks.iter())
                    .any(|(name, endpoint)| name == mode || endpoint.network_id.as_ref() == Some(mode))
        });
        let around = Around { network, ..Around::nothing(self.rules.api) };
        let wire = Wire::of(inspect);
        Ok((codec::read_fixed(&wire, &around), codec::read_tunable(&wire, &around)))
    }

    pub(super) async fn inspect(&self, container: &ContainerId) -> Result<ContainerInspectResponse, EngineError> {
        tidied(|| self.client.inspect_container(container.as_str(), None)).await.map_err(error::plain)
    }
}

/// Asks again as long as the answer is one of Podman's with a container that is `stopped`: so it calls one that has
/// ended and is not tidied up yet, which takes a moment, and the client does not know the word.
pub(super) async fn tidied<T, F>(ask: impl Fn() -> F) -> Result<T, bollard::errors::Error>
where
    F: Future<Output = Result<T, bollard::errors::Error>>,
{
    insistent(ask, "unknown variant `stopped`", TRIES).await
}

/// Asks again, at most so often, as long as the error has these words: what is in the way goes by itself in a moment.
pub(super) async fn insistent<T, F>(
    ask: impl Fn() -> F,
    passing: &str,
    tries: usize,
) -> Result<T, bollard::errors::Error>
where
    F: Future<Output = Result<T, bollard::errors::Error>>,
{
    for _ in 0..tries {
        match ask().await {
            Err(error) if error.to_string().contains(passing) => tokio::time::sleep(MOMENT).await,
            answer => return answer,
        }
    }
    ask().await
}

#[async_trait]
impl Observer for Docker {
    fn rules(&self) -> &Rules {
        &self.rules
    }

    async fn observe(&self, scope: &Scope) -> Result<Observed, EngineError> {
        observe::observe(self, scope).await
    }

    async fn pokes(&self, scope: &Scope) -> Result<BoxStream<'static, Poke>, EngineError> {
        pokes::pokes(self, scope).await
    }

    async fn logs(
        &self,
        container: &ContainerId,
        options: &LogOptions,
    ) -> Result<BoxStream<'static, Result<LogLine, EngineError>>, EngineError> {
        let call = format!("GET /containers/{container}/logs");
        self.asked.during(call, logs::logs(self, container, options)).await
    }

    async fn fetch(&self, container: &ContainerId, path: &str) -> Result<Parts, EngineError> {
        let call = format!("GET /containers/{container}/archive");
        self.asked.during(call, perform::fetch(self, container, path)).await
    }

    async fn sizes(&self, volumes: &BTreeSet<VolumeName>) -> Result<BTreeMap<VolumeName, u64>, EngineError> {
        sizes::sizes(self, volumes).await
    }

    async fn lends(&self, build: &Build) -> Result<(), EngineError> {
        lends(self, build).await
    }

    fn unanswered(&self) -> Vec<(String, Duration)> {
        self.asked.unanswered()
    }
}

#[async_trait]
impl Engine for Docker {
    async fn perform(&self, step: &Step, progress: &(dyn Fn(Progress) + Send + Sync)) -> Result<Done, EngineError> {
        perform::perform(self, step, progress).await
    }

    async fn exec(&self, container: &ContainerId, exec: &Exec, io: ExecIo) -> Result<i64, EngineError> {
        exec::exec(self, container, exec, io).await
    }
}

#[cfg(feature = "buildkit")]
async fn lends(docker: &Docker, build: &Build) -> Result<(), EngineError> {
    super::buildkit::are_there(&build.ssh, docker.way.agent.as_deref()).await
}

#[cfg(not(feature = "buildkit"))]
async fn lends(_: &Docker, _: &Build) -> Result<(), EngineError> {
    Ok(())
}

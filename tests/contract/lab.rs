//! The bench on which a contract is tried: short words for steps, and the few things that differ between engines.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::time::Duration;

use async_trait::async_trait;
use dsenv::engine::{Done, Engine, EngineError, Exec, ExecIo};
use dsenv::model::*;
use dsenv::plan::{
    ContainerRef, ContainerStep, Handle, ImageStep, NetworkRef, NetworkStep, NewContainer, Step, Until, VolumeStep,
    WaitStep,
};
use dsenv::state::label::{self, Labels};
use dsenv::state::{Container, ContainerId, NetworkId, Observed, Scope};
use futures_util::FutureExt;

/// What an engine is asked beside the seam.
#[async_trait]
pub trait Bench: Send + Sync {
    /// The engine.
    fn engine(&self) -> &dyn Engine;
    /// A project that nobody else has.
    fn project(&self) -> &ProjectName;
    /// What a container was made as, read from the engine.
    async fn fixed(&self, container: &ContainerId) -> Fixed;
    /// Freezes a container.
    async fn pause(&self, container: &ContainerId);
    /// Removes a container in whatever state.
    async fn kick(&self, container: &ContainerId);
    /// Limits that this engine's host cannot set.
    fn unsupported(&self) -> &[&'static str];
    /// Removes everything of the project.
    async fn clear(&self);
}

/// The bench with a project of its own.
pub struct Lab {
    bench: Box<dyn Bench>,
}

/// The image of most contracts: it has `sh`, `cat`, `stat`, `nslookup`.
pub const IMAGE: &str = "busybox:latest";

/// Tries a contract, and tidies up whether it holds or not.
pub async fn hold(bench: impl Bench + 'static, contract: impl AsyncFnOnce(&Lab)) {
    let lab = Lab { bench: Box::new(bench) };
    let outcome = AssertUnwindSafe(async {
        if lab.look().await.images.is_empty() {
            lab.perform(ImageStep::Pull { image: IMAGE.into(), platform: None }).await.unwrap();
        }
        contract(&lab).await;
    })
    .catch_unwind()
    .await;
    lab.bench.clear().await;
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

/// Whether the engine said no, for a reason of name or state.
pub fn is_refusal<T>(result: &Result<T, EngineError>) -> bool {
    matches!(result, Err(EngineError::Conflict(_) | EngineError::Refused(_)))
}

/// The words as a command line.
pub fn words(line: &[&str]) -> Vec<String> {
    line.iter().map(|word| (*word).to_owned()).collect()
}

impl Lab {
    pub fn engine(&self) -> &dyn Engine {
        self.bench.engine()
    }

    pub fn bench(&self) -> &dyn Bench {
        &*self.bench
    }

    pub fn project(&self) -> &ProjectName {
        self.bench.project()
    }

    /// `dsenvtest-…_KEY`
    pub fn name(&self, key: &str) -> String {
        format!("{}_{key}", self.project())
    }

    pub async fn perform(&self, step: impl Into<Step>) -> Result<Done, EngineError> {
        self.engine().perform(&step.into(), &|_| {}).await
    }

    pub fn scope(&self) -> Scope {
        Scope { images: [IMAGE.into()].into(), ..Scope::of(self.project().clone()) }
    }

    pub async fn look(&self) -> Observed {
        self.engine().observe(&self.scope()).await.unwrap()
    }

    /// The container as a look shows it.
    pub async fn see(&self, container: &ContainerRef) -> Container {
        let id = id(container);
        let found = self.look().await.containers.into_iter().find(|seen| seen.id == *id);
        found.unwrap_or_else(|| panic!("{} is not shown", container.name))
    }

    /// Labels of a thing of the project.
    pub fn labels(&self, kind: &str, name: &str) -> Labels {
        [(label::ENV, self.project().as_str()), (label::KIND, kind), (label::NAME, name)]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into()
    }

    /// A service's container that runs a script, and dies at once when it is stopped.
    pub fn running(&self, service: &str, script: &str) -> NewContainer {
        let mut fixed = Fixed::of(IMAGE.into());
        fixed.command = Some(words(&["sh", "-c", script]));
        fixed.stop_grace_period = Some(0);
        let mut labels = self.labels(label::KIND_CONTAINER, service);
        labels.insert(label::REPLICA.to_owned(), "1".to_owned());
        NewContainer {
            name: ContainerName::new(format!("{}-{service}-1", self.project())),
            service: service.into(),
            replica: 1,
            fixed,
            tunable: Tunable::default(),
            networks: Vec::new(),
            labels,
            volume_labels: self.labels(label::KIND_ANONYMOUS, service),
            carried: BTreeMap::new(),
            files: None,
            borrowed: BTreeMap::new(),
            injected: Default::default(),
        }
    }

    /// One that serves until it is stopped.
    pub fn serving(&self, service: &str) -> NewContainer {
        self.running(service, "sleep 1000")
    }

    pub async fn try_create(&self, new: NewContainer) -> Result<ContainerRef, EngineError> {
        let name = new.name.clone();
        match self.perform(ContainerStep::Create(Box::new(new))).await? {
            Done::Container(id) => Ok(ContainerRef { name, handle: Handle::Known(id) }),
            other => panic!("a creation brought {other:?}"),
        }
    }

    pub async fn create(&self, new: NewContainer) -> ContainerRef {
        self.try_create(new).await.unwrap()
    }

    pub async fn try_start(&self, container: &ContainerRef) -> Result<Done, EngineError> {
        self.perform(ContainerStep::Start { container: container.clone() }).await
    }

    pub async fn start(&self, new: NewContainer) -> ContainerRef {
        let container = self.create(new).await;
        self.try_start(&container).await.unwrap();
        container
    }

    pub async fn stop(&self, container: &ContainerRef) -> Result<Done, EngineError> {
        self.perform(ContainerStep::Stop { container: container.clone(), grace: None }).await
    }

    pub async fn remove(&self, container: &ContainerRef) -> Result<Done, EngineError> {
        self.perform(ContainerStep::Remove { container: container.clone() }).await
    }

    pub async fn stop_and_remove(&self, container: &ContainerRef) {
        self.stop(container).await.unwrap();
        self.remove(container).await.unwrap();
    }

    pub async fn rename(&self, container: &ContainerRef, to: &str) -> Result<Done, EngineError> {
        self.perform(ContainerStep::Rename { container: container.clone(), to: to.into() }).await
    }

    pub async fn wait(&self, container: &ContainerRef, until: Until, seconds: u64) -> Result<Done, EngineError> {
        let limit = Duration::from_secs(seconds);
        self.perform(WaitStep::Until { container: container.clone(), until, limit }).await
    }

    /// Waits for the end of a container, however it ends.
    pub async fn ended(&self, container: &ContainerRef) {
        let _ = self.wait(container, Until::Completed, 30).await;
    }

    pub async fn try_network(&self, key: &str, definition: NetworkDefinition) -> Result<NetworkRef, EngineError> {
        let name = NetworkName::new(self.name(key));
        let labels = self.labels(label::KIND_NETWORK, key);
        let step = NetworkStep::Create { key: key.into(), name: name.clone(), definition, labels };
        match self.perform(step).await? {
            Done::Network(id) => Ok(NetworkRef { name, handle: Handle::Known(id) }),
            other => panic!("a creation brought {other:?}"),
        }
    }

    pub async fn network(&self, key: &str) -> NetworkRef {
        self.try_network(key, NetworkDefinition::default()).await.unwrap()
    }

    pub async fn remove_network(&self, network: &NetworkRef) -> Result<Done, EngineError> {
        self.perform(NetworkStep::Remove { network: network.clone() }).await
    }

    pub async fn connect(
        &self,
        container: &ContainerRef,
        network: &NetworkRef,
        attachment: Attachment,
    ) -> Result<Done, EngineError> {
        self.perform(ContainerStep::Connect { container: container.clone(), network: network.clone(), attachment })
            .await
    }

    pub async fn disconnect(&self, container: &ContainerRef, network: &NetworkRef) -> Result<Done, EngineError> {
        self.perform(ContainerStep::Disconnect { container: container.clone(), network: network.clone() }).await
    }

    /// Makes a volume of the project and gives the labels that it truly has.
    pub async fn volume(&self, key: &str, labels: Labels) -> Labels {
        let name = VolumeName::new(self.name(key));
        let step = VolumeStep::Create { name, definition: VolumeDefinition::default(), labels };
        match self.perform(step).await.unwrap() {
            Done::Volume(labels) => labels,
            other => panic!("a creation brought {other:?}"),
        }
    }

    pub async fn remove_volume(&self, key: &str) -> Result<Done, EngineError> {
        self.perform(VolumeStep::Remove { name: VolumeName::new(self.name(key)) }).await
    }

    /// Runs a script in a container: its exit code and what it printed.
    pub async fn run(&self, container: &ContainerRef, script: &str) -> (i64, String) {
        self.exec(container, Exec { command: words(&["sh", "-c", script]), ..Exec::default() }, None).await.unwrap()
    }

    pub async fn exec(
        &self,
        container: &ContainerRef,
        exec: Exec,
        stdin: Option<&'static str>,
    ) -> Result<(i64, String), EngineError> {
        let (near, mut far) = tokio::io::duplex(1 << 20);
        let io = ExecIo {
            stdin: stdin.map(|text| Box::new(text.as_bytes()) as Box<_>),
            stdout: Box::new(near),
            stderr: Box::new(tokio::io::sink()),
            sizes: None,
        };
        let code = self.engine().exec(id(container), &exec, io).await?;
        let mut text = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut far, &mut text).await.unwrap();
        Ok((code, text.trim_end().to_owned()))
    }

    /// Whether a name resolves in a container.
    pub async fn resolves(&self, container: &ContainerRef, name: &str) -> bool {
        self.run(container, &format!("nslookup {name}")).await.0 == 0
    }
}

/// The id of a container that is there.
pub fn id(container: &ContainerRef) -> &ContainerId {
    match &container.handle {
        Handle::Known(id) => id,
        Handle::Made(node) => panic!("{node} was not performed"),
    }
}

/// The id of a network that is there.
pub fn network_id(network: &NetworkRef) -> &NetworkId {
    match &network.handle {
        Handle::Known(id) => id,
        Handle::Made(node) => panic!("{node} was not performed"),
    }
}

/// A wait for readiness with a settle window of so many milliseconds.
pub fn ready(milliseconds: u64) -> Until {
    Until::Ready { settle: Duration::from_millis(milliseconds) }
}

/// An attachment with these aliases.
pub fn aliases(names: &[&str]) -> Attachment {
    Attachment { aliases: names.iter().map(|name| (*name).to_owned()).collect(), ..Attachment::default() }
}

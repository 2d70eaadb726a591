//! A project on the real engine that leaves nothing behind.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use dsenv::engine::docker::{self, Docker};
use dsenv::engine::{Done, Engine, EngineError, Observer};
use dsenv::event::Progress;
use dsenv::model::{
    Attachment, ContainerName, Fixed, Key, NetworkDefinition, NetworkName, ProjectName, ServiceName, Tunable,
};
use dsenv::plan::{ContainerRef, ContainerStep, Handle, NetworkRef, NetworkStep, NewContainer, Step, Until, WaitStep};
use dsenv::state::{ContainerId, NetworkId, Observed, Scope, label, record};

/// One test's own project.
pub struct Lab {
    pub docker: Docker,
    pub project: ProjectName,
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

impl Lab {
    /// On the engine that is meant. Without one the test fails.
    pub async fn open() -> Self {
        Self::open_with(&[]).await
    }

    /// The same with more variables in the environment.
    pub async fn open_with(variables: &[(&str, &str)]) -> Self {
        let more = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment = std::env::vars().chain(more).collect();
        let docker = docker::connect(None, &environment, None).await;
        let docker = docker.unwrap_or_else(|error| panic!("these tests need an engine: {error}"));
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self { docker, project: ProjectName::new(format!("dtest{}x{number}", std::process::id())) }
    }

    pub fn scope(&self) -> Scope {
        Scope { images: ["busybox:latest".into()].into(), ..Scope::of(self.project.clone()) }
    }

    pub async fn look(&self) -> Observed {
        self.docker.observe(&self.scope()).await.expect("the engine can be looked at")
    }

    pub async fn try_step(&self, step: impl Into<Step>) -> Result<Done, EngineError> {
        self.docker.perform(&step.into(), &|_: Progress| {}).await
    }

    pub async fn step(&self, step: impl Into<Step>) -> Done {
        let step = step.into();
        let verb = step.verb();
        self.try_step(step).await.unwrap_or_else(|error| panic!("{verb}: {error}"))
    }

    pub fn labels(&self, kind: &str, name: &str) -> BTreeMap<String, String> {
        [(label::ENV, self.project.as_str()), (label::KIND, kind), (label::NAME, name)]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into()
    }

    pub async fn network(&self, key: &str, definition: NetworkDefinition) -> NetworkRef {
        let name = NetworkName::new(format!("{}_{key}", self.project));
        let labels = self.labels(label::KIND_NETWORK, key);
        let step = NetworkStep::Create { key: key.into(), name: name.clone(), definition, labels };
        match self.step(step).await {
            Done::Network(id) => NetworkRef { name, handle: Handle::Known(id) },
            other => panic!("{other:?}"),
        }
    }

    /// A container of a service that sleeps.
    pub fn new_container(&self, service: &str, fixed: Fixed) -> NewContainer {
        let mut labels = self.labels(label::KIND_CONTAINER, service);
        labels.insert(label::REPLICA.to_owned(), "1".to_owned());
        labels.insert(label::SCHEMA.to_owned(), "1".to_owned());
        labels.insert(label::APPLIED.to_owned(), record::encode(&fixed, &Key::new([7; 32])));
        NewContainer {
            name: ContainerName::new(format!("{}-{service}-1", self.project)),
            service: ServiceName::new(service),
            replica: 1,
            fixed,
            tunable: Tunable::default(),
            networks: Vec::new(),
            labels,
            volume_labels: self.labels(label::KIND_ANONYMOUS, service),
            carried: BTreeMap::new(),
            files: None,
            borrowed: BTreeMap::new(),
            injected: BTreeMap::new(),
        }
    }

    pub async fn create(&self, new: NewContainer) -> ContainerRef {
        let name = new.name.clone();
        match self.step(ContainerStep::Create(Box::new(new))).await {
            Done::Container(id) => ContainerRef { name, handle: Handle::Known(id) },
            other => panic!("{other:?}"),
        }
    }

    pub async fn start(&self, container: &ContainerRef) {
        self.step(ContainerStep::Start { container: container.clone() }).await;
    }

    pub async fn wait(&self, container: &ContainerRef, until: Until, seconds: u64) -> Result<Done, EngineError> {
        let limit = Duration::from_secs(seconds);
        self.try_step(WaitStep::Until { container: container.clone(), until, limit }).await
    }
}

/// `sh -c`
pub fn shell(script: &str) -> Fixed {
    let command = ["sh", "-c", script].map(str::to_owned).to_vec();
    Fixed { command: Some(command), stop_grace_period: Some(0), ..Fixed::of("busybox:latest".into()) }
}

pub fn sleeper() -> Fixed {
    shell("sleep 600")
}

pub fn on(network: &NetworkRef) -> Vec<(NetworkRef, Attachment)> {
    vec![(network.clone(), Attachment::default())]
}

pub fn id(container: &ContainerRef) -> &ContainerId {
    match &container.handle {
        Handle::Known(id) => id,
        Handle::Made(_) => panic!("it was made"),
    }
}

pub fn network_id(network: &NetworkRef) -> &NetworkId {
    match &network.handle {
        Handle::Known(id) => id,
        Handle::Made(_) => panic!("it was made"),
    }
}

impl Drop for Lab {
    /// Through the command line, since nothing can be awaited here; by this test's own label and prefix only.
    fn drop(&mut self) {
        let filter = format!("label={}={}", label::ENV, self.project);
        let script = format!(
            "docker ps -aq --filter {filter} | xargs -r docker rm -fv;
             docker network ls -q --filter {filter} | xargs -r docker network rm;
             docker volume ls -q --filter {filter} | xargs -r docker volume rm;
             docker image ls -q {}-image | xargs -r docker image rm -f",
            self.project
        );
        Command::new("sh").args(["-c", &script]).output().expect("there is a shell");
    }
}

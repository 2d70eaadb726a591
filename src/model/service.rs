//! A service: what each of its containers is, and how dsenv treats them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Build, ContainerName, Fixed, ImageRef, Networking, Scheduling, ServiceName, Tunable};

/// One service of the project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Where the image comes from. Its reference is [`Fixed::image`].
    pub source: ImageSource,
    /// How many containers; 1 by default.
    pub scale: u32,
    /// The user's name for the only container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_name: Option<ContainerName>,
    /// Settled at birth: a change replaces the container.
    pub fixed: Fixed,
    /// Changed in place.
    pub tunable: Tunable,
    /// Changed by connect and disconnect.
    pub networks: Networking,
    /// What must be there first: the user's `depends_on` and what links, namespaces and `volumes_from` imply.
    pub depends_on: BTreeMap<ServiceName, Dependency>,
    /// How a replacement goes (`deploy.update_config`).
    pub update: UpdatePolicy,
    /// How a way back goes (`deploy.rollback_config`).
    pub rollback: UpdatePolicy,
    /// Where and how an engine that makes replicas by itself is to run them (`deploy`).
    #[serde(default, skip_serializing_if = "Scheduling::is_default")]
    pub scheduling: Scheduling,
    /// Commands around start and stop.
    pub hooks: Hooks,
    /// When it counts as up.
    pub gate: Gate,
    /// Whether it is done when it exits 0: the target of `service_completed_successfully`, a job `deploy.mode`,
    /// or `x-dsenv.job`.
    pub job: bool,
    /// Field paths that are left alone (`x-dsenv.ignore_changes`).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub ignore_changes: BTreeSet<String>,
    /// URLs to print at the end (`x-dsenv.url`). Without any, those of the published TCP ports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// Keys of the spec that the service may go without where an engine cannot do them (`x-dsenv.lossy`,
    /// `--allow-lossy`).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub lossy: BTreeSet<String>,
}

/// Where an image comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageSource {
    /// A registry, or the engine's own store.
    Pull(PullPolicy),
    /// A Dockerfile; the result is tagged [`Fixed::image`]. With [`PullPolicy::Build`] it is built at every apply.
    Build(Box<Build>, PullPolicy),
}

/// When an image is pulled (`pull_policy`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PullPolicy {
    /// When it is not there. The default.
    #[default]
    Missing,
    /// At every apply.
    Always,
    /// Never; an error if it is not there.
    Never,
    /// Not at all: it is built.
    Build,
    /// When the last pull is longer ago than this.
    Every(Duration),
}

/// One edge of `depends_on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    /// What to wait for.
    pub condition: Condition,
    /// Whether the dependent is restarted when the dependency was replaced or restarted; false by default.
    pub restart: bool,
    /// Whether its absence or failure is an error; true by default. False warns.
    pub required: bool,
}

/// What a dependent waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// The container runs.
    ServiceStarted,
    /// Its health check passes.
    ServiceHealthy,
    /// It exited with 0.
    ServiceCompletedSuccessfully,
}

/// How containers of a service are replaced (Compose Deploy Specification, update_config).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct UpdatePolicy {
    /// How many at a time; 0 is all; 1 by default.
    pub parallelism: u32,
    /// The pause between two batches; none by default.
    pub delay: Duration,
    /// What happens when one fails.
    pub failure_action: FailureAction,
    /// How long a new container is watched after its gate; none by default.
    pub monitor: Duration,
    /// The share of failures, 0 to 1, that is tolerated; 0 by default.
    pub max_failure_ratio: f64,
    /// Which of the two stands first.
    pub order: UpdateOrder,
    /// How long the old one runs on without its names (`x-dsenv.drain`); 1 s by default.
    pub drain: Duration,
}

impl Default for UpdatePolicy {
    fn default() -> Self {
        Self {
            parallelism: 1,
            delay: Duration::ZERO,
            failure_action: FailureAction::Rollback,
            monitor: Duration::ZERO,
            max_failure_ratio: 0.0,
            order: UpdateOrder::StopFirst,
            drain: Duration::from_secs(1),
        }
    }
}

/// What happens when a replacement fails. Unset means `Rollback` in dsenv.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureAction {
    /// The old container comes back.
    Rollback,
    /// The old one runs on, the new one stays stopped beside it.
    Pause,
    /// The next replica is replaced all the same.
    Continue,
}

/// Which of old and new stands first during a replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpdateOrder {
    /// The old one stops, then the new one starts.
    StopFirst,
    /// The new one passes its gate before the old one stops.
    StartFirst,
}

/// Commands around start and stop (Compose Specification, service hooks).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Hooks {
    /// Containers of their own that run to their end before the service starts.
    pub pre_start: Vec<StartHook>,
    /// Commands in the container, right after it started.
    pub post_start: Vec<Hook>,
    /// Commands in the container, before it is stopped.
    pub pre_stop: Vec<Hook>,
}

/// A command in a running container.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Hook {
    /// Program and arguments.
    pub command: Vec<String>,
    /// The container's own user by default.
    pub user: Option<String>,
    /// Whether it has all rights.
    pub privileged: bool,
    /// The container's own folder by default.
    pub working_dir: Option<String>,
    /// Added to the container's variables.
    pub environment: BTreeMap<String, Option<String>>,
}

/// A container that runs to its end before the service starts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StartHook {
    /// The service's image by default.
    pub image: Option<ImageRef>,
    /// What runs.
    pub hook: Hook,
    /// Whether it runs for each replica instead of once.
    pub per_replica: bool,
}

/// When a container counts as up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// A container without a health check must live this long from its start; 0.45 s by default.
    pub settle: Duration,
    /// The longest wait; 10 minutes by default.
    pub limit: Duration,
}

impl Default for Gate {
    fn default() -> Self {
        Self { settle: Duration::from_millis(450), limit: Duration::from_secs(600) }
    }
}

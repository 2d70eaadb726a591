//! What a plan is made from.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use crate::model::{ImageRef, Key, Origins, Project, Provider, ServiceName, VolumeName};
use crate::rules::Rules;
use crate::state::{ImageId, Observed};

/// Everything that a plan depends on: the same request gives the same plan.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What should exist.
    pub project: &'a Project,
    /// Which text asks for what.
    pub origins: &'a Origins,
    /// What does exist.
    pub observed: &'a Observed,
    /// What the engine can do.
    pub rules: &'a Rules,
    /// The key for digests: [`Observed::key`], or a fresh one where there is none yet; the plan then stores it.
    pub key: &'a Key,
    /// Digests of build inputs by service; a service that is missing here is not compared.
    pub digests: &'a BTreeMap<ServiceName, String>,
    /// The services whose images a build is made from, by the service that is built. They make no ring.
    pub bases: &'a BTreeMap<ServiceName, BTreeSet<ServiceName>>,
    /// What the user asks for beside the file.
    pub options: &'a Options,
}

/// What the user asks for beside the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Remove strays, volumes excepted (`--prune`).
    pub prune: bool,
    /// Only these services and what they need; all when empty (`--target`).
    pub targets: BTreeSet<ServiceName>,
    /// Not these services (`--exclude`).
    pub exclude: BTreeSet<ServiceName>,
    /// Replace these services whether they differ or not (`--replace`).
    pub replace: BTreeSet<ServiceName>,
    /// Replace these services, and give them new volumes without a name (`--renew`).
    pub renew: BTreeSet<ServiceName>,
    /// Build every image that is built (`--build`).
    pub build: bool,
    /// Run these one-shots again (`--rerun`).
    pub rerun: BTreeSet<ServiceName>,
    /// Volumes whose data may be destroyed, by name or key, and services of programs that may be released
    /// (`--destroy-data`).
    pub destroy_data: BTreeSet<VolumeName>,
    /// Field paths that may be left out where the engine cannot do them (`--allow-lossy`).
    pub allow_lossy: BTreeSet<String>,
    /// The longest wait for a gate, instead of each service's own.
    pub timeout: Option<Duration>,
    /// Images that this very command has pulled or built already: not again.
    pub fresh: BTreeSet<ImageRef>,
    /// What these references mean, whatever they mean on the engine: no pull, no build (`rollback`).
    pub pinned: BTreeMap<ImageRef, ImageId>,
    /// The time, for pull policies that count days.
    pub now: Timestamp,
}

impl Options {
    /// Nothing beside the file, at this time.
    pub fn at(now: Timestamp) -> Self {
        Self {
            prune: false,
            targets: BTreeSet::new(),
            exclude: BTreeSet::new(),
            replace: BTreeSet::new(),
            renew: BTreeSet::new(),
            build: false,
            rerun: BTreeSet::new(),
            destroy_data: BTreeSet::new(),
            allow_lossy: BTreeSet::new(),
            timeout: None,
            fresh: BTreeSet::new(),
            pinned: BTreeMap::new(),
            now,
        }
    }
}

/// What the user asks for when a project goes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DestroyOptions {
    /// Volumes whose data is destroyed too, by name or key, and services of programs that are released
    /// (`--destroy-data`).
    pub destroy_data: BTreeSet<VolumeName>,
    /// Remove one-offs that are up too (`--prune`).
    pub prune: bool,
    /// Services that programs run, as the spec at hand has them. What a record hides is known from here only.
    pub providers: BTreeMap<ServiceName, Provider>,
    /// The spec at hand, for services of which no record says anything.
    pub spec: Option<Project>,
    /// Whether the spec was named in this very command: then it counts more than the record.
    pub spec_named: bool,
    /// How long a container may take to stop, instead of each one's own.
    pub grace: Option<Duration>,
}

//! One project on the twin, applied as the verb applies it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dsenv::engine::memory::Memory;
use dsenv::engine::{EngineError, Observer};
use dsenv::execute::{self, Beat, Caps};
use dsenv::model::{Key, MountKind, VolumeName};
use dsenv::plan::{self, ImageStep, Options, Plan, Step, text};
use dsenv::resolve::{self, Resolved};
use dsenv::spec::{self, Literals};
use dsenv::state::{Observed, RunState, Scope};
use futures_util::stream;

use super::spec::Spec;

pub struct Lab {
    pub engine: Memory,
    /// What was carried out, for the story of a run that fails.
    plans: RefCell<Vec<String>>,
}

/// How an apply ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Applied {
    Done,
    /// There was nothing to do.
    Nothing,
    /// With these words.
    Failed(String),
    /// It hung, and was killed.
    Killed,
}

/// Longer than any gate.
const PATIENCE: Duration = Duration::from_secs(3600);

const MARK: &str = "own";

impl Lab {
    pub fn new() -> Self {
        Self { engine: Memory::new(), plans: RefCell::default() }
    }

    /// Looks, plans, runs, until nothing is left; after a failure no more, but for one that a look was too old for.
    pub async fn apply(&self, spec: &Spec) -> Applied {
        self.apply_within(spec, PATIENCE).await
    }

    /// The same, killed after so long.
    pub async fn apply_within(&self, spec: &Spec, patience: Duration) -> Applied {
        let resolved = resolve(spec);
        tokio::time::timeout(patience, self.rounds(&resolved)).await.unwrap_or(Applied::Killed)
    }

    async fn rounds(&self, resolved: &Resolved) -> Applied {
        let mut options = Options { prune: true, ..Options::at(jiff::Timestamp::UNIX_EPOCH) };
        let (mut applied, mut overtaken) = (Applied::Nothing, false);
        for _ in 0..4 {
            let (observed, plan) = match self.look(resolved, &options).await {
                Ok(look) => look,
                Err(error) => return Applied::Failed(error.to_string()),
            };
            if plan.is_empty() {
                return applied;
            }
            self.plans.borrow_mut().push(text(&plan));
            let limits = execute::Options { caps: Caps::of(4), limit: None, tick: None };
            let outcome = execute::run(&plan, &self.engine, limits, stream::pending(), &mut |_, _: Beat<'_>| {}).await;
            if outcome.is_overtaken() && !overtaken {
                overtaken = true;
                continue;
            }
            if !outcome.is_success() {
                return Applied::Failed(format!("{:?}", outcome.failed));
            }
            applied = Applied::Done;
            let brought: BTreeSet<_> = plan
                .nodes
                .iter()
                .filter_map(|node| match &node.step {
                    Step::Image(ImageStep::Pull { image, .. }) => Some(image.clone()),
                    _ => None,
                })
                .collect();
            let settled = brought.is_subset(&options.fresh);
            options.fresh.extend(brought);
            if settled {
                return match self.leave_record(resolved, &observed).await {
                    Ok(()) => Applied::Done,
                    Err(error) => Applied::Failed(error.to_string()),
                };
            }
        }
        Applied::Failed("it never comes to an end".to_owned())
    }

    async fn leave_record(&self, resolved: &Resolved, observed: &Observed) -> Result<(), EngineError> {
        let project = &resolved.project;
        let services = project.services.keys().cloned().collect();
        let applied = execute::Applied {
            project,
            services: &services,
            partial: false,
            observed,
            pinned: &BTreeMap::new(),
            key: &key(),
        };
        execute::keep(&self.engine, &execute::record(applied, jiff::Timestamp::UNIX_EPOCH, "ada@host")).await
    }

    async fn look(&self, resolved: &Resolved, options: &Options) -> Result<(Observed, Plan), EngineError> {
        let Resolved { project, origins, warnings: _ } = resolved;
        let scope = Scope {
            images: project.images(),
            networks: project.networks.values().map(|network| network.name.clone()).collect(),
            volumes: project.volumes.values().map(|volume| volume.name.clone()).collect(),
            ..Scope::of(project.name.clone())
        };
        let observed = self.engine.observe(&scope).await?;
        let fresh = key();
        let plan = plan::plan(&plan::Request {
            project,
            origins,
            observed: &observed,
            rules: self.engine.rules(),
            key: observed.key.as_ref().unwrap_or(&fresh),
            digests: &BTreeMap::new(),
            bases: &BTreeMap::new(),
            options,
        });
        Ok((observed, plan))
    }

    /// The plans that were carried out since this was asked last.
    pub fn plans(&self) -> String {
        self.plans.take().join("--\n")
    }

    /// The plan is empty, and nothing temporary is left.
    pub async fn is_settled(&self, spec: &Spec, story: &str) {
        let options = Options { prune: true, ..Options::at(jiff::Timestamp::UNIX_EPOCH) };
        let (observed, plan) = self.look(&resolve(spec), &options).await.unwrap();
        assert!(plan.is_empty(), "{story}\n--- not settled\n{}", text(&plan));
        let strange: Vec<_> = containers(&self.engine).into_iter().filter(|name| name.contains('.')).collect();
        assert!(strange.is_empty() && observed.helpers.is_empty(), "{story}\n--- left behind: {strange:?}");
        let up = observed.containers.iter().filter(|container| container.service.as_str() != "job");
        for container in up {
            assert!(matches!(container.state, RunState::Running), "{story}\n--- {} is not up", container.name);
        }
    }

    /// Writes into every volume, by whoever mounts it.
    pub fn mark_volumes(&self) {
        for name in containers(&self.engine) {
            let id = self.engine.container(&name).unwrap();
            for (target, mount) in self.engine.fixed(&id).unwrap().mounts {
                if matches!(mount.kind, MountKind::Volume { .. } | MountKind::Anonymous { .. }) {
                    self.engine.put_file(&id, &format!("{target}/{MARK}"), "data").unwrap();
                }
            }
        }
    }

    /// The volumes that hold the mark, with what it says.
    pub fn marked(&self) -> Vec<(VolumeName, Vec<u8>)> {
        let marked = |name: VolumeName| {
            let file = self.engine.volume_file(name.as_str(), MARK).unwrap()?;
            Some((name, file.content))
        };
        self.engine.volumes().unwrap().into_iter().filter_map(marked).collect()
    }
}

/// The names of all containers, whoever made them.
pub fn containers(engine: &Memory) -> Vec<String> {
    engine.containers().unwrap().into_iter().map(|name| name.as_str().to_owned()).collect()
}

fn key() -> Key {
    Key::new([7; 32])
}

fn resolve(spec: &Spec) -> Resolved {
    let text = spec.to_string();
    let files: Literals = [("/lab/env.yaml", text.as_str())].into_iter().collect();
    let variables = [("SECRET1", "one"), ("SECRET2", "two")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let request = spec::Request {
        files: vec!["/lab/env.yaml".into()],
        folder: "/lab".into(),
        shown_from: "/lab".into(),
        name: None,
        profiles: Vec::new(),
        part: spec::Part::default(),
        variables: variables.into(),
        interpolate: true,
    };
    let loaded = spec::load(&request, &files).unwrap_or_else(|mistakes| panic!("{mistakes:#?}\n{text}"));
    resolve::resolve(&loaded, &files, &BTreeSet::new()).unwrap_or_else(|mistakes| panic!("{mistakes:#?}\n{text}"))
}

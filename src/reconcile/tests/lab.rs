//! A state machine between two looks, an engine that those looks are taken at, and effects as text.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::context::Hashes;
use crate::engine::Observer;
use crate::engine::memory::Memory;
use crate::execute::{self, Caps};
use crate::model::Key;
use crate::plan::{self, Options};
use crate::reconcile::{
    Auto, Builds, Desired, Effect, Ended, Input, Look, LookRequest, Looked, Now, Settings, Show, State, Task,
    TaskError, TaskErrorKind, Terminal,
};
use crate::report::watch::line;
use crate::report::{Form, Style};
use crate::resolve;
use crate::spec::{self, Literals, Part, Request};
use crate::state::{ContainerId, Scope};
use crate::sync::Watchlist;

pub const SPEC: &str = "\
name: lab
services:
  web:
    image: busybox:latest
    command: [sleep, infinity]
    network_mode: none
    x-dsenv: {settle: 0s}
    develop:
      watch:
      - {path: ./src, action: sync, target: /app}
      - {path: ./conf, action: restart}
";

/// Roots of [`SPEC`], in the order of its watchlist.
pub const ROOT_OF_SPEC: usize = 0;
pub const ROOT_OF_SYNC: usize = 1;
pub const ROOT_OF_RESTART: usize = 2;

pub struct Lab {
    pub state: State,
    pub engine: Memory,
    pub desired: Rc<Desired>,
    begun: Instant,
}

pub fn desired(text: &str) -> Rc<Desired> {
    let reader: Literals = [("/lab/env.yaml", text)].into_iter().collect();
    let request = Request {
        files: vec!["/lab/env.yaml".into()],
        folder: "/lab".into(),
        shown_from: "/lab".into(),
        name: None,
        profiles: Vec::new(),
        part: Part::default(),
        variables: BTreeMap::new(),
        interpolate: true,
    };
    let loaded = spec::load(&request, &reader).unwrap();
    let resolved = resolve::resolve(&loaded, &reader, &BTreeSet::new()).unwrap();
    Rc::new(Desired {
        project: resolved.project,
        origins: resolved.origins,
        watch: resolve::watch_rules(&loaded.spec),
        sync_back: resolve::sync_back(&loaded.spec),
        left_unhealthy: resolve::left_unhealthy(&loaded.spec),
        unattached: resolve::unattached(&loaded.spec),
        variables: BTreeMap::new(),
        files: vec!["/lab/env.yaml".into()],
        hashes: Arc::new(Hashes::kept(None)),
    })
}

pub fn watchlist(desired: &Desired) -> Watchlist {
    Watchlist::of(&desired.project, &desired.watch, &desired.sync_back, &desired.files).unwrap()
}

pub fn failure(kind: TaskErrorKind, message: &str) -> TaskError {
    TaskError { kind, message: message.to_owned(), hint: None, diagnostics: Vec::new() }
}

/// Paths that changed under a root.
pub fn changed(root: usize, paths: &[&str]) -> Input {
    Input::Files([(root, paths.iter().map(|path| (*path).into()).collect())].into())
}

impl Lab {
    /// Nothing has happened, and nothing is there.
    pub fn new(text: &str, heal: bool) -> Self {
        let desired = desired(text);
        let settings = Settings { heal, auto: Auto::Safe, folders: vec!["/lab".into()] };
        let state = State::new(settings, desired.clone(), watchlist(&desired));
        Self { state, engine: Memory::new(), desired, begun: Instant::now() }
    }

    /// The spec is applied, the first look was taken at 0 ms, and nothing is under way.
    pub async fn idle(text: &str, heal: bool) -> Self {
        let mut lab = Self::new(text, heal);
        lab.apply(&lab.desired.clone()).await;
        lab.on(0, Input::Begin(Terminal::default()));
        lab.on(0, Input::Ended(Ended::Subscribed(Ok(()))));
        let looked = lab.look().await;
        assert_eq!(lab.on(0, looked), "wake 30000");
        lab
    }

    /// Makes the engine what a spec asks for.
    pub async fn apply(&self, desired: &Desired) {
        let looked = self.look_at(desired).await;
        let options = execute::Options { caps: Caps::of(4), limit: None, tick: None };
        let done = execute::run(&looked.look.plan, &self.engine, options, stream::pending(), &mut |_, _| {}).await;
        assert!(done.is_success());
    }

    async fn look_at(&self, desired: &Desired) -> Looked {
        let Desired { project, origins, .. } = desired;
        let scope = Scope { images: project.images(), ..Scope::of(project.name.clone()) };
        let observed = self.engine.observe(&scope).await.unwrap();
        let (key, options) = (Key::new([7; 32]), Options::at(self.date()));
        let (digests, bases, rules) = (BTreeMap::new(), BTreeMap::new(), self.engine.rules());
        let plan = plan::plan(&plan::Request {
            project,
            origins,
            observed: &observed,
            rules,
            key: &key,
            digests: &digests,
            bases: &bases,
            options: &options,
        });
        Looked { look: Look { observed, key, digests, plan }, options }
    }

    /// A look for what the spec asks for has ended.
    pub async fn look(&self) -> Input {
        self.look_for(&self.desired).await
    }

    pub async fn look_for(&self, desired: &Desired) -> Input {
        Input::Ended(Ended::Looked(Ok(Box::new(self.look_at(desired).await))))
    }

    /// By the calendar of the engine, whose world begins with the year 2026.
    fn date(&self) -> Timestamp {
        Timestamp::from_second(1_767_225_600).unwrap() + self.begun.elapsed()
    }

    pub fn container(&self) -> ContainerId {
        self.engine.container("lab-web-1").unwrap()
    }

    /// What is asked for when something happens at so many milliseconds.
    pub fn on(&mut self, ms: u64, input: Input) -> String {
        let now = Now { since: Duration::from_millis(ms), date: self.date() };
        let effects = self.state.on(now, input);
        let told = effects.iter().map(text).filter(|text| !text.is_empty());
        told.collect::<Vec<_>>().join("; ")
    }
}

fn text(effect: &Effect) -> String {
    match effect {
        Effect::Begin(task) => task_text(task),
        Effect::Show(Show::Tell(news)) => format!("tell {}", &*line(news, &Style::colourless(Form::Plain))),
        Effect::Show(Show::Diagnostics(all)) => format!("{} diagnostics", all.len()),
        Effect::Show(Show::Plan(_)) => "show the plan".to_owned(),
        Effect::Show(Show::Status) => "show the status".to_owned(),
        Effect::Show(Show::Services) => "draw".to_owned(),
        Effect::Show(Show::LogLine { service, text }) => format!("{service} | {text}"),
        // It goes with everything that is drawn by somebody else.
        Effect::Show(Show::Clear) => String::new(),
        Effect::FollowLogs(containers) => format!("follow {} logs", containers.len()),
        Effect::StopLogs => "follow no logs".to_owned(),
        Effect::WakeAt(Some(at)) => format!("wake {}", at.as_millis()),
        Effect::WakeAt(None) => String::new(),
        Effect::Stop(how) => format!("stop: {how:?}"),
    }
}

fn task_text(task: &Task) -> String {
    match task {
        Task::FirstApply(_) => "apply for the first time".to_owned(),
        Task::Subscribe(_) => "subscribe".to_owned(),
        Task::ReadSpec => "read the spec".to_owned(),
        Task::StartWatcher(roots) => format!("watch {} roots", roots.len()),
        Task::ListFiles(roots) => format!("list {} roots", roots.len()),
        Task::Look(LookRequest { builds, without, .. }) => {
            let without = without.iter().map(|service| format!(" without {service}")).collect::<String>();
            match builds {
                Builds::Compared => format!("look at all{without}"),
                Builds::Of(service) => format!("look at the build of {service}{without}"),
                Builds::Trusted => format!("look{without}"),
            }
        }
        Task::Apply(_) => "apply".to_owned(),
        Task::Copy(jobs) => {
            let job = |job: &crate::sync::CopyJob| {
                let restart = if job.restart { ", restart" } else { "" };
                format!("copy to {}{restart}", job.container.name)
            };
            jobs.iter().map(job).collect::<Vec<_>>().join("; ")
        }
        Task::SyncBack(jobs, occasion) => format!("sync back from {} containers ({occasion:?})", jobs.len()),
        Task::Restart(container) => format!("restart {}", container.name),
    }
}

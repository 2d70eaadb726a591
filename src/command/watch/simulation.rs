//! Eight hours of work in a few seconds: real files, the twin of an engine, and a clock that runs ahead.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use camino::Utf8Path;

use super::session::Session;
use super::verb::Flags;
use crate::command::perform::Pace;
use crate::command::select::Select;
use crate::command::{Context, Global, apply, desired};
use crate::engine::memory::Memory;
use crate::report::{Form, Shell};
use crate::state::{ContainerId, RunState};

const SPEC: &str = "\
name: simulation
services:
  web:
    image: busybox:latest
    network_mode: none
    environment: {EDITION: '0'}
    x-dsenv: {settle: 0s}
    develop: {watch: [{path: ./src, action: sync, target: /app}]}
";

/// How often a file is saved.
const EACH: Duration = Duration::from_secs(60);
const FILES: usize = 9;

struct Day<'a> {
    folder: &'a Utf8Path,
    engine: Memory,
}

impl Day<'_> {
    fn container(&self) -> Option<ContainerId> {
        self.engine.container("simulation-web-1").ok()
    }

    fn holds(&self, file: &str, text: &str) -> bool {
        let found = self.container().and_then(|id| self.engine.file(&id, file).ok().flatten());
        found.is_some_and(|file| file.content == text.as_bytes())
    }

    /// The clock of files is the machine's own; the world's stands still meanwhile but for these moments.
    async fn until(&self, what: &str, holds: impl Fn() -> bool) {
        for _ in 0..20_000 {
            if holds() {
                return;
            }
            std::thread::sleep(Duration::from_micros(500));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("lost: {what}");
    }

    /// Saves a file each minute; now and then the container is killed or removed, or the spec is saved.
    async fn work(&self, from: usize, to: usize) {
        for minute in from..to {
            tokio::time::sleep(EACH).await;
            let (name, text) = (format!("f{}", minute % FILES), format!("edition {minute}"));
            fs::write(self.folder.join("src").join(&name), &text).unwrap();
            self.until(&text, || self.holds(&format!("/app/{name}"), &text)).await;
            match minute % 60 {
                20 => self.engine.kill(&self.container().unwrap()).unwrap(),
                40 => self.engine.remove(&self.container().unwrap()).unwrap(),
                59 => {
                    let spec = SPEC.replace("'0'", &format!("'{minute}'"));
                    fs::write(self.folder.join("env.yaml"), spec).unwrap();
                }
                _ => continue,
            }
            // A new container has everything that the old one had.
            let all = |day: &Self| {
                (minute.saturating_sub(FILES - 1)..=minute)
                    .all(|minute| day.holds(&format!("/app/f{}", minute % FILES), &format!("edition {minute}")))
            };
            self.until("what the new container should hold", || all(self)).await;
        }
    }
}

#[test]
fn eight_hours_lose_nothing_and_grow_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(folder.path()).unwrap().canonicalize_utf8().unwrap();
    fs::create_dir(folder.join("src")).unwrap();
    fs::write(folder.join("env.yaml"), SPEC).unwrap();
    let shell = Shell::of_process(true, 0);
    let environment: BTreeMap<_, _> = [("XDG_RUNTIME_DIR".to_owned(), folder.to_string())].into();
    let context = Context { global: Global::default(), environment, folder: folder.clone(), shell: &shell };
    let args = apply::Args {
        file: None,
        select: Select::default(),
        pace: Pace { lock_timeout: Duration::from_secs(10), timeout: None },
        watch: true,
        flags: Flags { heal: true, auto: Some(super::Auto::All) },
        format: Form::Plain,
    };
    let desired = desired::desired(&context, None, &Default::default()).unwrap();
    let day = Day { folder: &folder, engine: Memory::new() };
    let engine = day.engine.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut session = Session::begin(&context, &args, &engine, desired).unwrap();
        session.up().await.unwrap();
        let mut weights = Vec::new();
        for hour in 0..8 {
            tokio::select! {
                ended = session.live() => panic!("the watch ended: {ended:?}"),
                () = day.work(hour * 60, (hour + 1) * 60) => {}
            }
            weights.push(session.weight());
            day.engine.take_performed();
        }
        assert!(weights.iter().all(|weight| *weight <= FILES * 2 + 4), "{weights:?}");
        let state = session.observed.containers.iter().map(|container| container.state.clone()).collect::<Vec<_>>();
        assert_eq!(state, [RunState::Running]);
    });
}

//! Eight hours of work.

use std::fs;
use std::time::Duration;

use super::{Stage, play};
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

struct Day<'a>(&'a Stage);

impl Day<'_> {
    fn container(&self) -> Option<ContainerId> {
        self.0.engine.container("simulation-web-1").ok()
    }

    fn holds(&self, file: &str, text: &str) -> bool {
        let found = self.container().and_then(|id| self.0.engine.file(&id, file).ok().flatten());
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
            fs::write(self.0.folder.join("src").join(&name), &text).unwrap();
            self.until(&text, || self.holds(&format!("/app/{name}"), &text)).await;
            match minute % 60 {
                20 => self.0.engine.kill(&self.container().unwrap()).unwrap(),
                40 => self.0.engine.remove(&self.container().unwrap()).unwrap(),
                59 => {
                    let spec = SPEC.replace("'0'", &format!("'{minute}'"));
                    fs::write(self.0.folder.join("env.yaml"), spec).unwrap();
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
    play(SPEC, async |stage, mut runner| {
        let day = Day(stage);
        let mut weights = Vec::new();
        for hour in 0..8 {
            tokio::select! {
                ended = runner.live() => panic!("the watch ended: {ended:?}"),
                () = day.work(hour * 60, (hour + 1) * 60) => {}
            }
            weights.push(runner.state().weight());
            stage.engine.take_performed();
        }
        assert!(weights.iter().all(|weight| *weight <= FILES * 2 + 8), "{weights:?}");
        assert!(weights.last() <= weights.get(1), "{weights:?}");
        let state = runner
            .state()
            .shown_to_person()
            .observed
            .containers
            .iter()
            .map(|container| container.state.clone())
            .collect::<Vec<_>>();
        assert_eq!(state, [RunState::Running]);
    });
}

//! Whatever is done to a lab, it is put right with the fewest steps that do.

use std::time::Duration;

use super::{Stage, play};
use crate::command::session::{self, Builds};
use crate::engine::Engine as _;
use crate::engine::memory::{Fault, Faults};
use crate::model::ServiceName;
use crate::plan::{ContainerRef, ContainerStep, FilesStep, Handle, Options, Step};
use crate::state::{Health, RunState};

const SPEC: &str = "\
name: damage
services:
  one: {image: busybox:latest, command: [sleep, infinity], x-dsenv: {settle: 0s}}
  two: {image: busybox:latest, command: [sleep, infinity], x-dsenv: {settle: 0s}}
  sick:
    image: busybox:latest
    command: [sh, -c, 'echo well > /ok; sleep infinity']
    healthcheck: {test: test -e /ok, interval: 1s, retries: 3}
";

/// Between two kinds of damage: long enough that a service which turns unhealthy each time is no flapping one.
const EACH: Duration = Duration::from_secs(300);
const ROUNDS: usize = 20;

#[derive(Debug, Clone, Copy)]
enum Damage {
    Killed,
    Stopped,
    Died,
    Paused,
    Removed,
    Disconnected,
    Unhealthy,
}

impl Damage {
    const ALL: [Self; 7] =
        [Self::Killed, Self::Stopped, Self::Died, Self::Paused, Self::Removed, Self::Disconnected, Self::Unhealthy];

    async fn befall(self, stage: &Stage, name: &str) {
        let engine = &stage.engine;
        let id = engine.container(name).unwrap();
        match self {
            Self::Killed => engine.kill(&id).unwrap(),
            Self::Stopped => engine.stop(&id).unwrap(),
            Self::Died => engine.die(&id, 3).unwrap(),
            Self::Paused => engine.pause(&id).unwrap(),
            Self::Removed => engine.remove(&id).unwrap(),
            Self::Disconnected => engine.disconnect(&id, "damage_default").unwrap(),
            Self::Unhealthy => {
                let container = ContainerRef { name: name.into(), handle: Handle::Known(id) };
                let erase = Step::Files(FilesStep::Delete { container, paths: vec!["/ok".to_owned()] });
                engine.perform(&erase, &|_| {}).await.unwrap();
            }
        }
    }

    /// The fewest steps that put it right.
    fn remedy(self) -> &'static [&'static str] {
        match self {
            Self::Killed | Self::Stopped | Self::Died => &["start"],
            Self::Paused => &["unpause"],
            Self::Removed => &["create", "start"],
            Self::Disconnected => &["connect"],
            Self::Unhealthy => &["stop", "start"],
        }
    }
}

async fn is_whole(stage: &Stage) -> bool {
    let desired = stage.desired();
    let look =
        session::look_at(&stage.engine, &desired, &Options::at(session::now()), None, &Builds::Trusted).await.unwrap();
    let well = |health: &Option<Health>| matches!(health, None | Some(Health::Healthy));
    let containers = &look.observed.containers;
    let up = containers.iter().all(|container| container.state == RunState::Running && well(&container.health));
    look.plan.is_empty() && containers.len() == 3 && up
}

async fn ravage(stage: &Stage, mut random: u64) {
    for round in 0..ROUNDS {
        tokio::time::sleep(EACH).await;
        assert!(is_whole(stage).await, "before round {round}");
        stage.engine.take_performed();
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let pick = |among: usize, shift: u32| (random >> shift) as usize % among;
        let damage = Damage::ALL[pick(Damage::ALL.len(), 33)];
        let service = if matches!(damage, Damage::Unhealthy) { "sick" } else { ["one", "two", "sick"][pick(3, 45)] };
        damage.befall(stage, &format!("damage-{service}-1")).await;
        stage.engine.take_performed();
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert!(is_whole(stage).await, "round {round}: {service} {damage:?}");
        // A wait looks whether it holds, and volumes are the lock and the record of what was applied.
        let done = stage.engine.take_performed();
        let done: Vec<_> =
            done.iter().map(Step::verb).filter(|verb| *verb != "wait" && !verb.ends_with("volume")).collect();
        assert_eq!(done, damage.remedy(), "round {round}: {service} {damage:?}");
    }
}

#[test]
fn twenty_kinds_of_damage_in_a_row_are_each_mended_with_the_fewest_steps() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().subsec_nanos();
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(u64::from(now));
    eprintln!("seed {seed}");
    play(SPEC, async |stage, mut runner| {
        tokio::select! {
            ended = runner.live() => panic!("the watch ended: {ended:?}"),
            () = ravage(stage, seed) => {}
        }
    });
}

#[test]
fn a_service_that_flaps_is_left_alone_after_four_restarts() {
    play(SPEC, async |stage, mut runner| {
        let flap = async {
            for _ in 0..9 {
                tokio::time::sleep(Duration::from_secs(40)).await;
                if is_whole(stage).await {
                    Damage::Unhealthy.befall(stage, "damage-sick-1").await;
                }
            }
        };
        tokio::select! {
            ended = runner.live() => panic!("the watch ended: {ended:?}"),
            () = flap => {}
        }
        assert!(runner.state().shown_to_person().degraded.contains(&ServiceName::new("sick")));
        assert!(!runner.state().shown_to_person().degraded.contains(&ServiceName::new("one")));
        let restarts = stage.engine.take_performed().iter().filter(|step| step.verb() == "stop").count();
        assert_eq!(restarts, 4);
    });
}

#[test]
fn a_service_may_be_left_unhealthy() {
    let spec = SPEC.replace("    healthcheck:", "    x-dsenv: {restart_unhealthy: false}\n    healthcheck:");
    play(&spec, async |stage, mut runner| {
        let leave = async {
            Damage::Unhealthy.befall(stage, "damage-sick-1").await;
            Damage::Killed.befall(stage, "damage-one-1").await;
            tokio::time::sleep(Duration::from_secs(60)).await;
        };
        stage.engine.take_performed();
        tokio::select! {
            ended = runner.live() => panic!("the watch ended: {ended:?}"),
            () = leave => {}
        }
        let done = stage.engine.take_performed();
        assert_eq!(done.iter().filter(|step| step.verb() == "stop").count(), 0);
        assert_eq!(done.iter().filter(|step| step.verb() == "start").count(), 1, "the other is mended all the same");
    });
}

/// The engine refuses what would mend it, again and again.
#[test]
fn mending_that_fails_is_tried_ever_more_slowly_and_then_given_up() {
    play(SPEC, async |stage, mut runner| {
        let refused = "start damage-one-1";
        let faults = (0..50).fold(Faults::none(), |faults, _| faults.on(refused, Fault::ServerError));
        let trouble = async {
            tokio::time::sleep(EACH).await;
            stage.engine.set_faults(faults);
            stage.engine.take_performed();
            Damage::Killed.befall(stage, "damage-one-1").await;
            Damage::Killed.befall(stage, "damage-two-1").await;
            tokio::time::sleep(EACH * 4).await;
        };
        tokio::select! {
            ended = runner.live() => panic!("the watch ended: {ended:?}"),
            () = trouble => {}
        }
        let done = stage.engine.take_performed();
        let tries = |name: &str| {
            done.iter()
                .filter(|step| matches!(step, Step::Container(ContainerStep::Start { container }) if container.name.as_str() == name))
                .count()
        };
        assert_eq!((tries("damage-one-1"), tries("damage-two-1")), (5, 1));
    });
}

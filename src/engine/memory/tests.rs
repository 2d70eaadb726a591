//! What the twin's own tests share, and those that look at the whole of it.

use super::clock::Calendar;
use super::world::World;
use crate::model::{Fixed, Tunable};
use crate::plan::NewContainer;
use crate::state::ContainerId;

/// A world with one image, `busybox`.
pub(super) fn world() -> World {
    let mut world = World::new(Calendar::FIXED);
    world.pull(&"busybox".into()).unwrap();
    world
}

/// A container on `busybox` with nothing said.
pub(super) fn container(world: &mut World, name: &str) -> ContainerId {
    world.create(&new(name, Fixed::of("busybox".into()))).unwrap()
}

/// A container of no project.
pub(super) fn new(name: &str, fixed: Fixed) -> NewContainer {
    NewContainer {
        name: name.into(),
        service: "service".into(),
        replica: 1,
        fixed,
        tunable: Tunable::default(),
        networks: Vec::new(),
        labels: Default::default(),
        volume_labels: Default::default(),
        carried: Default::default(),
        files: None,
        borrowed: Default::default(),
        injected: Default::default(),
    }
}

mod whole {
    //! The engine as a whole, its clock paused: waits pass at once.

    use std::time::Duration;

    use super::super::{Fault, Faults, Memory};
    use super::*;
    use crate::engine::memory::clock::Moment;
    use crate::engine::{Done, Engine, EngineError, GateFailure, Observer};
    use crate::event::Progress;
    use crate::model::{Content, NoteName, Probe, Restart};
    use crate::plan::{ContainerRef, ContainerStep, Handle, ImageStep, NoteStep, Step, Until, WaitStep};
    use crate::state::label::{self, Labels};
    use crate::state::{Note, NoteBody, NoteFile, RunState, Scope};

    const SETTLE: Until = Until::Ready { settle: Duration::from_secs(1) };

    fn scope() -> Scope {
        Scope::of("lab".into())
    }

    fn behaving(name: &str, behaviour: &str, restart: Restart) -> NewContainer {
        let environment = [(super::super::VARIABLE.to_owned(), Some(behaviour.to_owned()))].into();
        let labels: Labels = [(label::ENV, "lab"), (label::NAME, name), (label::KIND, label::KIND_CONTAINER)]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
        let tunable = Tunable { restart, ..Tunable::default() };
        NewContainer { labels, tunable, ..new(name, Fixed { environment, ..Fixed::of("busybox".into()) }) }
    }

    async fn perform(memory: &Memory, step: impl Into<Step>) -> Result<Done, EngineError> {
        memory.perform(&step.into(), &|_| {}).await
    }

    async fn made(memory: &Memory, new: NewContainer) -> ContainerRef {
        perform(memory, ImageStep::Pull { image: "busybox".into(), platform: None }).await.unwrap();
        let name = new.name.clone();
        let Done::Container(id) = perform(memory, ContainerStep::Create(Box::new(new))).await.unwrap() else {
            panic!("a creation brings a container")
        };
        ContainerRef { name, handle: Handle::Known(id) }
    }

    async fn started(memory: &Memory, new: NewContainer) -> ContainerRef {
        let container = made(memory, new).await;
        perform(memory, ContainerStep::Start { container: container.clone() }).await.unwrap();
        container
    }

    async fn wait(memory: &Memory, container: &ContainerRef, until: Until) -> Result<Done, EngineError> {
        let limit = Duration::from_secs(600);
        perform(memory, WaitStep::Until { container: container.clone(), until, limit }).await
    }

    async fn state(memory: &Memory) -> RunState {
        memory.observe(&scope()).await.unwrap().containers.remove(0).state
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_is_ready_when_it_has_lived_its_settle_time() {
        let memory = Memory::new();
        let container = started(&memory, behaving("web", "serve", Restart::No)).await;
        let before = tokio::time::Instant::now();
        assert_eq!(wait(&memory, &container, SETTLE).await, Ok(Done::Nothing));
        assert_eq!(before.elapsed(), Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_crash_loop_fails_the_gate_after_a_minute_and_slows_down() {
        let memory = Memory::new();
        let container = started(&memory, behaving("web", "crash", Restart::Always)).await;
        let lines = std::sync::Mutex::new(Vec::new());
        let told = |progress| drop(lines.lock().map(|mut lines| lines.push(progress)));
        let step = WaitStep::Until { container, until: SETTLE, limit: Duration::from_secs(600) };
        let Err(EngineError::Gate(failure)) = memory.perform(&step.into(), &told).await else {
            panic!("it is never up")
        };
        let words = "restarted 10 times within 60 s and never up for 10 s; the last exit code was 1";
        assert_eq!(failure.to_string(), words);
        let first = Progress::Line("restarted once; the last exit code was 1".into());
        let lines = lines.into_inner().unwrap();
        assert_eq!((lines.first(), lines.len()), (Some(&first), 10));
        tokio::time::sleep(Duration::from_secs(3540)).await;
        let restarts = memory.observe(&scope()).await.unwrap().containers[0].restart_count;
        assert!((60..75).contains(&restarts), "{restarts}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_its_policy_restarts_until_it_stays_up_is_ready() {
        let memory = Memory::new();
        let script = ["sh", "-c", "test -e /up && sleep 1000; exit 1"].map(str::to_owned);
        let mut new = behaving("web", "", Restart::OnFailure(0));
        new.fixed.command = Some(script.into());
        let container = started(&memory, new).await;
        let mend = async {
            tokio::time::sleep(Duration::from_secs(4)).await;
            memory.put_file(&memory.container("web").unwrap(), "/up", "").unwrap();
        };
        let before = tokio::time::Instant::now();
        let (ready, ()) = tokio::join!(wait(&memory, &container, SETTLE), mend);
        assert_eq!((ready, state(&memory).await), (Ok(Done::Nothing), RunState::Running));
        // The seventh run begins after 6.3 s, and must live for seven windows.
        assert_eq!(before.elapsed(), Duration::from_millis(13_300));
    }

    #[tokio::test(start_paused = true)]
    async fn health_comes_and_goes() {
        let memory = Memory::new();
        let mut new = behaving("web", "healthy:5s", Restart::No);
        let probe = Probe {
            test: vec!["CMD".into(), "check".into()],
            interval: Some(1_000_000_000),
            retries: Some(9),
            ..Probe::default()
        };
        new.fixed.healthcheck = Some(crate::model::Healthcheck::Probe(probe));
        let container = started(&memory, new).await;
        let before = tokio::time::Instant::now();
        assert_eq!(wait(&memory, &container, Until::Healthy).await, Ok(Done::Nothing));
        assert_eq!(before.elapsed(), Duration::from_secs(5));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stubborn_process_takes_its_grace_period() {
        let memory = Memory::new();
        let container = started(&memory, behaving("web", "stubborn", Restart::Always)).await;
        let before = tokio::time::Instant::now();
        perform(&memory, ContainerStep::Stop { container, grace: Some(7) }).await.unwrap();
        assert_eq!(before.elapsed(), Duration::from_secs(7));
        assert_eq!(state(&memory).await, RunState::Exited { code: 137, oom: false });
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_stopped_by_hand_comes_back_with_the_engine_only_under_always() {
        for (restart, comes_back) in [(Restart::Always, true), (Restart::UnlessStopped, false), (Restart::No, false)] {
            let memory = Memory::new();
            let container = started(&memory, behaving("web", "serve", restart)).await;
            perform(&memory, ContainerStep::Stop { container, grace: None }).await.unwrap();
            memory.restart_engine().unwrap();
            assert_eq!(state(&memory).await == RunState::Running, comes_back, "{restart:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_answer_leaves_the_work_done() {
        let memory = Memory::new();
        let container = made(&memory, behaving("web", "serve", Restart::No)).await;
        memory.set_faults(
            Faults::none().on("start web", Fault::Break { acted: true }).at(2, Fault::Break { acted: false }),
        );
        let start = Step::from(ContainerStep::Start { container: container.clone() });
        assert!(matches!(perform(&memory, start.clone()).await, Err(EngineError::Broken(_))));
        assert!(matches!(memory.observe(&scope()).await, Err(EngineError::Broken(_))));
        assert_eq!(state(&memory).await, RunState::Running);
        assert_eq!((memory.request_count(), memory.take_performed().last()), (3, Some(&start)));
    }

    #[tokio::test]
    async fn a_world_in_a_file_is_the_same_for_the_next_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.json");
        let container = started(&Memory::open(&path, 100), behaving("web", "exit:3:5s", Restart::No)).await;
        let other = Memory::open(&path, 1);
        assert_eq!(state(&other).await, RunState::Running);
        let failure = EngineError::Gate(GateFailure::Exited { code: 3, oom: false });
        assert_eq!(
            wait(&other, &container, SETTLE).await.and(wait(&other, &container, Until::Completed).await),
            Err(failure)
        );
        let mut names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["world.json", "world.json.lock"]);
    }

    #[tokio::test(start_paused = true)]
    async fn half_a_step_leaves_what_a_killed_run_leaves() {
        let memory = Memory::new();
        perform(&memory, ImageStep::Pull { image: "busybox".into(), platform: None }).await.unwrap();
        let files = vec![NoteFile { name: "0".into(), content: Content::new(*b"x"), uid: 0, gid: 0, mode: 0o444 }];
        let name = NoteName::new("lab_dsenv_files_1");
        let note = Note { project: "lab".into(), name: name.clone(), body: NoteBody::Files(files) };
        let write = NoteStep::Keep(note);
        memory.set_faults(Faults::none().at(1, Fault::Half));
        assert!(matches!(perform(&memory, write.clone()).await, Err(EngineError::Broken(_))));
        assert_eq!(memory.volume_file("lab_dsenv_files_1", "0"), Ok(None));
        let remove = NoteStep::Forget { name };
        assert!(perform(&memory, remove.clone()).await.is_err(), "the carrier holds it");
        assert!(perform(&memory, write).await.is_ok());
        assert!(memory.volume_file("lab_dsenv_files_1", "0").unwrap().is_some());
        assert_eq!(perform(&memory, remove).await, Ok(Done::Nothing));
    }

    #[test]
    fn a_world_that_slept_long_lives_through_the_last_hour_only() {
        let mut world = world();
        let mut crashing = behaving("web", "crash", Restart::Always);
        crashing.tunable.restart = Restart::Always;
        let id = world.create(&crashing).unwrap();
        world.start(&id).unwrap();
        world.sleep(Duration::from_secs(1_000_000));
        world.advance(Moment::after(Duration::from_secs(1_000_060)));
        assert!((5..15).contains(&world.containers[&id].restart_count));
    }

    #[tokio::test]
    async fn eight_processes_share_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.json");
        let tasks = (0..8).map(|number| {
            let memory = Memory::open(&path, 1);
            tokio::task::spawn_blocking(move || {
                (0..10).for_each(|turn| memory.create_volume(&format!("v{number}-{turn}"), &Labels::new()).unwrap());
            })
        });
        futures_util::future::join_all(tasks).await;
        assert_eq!(Memory::open(&path, 1).volumes().unwrap().len(), 80);
    }

    #[tokio::test(start_paused = true)]
    async fn pokes_end_with_the_connection_and_a_jammed_network_with_the_engine() {
        use futures_util::StreamExt;
        let memory = Memory::new();
        let network = memory.create_network("front", &Labels::new()).unwrap();
        memory.jam_network(&network).unwrap();
        assert!(memory.remove_network(&network).is_err());
        let pokes = memory.pokes(&scope()).await.unwrap();
        memory.restart_engine().unwrap();
        assert_eq!(pokes.collect::<Vec<_>>().await, []);
        assert_eq!(memory.remove_network(&network), Ok(()));
    }

    #[test]
    fn a_world_survives_its_file() {
        let mut world = world();
        let network = world.create_network(&"front".into(), &Default::default(), &Labels::new()).unwrap();
        let mut probed = behaving("probed", "healthy:5s", Restart::Always);
        let test = vec!["CMD".to_owned(), "true".to_owned()];
        probed.fixed.healthcheck = Some(crate::model::Healthcheck::Probe(Probe { test, ..Probe::default() }));
        probed.fixed.mounts.insert(
            "/data".into(),
            crate::model::Mount {
                kind: crate::model::MountKind::Anonymous { nocopy: false },
                read_only: false,
                consistency: None,
            },
        );
        for new in [probed, behaving("crashing", "crash", Restart::Always), behaving("paused", "serve", Restart::No)] {
            let id = world.create(&new).unwrap();
            world.connect(&id, &network, &Default::default()).unwrap();
            world.start(&id).unwrap();
            world.put_file(&id, "/data/bytes", super::super::File::new([0xff, 0x00, b'x']));
        }
        world.advance(Moment::after(Duration::from_secs(40)));
        let text = serde_json::to_string(&world).unwrap();
        let again: World = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), text);
        assert_eq!(again.look(&scope()), world.look(&scope()));
    }
}

//! Many takers of one lock, in virtual time, on an engine that knows volumes only.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::{self, BoxStream};

use super::*;
use crate::engine::{Exec, ExecIo, LogLine, LogOptions, Observer, Poke};
use crate::event::Progress;
use crate::model::VolumeDefinition;
use crate::plan::Step;
use crate::rules::Rules;
use crate::state::label::{self, Labels};
use crate::state::{ContainerId, Observed, Scope, note};

/// Volumes, made as Docker makes them. Every call takes some milliseconds, so that callers interleave.
#[derive(Default)]
struct Volumes(Mutex<BTreeMap<NoteName, Labels>>);

#[async_trait]
impl Observer for Volumes {
    fn rules(&self) -> &Rules {
        unreachable!("a lock asks for no rules")
    }

    async fn observe(&self, scope: &Scope) -> Result<Observed, EngineError> {
        tokio::time::sleep(Duration::from_millis(3)).await;
        let mut observed = Observed::default();
        for (name, labels) in self.0.lock().unwrap().iter() {
            observed.add_volume(scope, note::volume(name), labels, VolumeDefinition::default);
        }
        Ok(observed)
    }

    async fn pokes(&self, _: &Scope) -> Result<BoxStream<'static, Poke>, EngineError> {
        Ok(stream::empty().boxed())
    }

    async fn logs(
        &self,
        _: &ContainerId,
        _: &LogOptions,
    ) -> Result<BoxStream<'static, Result<LogLine, EngineError>>, EngineError> {
        Ok(stream::empty().boxed())
    }
}

#[async_trait]
impl Engine for Volumes {
    async fn perform(&self, step: &Step, _: &(dyn Fn(Progress) + Send + Sync)) -> Result<Done, EngineError> {
        tokio::time::sleep(Duration::from_millis(3)).await;
        let mut volumes = self.0.lock().unwrap();
        match step {
            Step::Note(NoteStep::Keep(note)) => {
                let labels = volumes.entry(note.name.clone()).or_insert_with(|| note.labels());
                Ok(Done::Held(note::holder(&note.project, &note::volume(&note.name), labels)))
            }
            Step::Note(NoteStep::Forget { name }) => match volumes.remove(name) {
                Some(_) => Ok(Done::Nothing),
                None => Err(EngineError::NotFound(name.to_string())),
            },
            other => unreachable!("a lock performs no {}", other.verb()),
        }
    }

    async fn exec(&self, _: &ContainerId, _: &Exec, _: ExecIo) -> Result<i64, EngineError> {
        Ok(0)
    }
}

/// Processes below 1000 run since tick 5.
struct Below1000;

impl Processes for Below1000 {
    fn look(&self, pid: u32, started: u64) -> Sight {
        if pid < 1000 && started == 5 { Sight::Runs } else { Sight::Gone }
    }
}

fn holder(pid: u32) -> LockHolder {
    LockHolder {
        token: format!("t{pid}"),
        host: "h".into(),
        boot_id: "b".into(),
        pid,
        started: 5,
        by: "ada@h".into(),
        since: "noon".into(),
        beats: true,
    }
}

fn in_virtual_time<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(future)
}

fn project() -> ProjectName {
    "lab".into()
}

async fn take(engine: &Volumes, me: LockHolder, folder: &Path, seconds: u64) -> Result<Lock, LockError> {
    // A file each: what is on trial is the engine's lock.
    let local = nook(folder, &me.token);
    acquire(engine, &project(), me, &Below1000, &local, Duration::from_secs(seconds)).await
}

fn nook(folder: &Path, name: &str) -> Nook {
    Nook { folders: vec![folder.to_owned()], name: name.to_owned() }
}

async fn put(engine: &Volumes, name: NoteName, who: &LockHolder) {
    create(engine, &project(), &name, who).await.unwrap();
}

#[test]
fn of_twenty_at_once_one_has_it_at_any_time_and_all_get_it() {
    let (engine, folder) = (Volumes::default(), tempfile::tempdir().unwrap());
    let inside = Mutex::new((0, 0));
    in_virtual_time(join_all((1..=20).map(|pid| {
        let (engine, folder, inside) = (&engine, folder.path(), &inside);
        async move {
            let lock = take(engine, holder(pid), folder, 600).await.unwrap();
            {
                let mut inside = inside.lock().unwrap();
                inside.0 += 1;
                inside.1 += 1;
                assert_eq!(inside.0, 1, "nobody else is inside");
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
            inside.lock().unwrap().0 -= 1;
            lock.release(engine).await.unwrap();
        }
    })));
    assert_eq!(inside.lock().unwrap().1, 20);
    assert!(engine.0.lock().unwrap().is_empty(), "nothing is left behind");
}

#[test]
fn a_lock_that_is_held_is_refused_by_name_after_the_wait() {
    let (engine, folder) = (Volumes::default(), tempfile::tempdir().unwrap());
    in_virtual_time(async {
        let lock = take(&engine, holder(1), folder.path(), 0).await.unwrap();
        let begun = Instant::now();
        let refused = take(&engine, holder(2), folder.path(), 10).await.unwrap_err();
        assert_eq!(refused.to_string(), "ada@h (process 1, since noon) is at work on this environment");
        assert!(begun.elapsed() >= Duration::from_secs(10));
        lock.release(&engine).await.unwrap();
        take(&engine, holder(2), folder.path(), 0).await.unwrap().release(&engine).await.unwrap();
    });
}

#[test]
fn the_local_lock_names_its_holder_too() {
    let (engine, folder) = (Volumes::default(), tempfile::tempdir().unwrap());
    let local = nook(folder.path(), "lock");
    let take = |pid| acquire(&engine, "lab", holder(pid), &local);
    async fn acquire(engine: &Volumes, name: &str, me: LockHolder, local: &Nook) -> Result<Lock, LockError> {
        super::acquire(engine, &name.into(), me, &Below1000, local, Duration::ZERO).await
    }
    in_virtual_time(async {
        let _held = take(1).await.unwrap();
        assert!(take(2).await.unwrap_err().to_string().starts_with("ada@h (process 1"));
    });
}

#[test]
fn the_lock_of_a_dead_process_or_an_earlier_boot_is_broken_by_one_of_many() {
    let gone = holder(4000);
    let reused = LockHolder { started: 4, token: "reused".into(), ..holder(1) };
    let rebooted = LockHolder { boot_id: "earlier".into(), token: "rebooted".into(), ..holder(2) };
    for dead in [gone, reused, rebooted] {
        let (engine, folder) = (Volumes::default(), tempfile::tempdir().unwrap());
        let inside = Mutex::new(0);
        in_virtual_time(async {
            put(&engine, own::lock(&project()), &dead).await;
            join_all((10..=30).map(|pid| {
                let (engine, folder, inside) = (&engine, folder.path(), &inside);
                async move {
                    let lock = take(engine, holder(pid), folder, 600).await.unwrap();
                    *inside.lock().unwrap() += 1;
                    assert_eq!(*inside.lock().unwrap(), 1);
                    tokio::time::sleep(Duration::from_millis(7)).await;
                    *inside.lock().unwrap() -= 1;
                    lock.release(engine).await.unwrap();
                }
            }))
            .await;
        });
        assert!(engine.0.lock().unwrap().is_empty(), "nothing is left behind");
    }
}

#[test]
fn one_who_died_while_breaking_a_lock_is_in_nobodys_way() {
    let (engine, folder) = (Volumes::default(), tempfile::tempdir().unwrap());
    in_virtual_time(async {
        put(&engine, own::lock(&project()), &holder(4000)).await;
        put(&engine, own::break_lock(&project(), "t4000", 1), &holder(4001)).await;
        take(&engine, holder(1), folder.path(), 0).await.unwrap().release(&engine).await.unwrap();
    });
    assert!(engine.0.lock().unwrap().is_empty());
}

/// Who cannot be looked at: as on another host, after another boot, or where processes are hidden.
fn far(pid: u32) -> LockHolder {
    LockHolder { boot_id: "another".into(), ..holder(pid) }
}

#[test]
fn one_that_cannot_be_looked_at_is_never_taken_for_dead_at_once() {
    let me = holder(1);
    let others = [
        LockHolder { host: "far".into(), ..holder(4000) },
        LockHolder { boot_id: "another".into(), ..holder(4000) },
        LockHolder { boot_id: String::new(), ..holder(4000) },
        LockHolder::read("no JSON"),
    ];
    for other in others {
        assert_eq!(sight(&other, &me, &Below1000), Sight::Hidden, "{other:?}");
    }
    let nameless = LockHolder { boot_id: String::new(), ..me };
    assert_eq!(sight(&nameless, &nameless, &Below1000), Sight::Hidden);
    assert_eq!(sight(&holder(4000), &holder(1), &Below1000), Sight::Gone);
}

#[test]
fn one_that_cannot_be_looked_at_keeps_the_lock_for_as_long_as_it_works() {
    let (engine, folder) = (Volumes::default(), tempfile::tempdir().unwrap());
    in_virtual_time(async {
        let mut lock = take(&engine, far(4000), folder.path(), 0).await.unwrap();
        let waits = take(&engine, holder(1), folder.path(), 300);
        let work = tokio::time::sleep(Duration::from_secs(200));
        let (held, waited) = tokio::join!(
            async {
                let held = lock.hold(&engine, work).await;
                let left = engine.0.lock().unwrap().len();
                lock.release(&engine).await.unwrap();
                (held, left, Instant::now())
            },
            async { (waits.await.unwrap(), Instant::now()) }
        );
        let ((held, left, ended), (second, begun)) = (held, waited);
        held.unwrap();
        assert_eq!(left, 2, "one sign of life beside the lock");
        assert!(begun >= ended, "the second came after the first");
        second.release(&engine).await.unwrap();
    });
    assert!(engine.0.lock().unwrap().is_empty(), "nothing is left behind");
}

#[test]
fn one_that_cannot_be_looked_at_and_is_silent_is_dead_after_half_a_minute() {
    let (engine, folder) = (Volumes::default(), tempfile::tempdir().unwrap());
    in_virtual_time(async {
        put(&engine, own::lock(&project()), &far(4000)).await;
        put(&engine, own::beat(&project(), "t4000", 7), &far(4000)).await;
        let begun = Instant::now();
        let refused = take(&engine, holder(1), folder.path(), 10).await.unwrap_err();
        assert!(matches!(&refused, LockError::Unknown(holder) if holder.pid == 4000), "{refused:?}");
        let lock = take(&engine, holder(2), folder.path(), 60).await.unwrap();
        assert!(begun.elapsed() >= Duration::from_secs(40), "{:?}", begun.elapsed());
        let observed = engine.observe(&Scope::of(project())).await.unwrap();
        sweep(&engine, &observed.around_locks).await.unwrap();
        lock.release(&engine).await.unwrap();
    });
    assert!(engine.0.lock().unwrap().is_empty(), "nothing is left behind");
}

#[test]
fn of_many_that_wait_for_one_that_went_silent_one_has_the_lock_at_any_time() {
    let (engine, folder) = (Volumes::default(), tempfile::tempdir().unwrap());
    let inside = AtomicUsize::new(0);
    in_virtual_time(async {
        put(&engine, own::lock(&project()), &far(4000)).await;
        // One had begun to break it, and died at that on another machine.
        put(&engine, own::break_lock(&project(), "t4000", 1), &far(4001)).await;
        join_all((1..=20).map(|pid| {
            let (engine, folder, inside) = (&engine, folder.path(), &inside);
            async move {
                // None of them can look at another.
                let me = LockHolder { boot_id: format!("boot {pid}"), ..holder(pid) };
                let mut lock = take(engine, me, folder, 900).await.unwrap();
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "one at a time");
                lock.hold(engine, tokio::time::sleep(Duration::from_secs(9))).await.unwrap();
                inside.fetch_sub(1, Ordering::SeqCst);
                lock.release(engine).await.unwrap();
            }
        }))
        .await;
    });
    assert!(engine.0.lock().unwrap().is_empty(), "nothing is left behind");
}

#[test]
fn one_of_an_older_version_gives_no_signs_of_life_and_is_never_taken_for_dead() {
    let (engine, folder) = (Volumes::default(), tempfile::tempdir().unwrap());
    in_virtual_time(async {
        put(&engine, own::lock(&project()), &LockHolder { beats: false, ..far(4000) }).await;
        take(&engine, holder(1), folder.path(), 900).await.unwrap_err();
    });
}

#[test]
fn a_short_hold_makes_two_calls_and_gives_no_sign_of_life() {
    let (engine, folder) = (Volumes::default(), tempfile::tempdir().unwrap());
    in_virtual_time(async {
        let mut lock = take(&engine, holder(1), folder.path(), 0).await.unwrap();
        lock.hold(&engine, tokio::time::sleep(Duration::from_secs(4))).await.unwrap();
        assert_eq!(engine.0.lock().unwrap().len(), 1);
        let begun = Instant::now();
        lock.release(&engine).await.unwrap();
        assert!(begun.elapsed() < Duration::from_millis(9), "two calls of 3 ms");
    });
}

#[test]
fn who_lost_the_lock_stops_where_it_is() {
    let (engine, folder) = (Volumes::default(), tempfile::tempdir().unwrap());
    in_virtual_time(async {
        let mut first = take(&engine, far(4000), folder.path(), 0).await.unwrap();
        let done = AtomicUsize::new(0);
        let work = async {
            // As one that the system had stopped for a while: nothing of it runs.
            std::future::pending::<()>().await;
            done.fetch_add(1, Ordering::SeqCst);
        };
        let (lost, second) = tokio::join!(first.hold(&engine, work), async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let observed = engine.observe(&Scope::of(project())).await.unwrap();
            assert!(break_locks(&engine, &project(), &holder(2), &Below1000, &observed).await.unwrap());
            take(&engine, holder(2), folder.path(), 0).await.unwrap()
        });
        assert!(matches!(lost, Err(LockError::Lost(holder)) if holder.pid == 2));
        assert_eq!(done.load(Ordering::SeqCst), 0);
        first.release(&engine).await.unwrap();
        assert!(engine.0.lock().unwrap().contains_key(&own::lock(&project())), "it is the second one's");
        second.release(&engine).await.unwrap();
    });
    assert!(engine.0.lock().unwrap().is_empty(), "nothing is left behind");
}

#[test]
fn what_carries_the_labels_of_a_lock_can_be_removed_whatever_it_says() {
    let kind = [(label::ENV, "lab"), (label::KIND, label::KIND_LOCK)].map(|(k, v)| (k.to_owned(), v.to_owned()));
    let huge = serde_json::to_string(&holder(7)).unwrap().replace("\"pid\":7", "\"pid\":99999999999999999999");
    let token = |token: &str| serde_json::to_string(&LockHolder { token: token.to_owned(), ..far(4000) }).unwrap();
    let values = ["no JSON".to_owned(), String::new(), huge, token("../../x"), token(&"t".repeat(400)), token("")];
    for value in values.map(Some).into_iter().chain([None]) {
        let (engine, folder) = (Volumes::default(), tempfile::tempdir().unwrap());
        let mut labels: Labels = kind.clone().into();
        labels.extend(value.clone().map(|value| (label::VALUE.to_owned(), value)));
        engine.0.lock().unwrap().insert(own::lock(&project()), labels.clone());
        in_virtual_time(async {
            take(&engine, holder(1), folder.path(), 10).await.unwrap_err();
            let observed = engine.observe(&Scope::of(project())).await.unwrap();
            assert!(break_locks(&engine, &project(), &holder(1), &Below1000, &observed).await.unwrap(), "{value:?}");
            assert!(engine.0.lock().unwrap().is_empty(), "{value:?}");
            // And who waits long enough needs nobody's help.
            engine.0.lock().unwrap().insert(own::lock(&project()), labels);
            take(&engine, holder(2), folder.path(), 60).await.unwrap().release(&engine).await.unwrap();
        });
    }
}

#[test]
fn unlocking_removes_a_lock_only_while_it_carries_the_token() {
    let engine = Volumes::default();
    in_virtual_time(async {
        put(&engine, own::lock(&project()), &far(4000)).await;
        let me = holder(1);
        let observed = engine.observe(&Scope::of(project())).await.unwrap();
        engine.0.lock().unwrap().clear();
        put(&engine, own::lock(&project()), &far(4001)).await;
        assert!(break_locks(&engine, &project(), &me, &Below1000, &observed).await.unwrap());
        assert!(engine.0.lock().unwrap().contains_key(&own::lock(&project())));
        let observed = engine.observe(&Scope::of(project())).await.unwrap();
        assert!(break_locks(&engine, &project(), &me, &Below1000, &observed).await.unwrap());
        assert!(engine.0.lock().unwrap().is_empty());
    });
}

#[test]
fn a_volume_that_only_has_the_name_of_a_lock_is_left_and_in_nobodys_way() {
    let (engine, folder) = (Volumes::default(), tempfile::tempdir().unwrap());
    let users = [("made-by", "ada")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    let strangers = [
        (own::lock(&project()), Labels::new()),
        (own::lock_at(&project(), 2), users.into()),
        (own::break_lock(&project(), "t4000", 1), Labels::new()),
    ];
    *engine.0.lock().unwrap() = strangers.clone().into();
    let inside = AtomicUsize::new(0);
    in_virtual_time(async {
        put(&engine, own::lock_at(&project(), 3), &holder(4000)).await;
        join_all((1..=20).map(|pid| {
            let (engine, folder, inside) = (&engine, folder.path(), &inside);
            async move {
                let lock = take(engine, holder(pid), folder, 60).await.unwrap();
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "one at a time");
                tokio::time::sleep(Duration::from_millis(50)).await;
                inside.fetch_sub(1, Ordering::SeqCst);
                lock.release(engine).await.unwrap();
            }
        }))
        .await;
    });
    assert_eq!(*engine.0.lock().unwrap(), strangers.into(), "nothing of theirs is touched, and nothing else is left");
}

//! Many takers of one lock, in virtual time, on an engine that knows volumes only.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::{self, BoxStream};

use super::*;
use crate::engine::{Exec, ExecIo, LogLine, LogOptions, Observer, Poke};
use crate::event::Progress;
use crate::rules::Rules;
use crate::state::{ContainerId, Observed, Scope};

/// Volumes, made as Docker makes them. Every call takes some milliseconds, so that callers interleave.
#[derive(Default)]
struct Volumes(Mutex<BTreeMap<VolumeName, Labels>>);

#[async_trait]
impl Observer for Volumes {
    fn rules(&self) -> &Rules {
        unreachable!("a lock asks for no rules")
    }

    async fn observe(&self, _: &Scope) -> Result<Observed, EngineError> {
        Ok(Observed::default())
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
            Step::CreateVolume { name, labels, .. } => {
                Ok(Done::Volume(volumes.entry(name.clone()).or_insert_with(|| labels.clone()).clone()))
            }
            Step::RemoveVolume { name } => match volumes.remove(name) {
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
    fn started(&self, pid: u32) -> Option<u64> {
        (pid < 1000).then_some(5)
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
    let local = folder.join(&me.token);
    acquire(engine, &project(), me, &Below1000, &local, Duration::from_secs(seconds)).await
}

async fn put(engine: &Volumes, name: VolumeName, who: &LockHolder) {
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
    let local = folder.path().join("lock");
    let take = |pid| acquire(&engine, "lab", holder(pid), &local);
    async fn acquire(engine: &Volumes, name: &str, me: LockHolder, local: &Path) -> Result<Lock, LockError> {
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
        put(&engine, own::break_lock(&project(), "t4000"), &holder(4001)).await;
        take(&engine, holder(1), folder.path(), 0).await.unwrap().release(&engine).await.unwrap();
    });
    assert!(engine.0.lock().unwrap().is_empty());
}

#[test]
fn a_holder_on_another_host_is_never_taken_for_dead() {
    let far = LockHolder { host: "far".into(), ..holder(4000) };
    assert!(!is_stale(&far, &holder(1), &Below1000));
}

#[test]
fn unlocking_removes_a_lock_only_while_it_carries_the_token() {
    let engine = Volumes::default();
    in_virtual_time(async {
        let far = LockHolder { host: "far".into(), ..holder(4000) };
        put(&engine, own::lock(&project()), &far).await;
        let me = holder(1);
        assert!(break_lock(&engine, &project(), &me, &Below1000, "another").await.unwrap());
        assert!(engine.0.lock().unwrap().contains_key(&own::lock(&project())));
        assert!(break_lock(&engine, &project(), &me, &Below1000, "t4000").await.unwrap());
        assert!(engine.0.lock().unwrap().is_empty());
    });
}

#[test]
fn what_was_taken_over_by_force_is_not_released_by_the_first_holder() {
    let (engine, folder) = (Volumes::default(), tempfile::tempdir().unwrap());
    in_virtual_time(async {
        let first = take(&engine, holder(1), folder.path(), 0).await.unwrap();
        break_lock(&engine, &project(), &holder(2), &Below1000, "t1").await.unwrap();
        let _second = take(&engine, holder(2), folder.path(), 0).await.unwrap();
        first.release(&engine).await.unwrap();
        assert!(engine.0.lock().unwrap().contains_key(&own::lock(&project())));
    });
}

#[test]
fn a_lock_that_an_engine_lost_the_labels_of_is_in_nobodys_way() {
    let (engine, folder) = (Volumes::default(), tempfile::tempdir().unwrap());
    engine.0.lock().unwrap().insert(own::lock(&project()), Labels::new());
    let inside = AtomicUsize::new(0);
    in_virtual_time(join_all((1..=20).map(|pid| {
        let (engine, folder, inside) = (&engine, folder.path(), &inside);
        async move {
            let lock = take(engine, holder(pid), folder, 60).await.unwrap();
            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "one at a time");
            tokio::time::sleep(Duration::from_millis(50)).await;
            inside.fetch_sub(1, Ordering::SeqCst);
            lock.release(engine).await.unwrap();
        }
    })));
    assert!(engine.0.lock().unwrap().is_empty(), "and nothing is left of it");
}

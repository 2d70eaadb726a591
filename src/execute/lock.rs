//! The lock of a project: a local file lock first, then a volume on the engine.
//!
//! Creating a volume whose name is taken answers with the labels of the first one, so whoever sees its own token
//! there holds the lock; of any number at once, one does. A holder that is dead is recognised, and its lock is broken
//! by whoever first makes a volume named after its token.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use thiserror::Error;
use tokio::time::Instant;

use super::local_lock::{LocalLock, Try};
use crate::engine::{Done, Engine, EngineError};
use crate::model::{ProjectName, VolumeDefinition, VolumeName};
use crate::plan::Step;
use crate::state::label::{self, Labels};
use crate::state::{LockHolder, own};

/// Between two tries: long enough to cost nothing, short enough that nobody notices.
const AGAIN: Duration = Duration::from_millis(100);

/// Why the lock was not had.
#[derive(Debug, Error)]
pub enum LockError {
    /// Somebody else has it, and kept it until the wait was over.
    #[error("{} is at work on this environment", .0.as_ref().map_or("another dsenv on this machine".to_owned(), who))]
    Held(Option<LockHolder>),
    /// The local lock file cannot be made.
    #[error("the lock file {} cannot be opened: {cause}", file.display())]
    Local {
        /// Which.
        file: PathBuf,
        /// The system's words.
        cause: io::Error,
    },
    /// The engine would not.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

fn who(holder: &LockHolder) -> String {
    let LockHolder { by, pid, since, host: _, token: _, boot_id: _, started: _ } = holder;
    format!("{by} (process {pid}, since {since})")
}

/// What is known of this process, and of others on this host.
pub trait Processes: Sync {
    /// When the process with this number started, in clock ticks since boot. `None`: there is none.
    fn started(&self, pid: u32) -> Option<u64>;
}

/// The lock, held.
#[derive(Debug)]
#[must_use = "a lock that is dropped stays on the engine until it is released"]
pub struct Lock {
    project: ProjectName,
    me: LockHolder,
    _local: LocalLock,
}

/// Takes the lock of a project, waiting for it so long.
///
/// `local` is the file of the local lock; `me` is who takes it, with a token of its own.
///
/// # Errors
/// When somebody else has it all that time, or the engine cannot be asked.
pub async fn acquire(
    engine: &dyn Engine,
    project: &ProjectName,
    me: LockHolder,
    processes: &dyn Processes,
    local: &Path,
    wait: Duration,
) -> Result<Lock, LockError> {
    let until = Instant::now() + wait;
    let local = loop {
        let tried = LocalLock::attempt(local, &me);
        match tried.map_err(|cause| LockError::Local { file: local.to_owned(), cause })? {
            Try::Held(lock) => break lock,
            Try::Taken(holder) => rest(until).await.ok_or(LockError::Held(holder))?,
        }
    };
    let seat = Seat { engine, project, me: &me, processes };
    loop {
        let Some(holder) = seat.take(own::lock(project)).await? else {
            return Ok(Lock { project: project.clone(), me, _local: local });
        };
        rest(until).await.ok_or(LockError::Held(Some(holder)))?;
    }
}

impl Lock {
    /// Gives it back.
    ///
    /// # Errors
    /// When the engine cannot be asked. The lock is then stale once this process has ended.
    pub async fn release(self, engine: &dyn Engine) -> Result<(), EngineError> {
        let Self { project, me, _local } = self;
        let name = own::lock(&project);
        // Asked again, since `unlock --force` may have given it to somebody else.
        match create(engine, &project, &name, &me).await? {
            Seen::Holder(holder) if holder.token == me.token => remove(engine, &name).await,
            Seen::Holder(_) | Seen::Wreck | Seen::Stranger => Ok(()),
        }
    }
}

/// Removes what somebody left who died while breaking a lock ([`crate::state::Observed::broken`]). Only for who holds
/// the lock: then each of them speaks of a lock that is gone.
///
/// # Errors
/// When the engine cannot be asked.
pub async fn sweep(engine: &dyn Engine, rights: &BTreeSet<VolumeName>) -> Result<(), EngineError> {
    for right in rights {
        remove(engine, right).await?;
    }
    Ok(())
}

/// Whether a holder is dead, as seen by `me`: same host, and booted since or its process gone. One on another host
/// cannot be judged.
pub fn is_stale(holder: &LockHolder, me: &LockHolder, processes: &dyn Processes) -> bool {
    // Where no boot has a name, nothing is known of processes either.
    if holder.host != me.host || me.boot_id.is_empty() {
        return false;
    }
    holder.boot_id != me.boot_id || processes.started(holder.pid) != Some(holder.started)
}

/// Removes the lock that carries this token, if it still does; `dsenv unlock`. Answers whether it did.
///
/// # Errors
/// When the engine cannot be asked.
pub async fn break_lock(
    engine: &dyn Engine,
    project: &ProjectName,
    me: &LockHolder,
    processes: &dyn Processes,
    token: &str,
) -> Result<bool, EngineError> {
    let seat = Seat { engine, project, me, processes };
    seat.unseat(&own::lock(project), token).await
}

/// After a dead holder was unseated: the engine may still be at its last requests, and a network that it makes after
/// the next look would be there twice.
const AFTERMATH: Duration = Duration::from_secs(1);

/// What stands for the token of a lock without one.
const WRECK: &str = "wreck";

/// Somebody who tries to take a volume of the lock.
struct Seat<'a> {
    engine: &'a dyn Engine,
    project: &'a ProjectName,
    me: &'a LockHolder,
    processes: &'a dyn Processes,
}

impl Seat<'_> {
    /// Takes the volume with this name, breaking the hold of a dead one. `None`: it is ours now.
    fn take(&self, name: VolumeName) -> BoxFuture<'_, Result<Option<LockHolder>, EngineError>> {
        async move {
            loop {
                let holder = match create(self.engine, self.project, &name, self.me).await? {
                    Seen::Holder(holder) => holder,
                    Seen::Wreck => {
                        self.clear(&name).await?;
                        continue;
                    }
                    Seen::Stranger => {
                        return Err(EngineError::Conflict(format!(
                            "the volume {name} is not a lock of dsenv, but has its name; remove it by hand"
                        )));
                    }
                };
                if holder.token == self.me.token {
                    return Ok(None);
                }
                if !is_stale(&holder, self.me, self.processes) || !self.unseat(&name, &holder.token).await? {
                    return Ok(Some(holder));
                }
                tokio::time::sleep(AFTERMATH).await;
            }
        }
        .boxed()
    }

    /// Removes a wreck. As with [`Self::unseat`] only one at a time may try, or the second would remove what the first has
    /// made since; the right to try is cleared without asking anybody.
    async fn clear(&self, name: &VolumeName) -> Result<(), EngineError> {
        let right = own::break_lock(self.project, WRECK);
        if *name == right {
            return remove(self.engine, name).await;
        }
        if self.take(right.clone()).await?.is_some() {
            tokio::time::sleep(AGAIN).await;
            return Ok(());
        }
        if matches!(create(self.engine, self.project, name, self.me).await?, Seen::Wreck) {
            remove(self.engine, name).await?;
        }
        remove(self.engine, &right).await
    }

    /// Removes the volume if it still carries this token. Only one at a time may try: who holds the volume named after
    /// that token, which is taken in the same way. False: somebody else is at it.
    async fn unseat(&self, name: &VolumeName, token: &str) -> Result<bool, EngineError> {
        let right = own::break_lock(self.project, token);
        if self.take(right.clone()).await?.is_some() {
            return Ok(false);
        }
        let now = create(self.engine, self.project, name, self.me).await?;
        // Where it was gone already, the question itself has made it ours: that is no reason to keep it here.
        match now {
            Seen::Holder(holder) if holder.token == token || holder.token == self.me.token => {
                remove(self.engine, name).await?;
            }
            Seen::Holder(_) | Seen::Wreck | Seen::Stranger => {}
        }
        remove(self.engine, &right).await?;
        Ok(true)
    }
}

/// Who is on a volume of the lock.
enum Seen {
    /// This one.
    Holder(LockHolder),
    /// Nobody can be: it has no labels at all. An engine that died while it made or removed the volume leaves it so.
    Wreck,
    /// It is no lock.
    Stranger,
}

/// Makes the volume if nobody has, and answers with who is on it.
async fn create(
    engine: &dyn Engine,
    project: &ProjectName,
    name: &VolumeName,
    me: &LockHolder,
) -> Result<Seen, EngineError> {
    let value = serde_json::to_string(me).expect("plain data has a JSON form");
    let labels: Labels =
        [(label::ENV, project.as_str()), (label::KIND, label::KIND_LOCK), (label::VALUE, value.as_str())]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
    let step = Step::CreateVolume { name: name.clone(), definition: VolumeDefinition::default(), labels };
    match engine.perform(&step, &|_| {}).await? {
        Done::Volume(labels) if labels.is_empty() => Ok(Seen::Wreck),
        Done::Volume(labels) => {
            let holder = labels.get(label::VALUE).and_then(|value| serde_json::from_str(value).ok());
            Ok(holder.map_or(Seen::Stranger, Seen::Holder))
        }
        other => Err(EngineError::Refused(format!("the engine answered {other:?} to the creation of a volume"))),
    }
}

async fn remove(engine: &dyn Engine, name: &VolumeName) -> Result<(), EngineError> {
    match engine.perform(&Step::RemoveVolume { name: name.clone() }, &|_| {}).await {
        Ok(_) | Err(EngineError::NotFound(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Rests before another try. `None`: the time is over.
async fn rest(until: Instant) -> Option<()> {
    let left = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
    tokio::time::sleep(left.min(AGAIN)).await;
    Some(())
}

#[cfg(test)]
#[path = "lock_tests.rs"]
mod tests;

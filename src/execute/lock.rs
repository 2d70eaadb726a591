//! The lock of a project: a local file lock first, then a volume on the engine.
//!
//! Creating a volume whose name is taken answers with the labels of the first one, so whoever sees its own token
//! there holds the lock; of any number at once, one does. A holder whose process is seen to be gone is dead. One that
//! cannot be looked at lives as long as it gives signs of life: while it works it makes a volume every few seconds and
//! removes the one before. Whoever waits counts, by its own clock, how often it looked and saw no new one; the clocks
//! of two machines are never compared. The lock of a dead holder is broken by whoever first makes a volume named after
//! its token.

#![expect(clippy::disallowed_methods, reason = "waiting and signs of life are measured")]

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use thiserror::Error;
use tokio::time::{Instant, sleep_until, timeout};

use super::local_lock::{LocalLock, Nook, Try};
use crate::engine::{Done, Engine, EngineError};
use crate::model::{NoteName, ProjectName};
use crate::plan::NoteStep;
use crate::state::{LockHolder, Note, NoteBody, Observed, Scope, own};

/// Between two tries: long enough to cost nothing, short enough that nobody notices.
const AGAIN: Duration = Duration::from_millis(100);
/// Between two signs of life, and between two looks for them.
const BEAT: Duration = Duration::from_secs(5);
/// Looks without a new sign of life after which a holder is dead.
const SILENT: u32 = 6;
/// How long signs of life may be late before a holder makes sure that nobody has taken its place, and works on only then.
const LATE: Duration = Duration::from_secs(15);
/// Names that are tried where the first is somebody else's.
const NAMES: u64 = 9;

/// Why the lock was not had, or was lost.
#[derive(Debug, Error)]
pub enum LockError {
    /// Somebody else has it, and kept it until the wait was over.
    #[error("{} is at work on this environment", .0.as_ref().map_or("another dsenv on this machine".to_owned(), ToString::to_string))]
    Held(Option<LockHolder>),
    /// Somebody else has it who cannot be looked at from here, and the wait was too short to tell whether it lives.
    #[error("{0} has the lock of this environment, and cannot be looked at from here")]
    Unknown(LockHolder),
    /// It was had, and somebody took it away.
    #[error("the lock of this environment was taken away by {0}, so nothing more was done")]
    Lost(LockHolder),
    /// The engine's disk is full, so nobody can take it.
    #[error("the engine's disk is full, so the lock of this environment cannot be made: {0}")]
    NoSpace(EngineError),
    /// The engine would not.
    #[error(transparent)]
    Engine(EngineError),
}

impl From<EngineError> for LockError {
    fn from(error: EngineError) -> Self {
        if error.is_disk_full() { Self::NoSpace(error) } else { Self::Engine(error) }
    }
}

/// What is known of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// It runs.
    Runs,
    /// It does not.
    Gone,
    /// That cannot be seen from here.
    Hidden,
}

/// What is known of this process, and of others on this host.
pub trait Processes: Sync {
    /// Whether the process with this number is there that started then, in clock ticks since boot.
    fn look(&self, pid: u32, started: u64) -> Sight;
}

/// The lock, held.
#[derive(Debug)]
#[must_use = "a lock that is dropped stays on the engine until it is released"]
pub struct Lock {
    project: ProjectName,
    me: LockHolder,
    name: NoteName,
    /// The number of the last sign of life.
    beats: u64,
    _local: Option<LocalLock>,
}

/// Takes the lock of a project, waiting for it so long.
///
/// `local` is where the local lock lies; `me` is who takes it, with a token of its own.
///
/// # Errors
/// When somebody else has it all that time, or the engine cannot be asked.
pub async fn acquire(
    engine: &dyn Engine,
    project: &ProjectName,
    me: LockHolder,
    processes: &dyn Processes,
    local: &Nook,
    wait: Duration,
) -> Result<Lock, LockError> {
    let until = Instant::now() + wait;
    let local = loop {
        match LocalLock::attempt(local, &me) {
            Try::Held(lock) => break Some(lock),
            Try::Taken(holder) => rest(until).await.ok_or(LockError::Held(holder))?,
            // The engine's lock tells this user's processes apart, too; it only takes longer.
            Try::Nowhere => break None,
        }
    };
    let mut seat = Seat::new(engine, project, &me, processes);
    loop {
        let (name, holder) = seat.first(|number| own::lock_at(project, number)).await?;
        let Some(holder) = holder else {
            return Ok(Lock { project: project.clone(), me, name, beats: 0, _local: local });
        };
        let hidden = sight(&holder, &me, processes) == Sight::Hidden && !seat.is_alive(&holder);
        if rest(until).await.is_none() {
            return Err(if hidden { LockError::Unknown(holder) } else { LockError::Held(Some(holder)) });
        }
    }
}

impl Lock {
    /// Does some work under the lock, and gives signs of life meanwhile.
    ///
    /// # Errors
    /// When somebody took the lock away: the work is dropped where it is then.
    pub async fn hold<T>(&mut self, engine: &dyn Engine, work: impl Future<Output = T>) -> Result<T, LockError> {
        let mut work = pin!(work);
        let (mut tried, mut beaten) = (Instant::now(), Instant::now());
        loop {
            tokio::select! {
                biased;
                () = sleep_until(tried + BEAT) => {}
                done = &mut work => return Ok(done),
            }
            let late = beaten.elapsed() >= LATE;
            tried = Instant::now();
            let mut beat = pin!(timeout(BEAT, self.beat(engine)));
            // Who is late may have been taken for dead; the work waits until that is known.
            let result = if late {
                beat.await
            } else {
                tokio::select! {
                    biased;
                    result = &mut beat => result,
                    done = &mut work => return Ok(done),
                }
            };
            match result {
                Ok(Ok(())) => beaten = Instant::now(),
                Ok(Err(LockError::Lost(holder))) => return Err(LockError::Lost(holder)),
                // Nobody else can take it either while the engine does not answer.
                Ok(Err(_)) | Err(_) => {}
            }
        }
    }

    /// One sign of life, and whether the lock is still ours.
    async fn beat(&mut self, engine: &dyn Engine) -> Result<(), LockError> {
        let Self { project, me, name, beats, _local } = self;
        match create(engine, project, name, me).await? {
            Seen::Holder(holder) if holder.token != me.token => return Err(LockError::Lost(holder)),
            Seen::Holder(_) | Seen::Stranger => {}
        }
        *beats += 1;
        create(engine, project, &own::beat(project, &me.token, *beats), me).await?;
        if *beats > 1 {
            remove(engine, &own::beat(project, &me.token, *beats - 1)).await?;
        }
        Ok(())
    }

    /// Gives it back.
    ///
    /// # Errors
    /// When the engine cannot be asked. The lock is then stale once this process has ended.
    pub async fn release(self, engine: &dyn Engine) -> Result<(), EngineError> {
        let Self { project, me, name, beats, _local } = self;
        // The one before it may be there too, where it could not be removed.
        for number in [beats.saturating_sub(1), beats].into_iter().filter(|number| *number > 0) {
            remove(engine, &own::beat(&project, &me.token, number)).await?;
        }
        // Asked again, since `unlock --force` may have given it to somebody else.
        match create(engine, &project, &name, &me).await? {
            Seen::Holder(holder) if holder.token == me.token => remove(engine, &name).await,
            Seen::Holder(_) | Seen::Stranger => Ok(()),
        }
    }
}

/// Removes what others left around a lock ([`Observed::around_locks`]) who died while they broke or held one. Only for
/// who holds the lock: then each of them speaks of a lock that is gone.
///
/// # Errors
/// When the engine cannot be asked.
pub async fn sweep(engine: &dyn Engine, around: &BTreeSet<NoteName>) -> Result<(), EngineError> {
    for name in around {
        remove(engine, name).await?;
    }
    Ok(())
}

/// What `me` sees of a holder: only within one boot of one host and one numbering of processes is there anything to see.
pub fn sight(holder: &LockHolder, me: &LockHolder, processes: &dyn Processes) -> Sight {
    // Where no boot has a name, nothing is known of processes either.
    if holder.host != me.host || holder.boot_id != me.boot_id || me.boot_id.is_empty() {
        return Sight::Hidden;
    }
    processes.look(holder.pid, holder.started)
}

/// Removes every lock that a look found, whatever it holds, with all that belongs to it; `dsenv unlock`. Answers
/// whether each was removed: another may be at it.
///
/// # Errors
/// When the engine cannot be asked.
pub async fn break_locks(
    engine: &dyn Engine,
    project: &ProjectName,
    me: &LockHolder,
    processes: &dyn Processes,
    observed: &Observed,
) -> Result<bool, EngineError> {
    sweep(engine, &observed.around_locks).await?;
    let mut seat = Seat::new(engine, project, me, processes);
    let mut all = true;
    for (name, holder) in &observed.locks {
        all &= seat.unseat(name, &holder.token).await?;
    }
    Ok(all)
}

/// After a dead holder was unseated: the engine may still be at its last requests, and a network that it makes after
/// the next look would be there twice.
const AFTERMATH: Duration = Duration::from_secs(1);

/// Somebody who tries to take a volume of the lock.
struct Seat<'a> {
    engine: &'a dyn Engine,
    project: &'a ProjectName,
    me: &'a LockHolder,
    processes: &'a dyn Processes,
    /// The holders that cannot be looked at, by token.
    watched: BTreeMap<String, Watched>,
}

/// What was seen of a holder that cannot be looked at.
struct Watched {
    beats: BTreeSet<NoteName>,
    looked: Instant,
    /// How many looks in a row brought nothing new.
    silent: u32,
    /// Whether any look did.
    alive: bool,
}

/// What came of a try to take a volume.
enum Took {
    /// It is ours now.
    Ours,
    /// Somebody has it, and may live.
    Held(LockHolder),
    /// It is not for locks.
    Stranger,
}

impl<'a> Seat<'a> {
    fn new(engine: &'a dyn Engine, project: &'a ProjectName, me: &'a LockHolder, processes: &'a dyn Processes) -> Self {
        Self { engine, project, me, processes, watched: BTreeMap::new() }
    }

    /// Takes the first of these names that is not somebody else's. `None` beside it: it is ours now.
    async fn first(&mut self, name: impl Fn(u64) -> NoteName) -> Result<(NoteName, Option<LockHolder>), EngineError> {
        for number in 1..=NAMES {
            match self.take(name(number)).await? {
                Took::Ours => return Ok((name(number), None)),
                Took::Held(holder) => return Ok((name(number), Some(holder))),
                Took::Stranger => {}
            }
        }
        let name = name(1);
        Err(EngineError::Conflict(format!(
            "the volume {name} and others like it have names of dsenv's locks, and are none; remove them by hand"
        )))
    }

    /// Takes the volume with this name, breaking the hold of a dead one.
    fn take(&mut self, name: NoteName) -> BoxFuture<'_, Result<Took, EngineError>> {
        async move {
            loop {
                let holder = match create(self.engine, self.project, &name, self.me).await? {
                    Seen::Holder(holder) => holder,
                    Seen::Stranger => return Ok(Took::Stranger),
                };
                if holder.token == self.me.token {
                    return Ok(Took::Ours);
                }
                let dead = match sight(&holder, self.me, self.processes) {
                    Sight::Runs => false,
                    Sight::Gone => true,
                    Sight::Hidden => self.is_silent(&holder).await,
                };
                if !dead || !self.unseat(&name, &holder.token).await? {
                    return Ok(Took::Held(holder));
                }
                tokio::time::sleep(AFTERMATH).await;
            }
        }
        .boxed()
    }

    /// Whether one who cannot be looked at has given no sign of life for as long as that takes to be sure. Looks are
    /// counted, not seconds: an engine that does not answer keeps both sides from being heard.
    async fn is_silent(&mut self, holder: &LockHolder) -> bool {
        if !holder.beats {
            return false;
        }
        let due = self.watched.get(&holder.token).is_none_or(|watched| watched.looked.elapsed() >= BEAT);
        if due {
            let scope = Scope::of(self.project.clone());
            let Ok(Ok(observed)) = timeout(BEAT, self.engine.observe(&scope)).await else { return false };
            let ours = own::beats(self.project, &holder.token);
            let around = observed.around_locks.into_iter();
            let beats: BTreeSet<_> = around.filter(|name| name.as_str().starts_with(&ours)).collect();
            let looked = Instant::now();
            match self.watched.get_mut(&holder.token) {
                Some(watched) if watched.beats == beats => {
                    watched.silent += 1;
                    watched.looked = looked;
                }
                before => {
                    let alive = before.is_some();
                    self.watched.insert(holder.token.clone(), Watched { beats, looked, silent: 0, alive });
                }
            }
        }
        self.watched.get(&holder.token).is_some_and(|watched| watched.silent >= SILENT)
    }

    /// Whether this one was seen to give a sign of life.
    fn is_alive(&self, holder: &LockHolder) -> bool {
        self.watched.get(&holder.token).is_some_and(|watched| watched.alive)
    }

    /// Removes the volume if it still carries this token. Only one at a time may try: who holds the volume named after
    /// that token, which is taken in the same way. False: somebody else is at it.
    async fn unseat(&mut self, name: &NoteName, token: &str) -> Result<bool, EngineError> {
        let project = self.project;
        let (right, holder) = self.first(|number| own::break_lock(project, token, number)).await?;
        if holder.is_some() {
            return Ok(false);
        }
        let now = create(self.engine, self.project, name, self.me).await?;
        // Where it was gone already, the question itself has made it ours: that is no reason to keep it here.
        match now {
            Seen::Holder(holder) if holder.token == token || holder.token == self.me.token => {
                remove(self.engine, name).await?;
            }
            Seen::Holder(_) | Seen::Stranger => {}
        }
        remove(self.engine, &right).await?;
        Ok(true)
    }
}

/// Who is on a volume of the lock.
enum Seen {
    /// This one.
    Holder(LockHolder),
    /// It is no lock: somebody else made it, or an engine that died at it lost its labels.
    Stranger,
}

/// Makes the volume if nobody has, and answers with who is on it.
async fn create(
    engine: &dyn Engine,
    project: &ProjectName,
    name: &NoteName,
    me: &LockHolder,
) -> Result<Seen, EngineError> {
    let note = Note { project: project.clone(), name: name.clone(), body: NoteBody::Lock(me.clone()) };
    match engine.perform(&NoteStep::Keep(note).into(), &|_| {}).await? {
        Done::Held(Some(holder)) => Ok(Seen::Holder(holder)),
        Done::Held(None) => Ok(Seen::Stranger),
        other => Err(EngineError::Refused(format!("the engine answered {other:?} to the creation of a lock"))),
    }
}

async fn remove(engine: &dyn Engine, name: &NoteName) -> Result<(), EngineError> {
    match engine.perform(&NoteStep::Forget { name: name.clone() }.into(), &|_| {}).await {
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

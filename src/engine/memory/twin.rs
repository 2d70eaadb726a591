//! The engine around the world: one lock, one clock, and a signal when something changed.

#![expect(clippy::disallowed_methods, reason = "a world whose time goes by")]

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::clock::{Calendar, Moment};
use super::fault::{Fault, Faults};
use super::store::Store;
use super::world::World;
use crate::engine::{Done, Engine, EngineError, Exec, ExecIo, LogLine, LogOptions, Observer, Parts, Poke};
use crate::event::Progress;
use crate::model::VolumeName;
use crate::plan::Step;
use crate::rules::{ApiVersion, Builder, Dialect, Rules, Shape};
use crate::state::{ContainerId, Observed, Scope};

/// How often a world in a file is looked at for what another process did to it.
const POLL: Duration = Duration::from_millis(20);

/// An engine in memory. Clones are the same engine.
#[derive(Clone)]
pub struct Memory(Arc<Shared>);

struct Shared {
    rules: Rules,
    home: Home,
    /// The count of all changes, for those who wait.
    changes: watch::Sender<u64>,
    /// Connections lost so far: streams end at the next one.
    cuts: watch::Sender<u64>,
    requests: Mutex<Requests>,
}

/// Where the world is.
enum Home {
    /// In this process.
    Here { world: Box<Mutex<World>>, began: Instant },
    /// In a file that other processes use too.
    File(Store),
}

#[derive(Default)]
struct Requests {
    faults: Faults,
    /// Since the faults were set.
    count: usize,
    looks: usize,
    performed: Vec<Step>,
}

/// What a condition says: it holds, or look again when something changes, and by then at the latest.
pub(super) type Check<T> = ControlFlow<T, Option<Moment>>;

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Memory {
    /// An engine on which nothing was done yet.
    pub fn new() -> Self {
        Self::at(Home::Here { world: Box::new(Mutex::new(World::new(Calendar::FIXED))), began: Instant::now() })
    }

    /// An engine whose world is in a file, made at the first change. In it time goes `pace` times as fast as the
    /// clock; a world that is there already keeps its own pace.
    pub fn open(path: impl Into<PathBuf>, pace: u32) -> Self {
        Self::at(Home::File(Store::new(path.into(), pace.max(1))))
    }

    fn at(home: Home) -> Self {
        let rules = Rules {
            engine: "memory twin of Docker Engine 20.10".to_owned(),
            api: ApiVersion::v1(41),
            shape: Shape::Containers,
            builder: Builder::BuildKit,
            dialect: Dialect::Docker,
            local: true,
            parallelism: 4,
            since: Default::default(),
        };
        Self(Arc::new(Shared {
            rules,
            home,
            changes: watch::Sender::new(0),
            cuts: watch::Sender::new(0),
            requests: Mutex::default(),
        }))
    }

    /// Sets what goes wrong from now on, and counts requests anew.
    pub fn set_faults(&self, faults: Faults) {
        let mut requests = self.requests();
        requests.count = 0;
        requests.faults = faults;
    }

    /// Requests, steps and looks together, since the faults were set.
    pub fn request_count(&self) -> usize {
        self.requests().count
    }

    /// Looks so far.
    pub fn look_count(&self) -> usize {
        self.requests().looks
    }

    /// The steps asked for since this was called last, those that failed included.
    pub fn take_performed(&self) -> Vec<Step> {
        std::mem::take(&mut self.requests().performed)
    }

    /// The connections of streams break: every stream of pokes ends.
    pub fn cut_streams(&self) {
        self.0.cuts.send_modify(|cuts| *cuts += 1);
    }

    fn requests(&self) -> MutexGuard<'_, Requests> {
        self.0.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Acts on the world as it is now.
    pub(super) fn change<T>(&self, act: impl FnOnce(&mut World) -> T) -> Result<T, EngineError> {
        let run = |world: &mut World| {
            let result = act(world);
            (result, world.change_count())
        };
        let (result, count) = match &self.0.home {
            Home::Here { world, began } => {
                let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
                world.advance(Moment::after(began.elapsed()));
                run(&mut world)
            }
            Home::File(store) => store.change(run)?,
        };
        self.0.changes.send_if_modified(|old| std::mem::replace(old, count) != count);
        Ok(result)
    }

    /// Reads the world as it is now; nothing of it is written.
    pub(super) fn read<T>(&self, look: impl FnOnce(&World) -> T) -> Result<T, EngineError> {
        match &self.0.home {
            Home::Here { .. } => self.change(|world| look(world)),
            Home::File(store) => store.read(look),
        }
    }

    /// Waits until a condition holds; `None` when `limit` has passed before.
    pub(super) async fn wait<T>(
        &self,
        limit: Option<Duration>,
        mut check: impl FnMut(&World) -> Check<T> + Send,
    ) -> Result<Option<T>, EngineError> {
        let mut end = None;
        let mut changes = self.0.changes.subscribe();
        loop {
            let (check, now, due, calendar) =
                self.read(|world| (check(world), world.now, world.due().map(|(at, _)| at), world.calendar))?;
            let wake = match check {
                ControlFlow::Break(result) => return Ok(Some(result)),
                ControlFlow::Continue(wake) => wake,
            };
            let end = *end.get_or_insert(limit.map(|limit| now + limit));
            if end.is_some_and(|end| end <= now) {
                return Ok(None);
            }
            let next = [wake, due, end].into_iter().flatten().min();
            let rest = next.map(|next| calendar.outside(next.since(now)).max(Duration::from_millis(1)));
            let rest = match self.0.home {
                Home::Here { .. } => rest,
                Home::File(_) => Some(rest.unwrap_or(POLL).min(POLL)),
            };
            tokio::select! {
                () = sleep(rest.unwrap_or_default()), if rest.is_some() => {}
                changed = changes.changed() => {
                    changed.expect("the sender lives as long as this engine");
                }
            }
        }
    }

    /// Lets time of the world go by.
    pub(super) async fn pass(&self, time: Duration) -> Result<(), EngineError> {
        self.wait::<()>(Some(time), |_| ControlFlow::Continue(None)).await.map(|_| ())
    }

    /// Counts a request and lets happen to it what should; then `act` is the engine's part.
    async fn request<T>(
        &self,
        step: Option<&Step>,
        act: impl Future<Output = Result<T, EngineError>> + Send,
    ) -> Result<T, EngineError> {
        let text = step.map_or_else(|| "observe".to_owned(), |step| format!("{} {}", step.verb(), step.object()));
        let fault = {
            let mut requests = self.requests();
            requests.count += 1;
            match step {
                Some(step) => requests.performed.push(step.clone()),
                None => requests.looks += 1,
            }
            let number = requests.count;
            requests.faults.next(number, &text)
        };
        match fault {
            None => act.await,
            Some(Fault::Delay(time)) => {
                self.pass(time).await?;
                act.await
            }
            Some(Fault::ServerError) => Err(EngineError::Refused(format!("server error: {text}"))),
            Some(Fault::Break { acted }) => {
                if acted {
                    act.await?;
                }
                Err(broken(&text))
            }
            Some(Fault::Half) => {
                if let Some(step) = step {
                    self.half(step)?;
                }
                Err(broken(&text))
            }
            Some(Fault::Hang { acted }) => {
                if acted {
                    act.await?;
                }
                std::future::pending().await
            }
        }
    }
}

fn broken(request: &str) -> EngineError {
    EngineError::Broken(format!("closed before the answer was complete: {request}"))
}

#[async_trait]
impl Observer for Memory {
    fn rules(&self) -> &Rules {
        &self.0.rules
    }

    async fn observe(&self, scope: &Scope) -> Result<Observed, EngineError> {
        self.request(None, async { self.read(|world| world.look(scope)) }).await
    }

    async fn pokes(&self, scope: &Scope) -> Result<BoxStream<'static, Poke>, EngineError> {
        let project = scope.project.to_string();
        let seen = self.read(|world| world.changes_of(&project))?;
        let pokes = stream::unfold((self.clone(), seen), move |(memory, seen)| {
            let project = project.clone();
            async move {
                let changed = |world: &World| match world.changes_of(&project) {
                    count if count == seen => ControlFlow::Continue(None),
                    count => ControlFlow::Break(count),
                };
                let count = memory.wait(None, changed).await.ok().flatten()?;
                Some((Poke, (memory, count)))
            }
        });
        let mut cuts = self.0.cuts.subscribe();
        Ok(pokes.take_until(Box::pin(async move { cuts.changed().await })).boxed())
    }

    async fn logs(
        &self,
        container: &ContainerId,
        options: &LogOptions,
    ) -> Result<BoxStream<'static, Result<LogLine, EngineError>>, EngineError> {
        self.read_log(container, options)
    }

    async fn fetch(&self, container: &ContainerId, path: &str) -> Result<Parts, EngineError> {
        let parts = self.request(None, async { self.read(|world| world.fetch(container, path))? }).await?;
        Ok(stream::iter(parts.into_iter().map(Ok)).boxed())
    }

    async fn sizes(&self, volumes: &BTreeSet<VolumeName>) -> Result<BTreeMap<VolumeName, u64>, EngineError> {
        self.request(None, async { self.read(|world| world.sizes(volumes)) }).await
    }
}

#[async_trait]
impl Engine for Memory {
    async fn perform(&self, step: &Step, progress: &(dyn Fn(Progress) + Send + Sync)) -> Result<Done, EngineError> {
        self.request(Some(step), self.act(step, progress)).await
    }

    async fn exec(&self, container: &ContainerId, exec: &Exec, io: ExecIo) -> Result<i64, EngineError> {
        self.run_command(container, exec, io).await
    }
}

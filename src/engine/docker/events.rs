//! One stream of the engine's events for the whole process, shared by everything that waits.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bollard::models::EventMessage;
use bollard::query_parameters::EventsOptions;
use futures_util::StreamExt;
use jiff::Timestamp;
use tokio::sync::broadcast;

/// Events that one waiter may be behind; one that is further behind looks again without having read them.
const BACKLOG: usize = 1024;

/// What happened to a container, as far as waiters ask. Podman is asked for `died` and `remove` where it then tells of
/// `die` and its own `remove`.
const ACTIONS: [&str; 11] =
    ["start", "die", "died", "oom", "pause", "unpause", "restart", "destroy", "remove", "health_status", "exec_die"];

/// What waiters need of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ContainerEvent {
    /// The container.
    pub id: String,
    /// `die`, `start`, `health_status: healthy`, …
    pub action: String,
    /// The exit code of `die`.
    pub exit_code: Option<i64>,
    /// When, by the engine's clock.
    pub at: Option<Timestamp>,
}

/// Listens from the first waiter on, as long as anybody waits.
pub(super) struct Hub {
    client: bollard::Docker,
    /// The listener holds the sender: when it ends, waiters see a closed channel and the next one begins anew.
    sender: Mutex<Option<broadcast::WeakSender<ContainerEvent>>>,
}

impl Hub {
    pub fn new(client: bollard::Docker) -> Self {
        Self { client, sender: Mutex::new(None) }
    }

    /// Events from now on, if somebody listens already.
    pub fn join(&self) -> Option<broadcast::Receiver<ContainerEvent>> {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        sender.as_ref().and_then(broadcast::WeakSender::upgrade).map(|listener| listener.subscribe())
    }

    /// Events from now on. Nothing is lost between this call and the moment when the engine hears of it: the engine
    /// also sends what happened after `since`, a time of its own clock that the caller has just read from it.
    pub fn subscribe(&self, since: Timestamp) -> broadcast::Receiver<ContainerEvent> {
        if let Some(receiver) = self.join() {
            return receiver;
        }
        let mut sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        let (new, receiver) = broadcast::channel(BACKLOG);
        *sender = Some(new.downgrade());
        tokio::spawn(listen(self.client.clone(), since, new));
        receiver
    }
}

async fn listen(client: bollard::Docker, since: Timestamp, sender: broadcast::Sender<ContainerEvent>) {
    let filters = HashMap::from([
        ("type".to_owned(), vec!["container".to_owned()]),
        ("event".to_owned(), ACTIONS.map(str::to_owned).to_vec()),
    ]);
    let since = format!("{}.{:09}", since.as_second(), since.subsec_nanosecond());
    let options = EventsOptions { since: Some(since), until: None, filters: Some(filters) };
    let mut events = Box::pin(client.events(Some(options)));
    loop {
        tokio::select! {
            event = events.next() => match event {
                // Nobody may be listening at this instant; that is no reason to stop.
                Some(Ok(event)) => drop(read(event).map(|event| sender.send(event))),
                Some(Err(_)) | None => return,
            },
            () = sender.closed() => return,
        }
    }
}

fn read(event: EventMessage) -> Option<ContainerEvent> {
    let actor = event.actor?;
    let exit_code = actor.attributes.as_ref().and_then(|attributes| attributes.get("exitCode")?.parse().ok());
    let at = event.time_nano.and_then(|time| Timestamp::from_nanosecond(time.into()).ok());
    Some(ContainerEvent { id: actor.id?, action: event.action?, exit_code, at })
}

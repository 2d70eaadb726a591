//! One round of sync back: what is asked for, and what came of it.

use std::time::Duration;

use camino::Utf8PathBuf;

use super::transfer::{Taken, gather, take};
use super::{History, Incoming, Known, Mapping, compare};
use crate::engine::Observer;
use crate::model::ServiceName;
use crate::state::{Container, ContainerId};

/// What is new over there is looked at again so soon.
pub const SETTLE_TIME: Duration = Duration::from_millis(500);

/// Why files are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// It is time.
    Clock,
    /// Files are about to be copied there.
    Copy,
}

/// A container whose files are fetched, and what is known of it.
#[derive(Debug)]
pub struct SyncBackJob {
    /// Its service.
    pub service: ServiceName,
    /// Which.
    pub container: Container,
    /// Its folders whose files come back.
    pub mappings: Vec<Mapping>,
    /// What both sides had last.
    pub known: Known,
    /// What is remembered beside that.
    pub history: History,
}

/// What came of it.
#[derive(Debug)]
pub struct SyncedBack {
    /// Whose.
    pub service: ServiceName,
    /// Which.
    pub container: ContainerId,
    /// What both sides have now, as far as that was found out; `None`: the container could not be read.
    pub known: Option<Known>,
    /// What is remembered from now on.
    pub history: History,
    /// Whether something is new over there that must be looked at again.
    pub unsettled: bool,
    /// What is to be told, in order.
    pub reports: Vec<Report>,
}

/// Something to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// Files of this machine that were written or deleted, and those that were written beside one that had changed here.
    CameBack {
        /// Written or deleted.
        files: Vec<Utf8PathBuf>,
        /// Written beside another.
        conflicts: Vec<Utf8PathBuf>,
    },
    /// Something that a person should know.
    Notice {
        /// What.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
}

/// Brings back what these containers have saved, one after the other. `now` is the time since any fixed moment. Before a
/// copy what changed on both sides is looked at twice, since the copy would overwrite it.
pub async fn sync_back(
    engine: &dyn Observer,
    jobs: Vec<SyncBackJob>,
    occasion: Occasion,
    now: Duration,
) -> Vec<SyncedBack> {
    let mut done = Vec::new();
    for job in jobs {
        let SyncBackJob { service, container, mappings, known, history } = job;
        let all = SyncedBack {
            service,
            container: container.id.clone(),
            known: None,
            history,
            unsettled: false,
            reports: Vec::new(),
        };
        let mut work = Work { engine, container: &container, known, done: all };
        for mapping in &mappings {
            let mut unsettled = work.bring_back(mapping, now, false).await;
            if unsettled && occasion == Occasion::Copy {
                tokio::time::sleep(SETTLE_TIME).await;
                unsettled = work.bring_back(mapping, now + SETTLE_TIME, true).await;
            }
            work.done.unsettled |= unsettled;
        }
        done.push(work.done);
    }
    done
}

/// One container at work.
struct Work<'a> {
    engine: &'a dyn Observer,
    container: &'a Container,
    /// What both sides have, with what was found out meanwhile.
    known: Known,
    done: SyncedBack,
}

impl Work<'_> {
    /// Answers whether something is new over there that must be looked at again.
    async fn bring_back(&mut self, mapping: &Mapping, now: Duration, hurry: bool) -> bool {
        // What cannot be fetched now, such as a folder that is not there yet, is fetched another time.
        let Ok(found) = gather(self.engine, &self.container.id, &mapping.target).await else { return false };
        let mut history = std::mem::take(&mut self.done.history);
        history.begin(self.container.started_at);
        let (its, known) = (mapping.clone(), self.known.clone());
        let compared = tokio::task::spawn_blocking(move || {
            let incoming = compare(&its, &found, &known, &mut history, now, hurry);
            (incoming, history)
        });
        let (incoming, history) = compared.await.expect("comparing files does not panic");
        self.done.history = history;
        match incoming {
            Ok(incoming) => self.take_all(mapping, incoming).await,
            Err(error) => self.cannot(&error.to_string()),
        }
        !self.done.history.unsettled.is_empty()
    }

    async fn take_all(&mut self, mapping: &Mapping, incoming: Incoming) {
        let Incoming { files: coming, deletions, known, notes } = incoming;
        self.learn(known);
        for (note, hint) in notes {
            let message = format!("{}: {note}", self.done.service);
            self.done.reports.push(Report::Notice { message, hint });
        }
        let (mut files, mut conflicts) = (Vec::new(), Vec::new());
        for coming in &coming {
            match take(self.engine, mapping, coming, self.container).await {
                Ok(Some(Taken { place, fingerprint })) => {
                    if coming.beside.is_some() {
                        self.done.history.unsettled.remove(&coming.path);
                        conflicts.extend(place);
                    } else {
                        self.done.history.came(&coming.path);
                        files.extend(place);
                    }
                    self.learn([(coming.path.clone(), fingerprint)].into());
                }
                // It changed meanwhile.
                Ok(None) => {}
                Err(error) => self.cannot(&error),
            }
        }
        for (_, place) in deletions {
            match mapping.open().map(|(beneath, _)| beneath.delete(&place)) {
                Some(Ok(())) => files.push(mapping.rule.join(place)),
                Some(Err(error)) => self.cannot(&error.to_string()),
                None => {}
            }
        }
        if !files.is_empty() || !conflicts.is_empty() {
            self.done.reports.push(Report::CameBack { files, conflicts });
        }
    }

    fn learn(&mut self, known: Known) {
        self.known.extend(known.clone());
        self.done.known.get_or_insert_default().extend(known);
    }

    fn cannot(&mut self, error: &str) {
        let message = format!("{}: what it saved cannot be written here: {error}", self.done.service);
        self.done.reports.push(Report::Notice { message, hint: None });
    }
}

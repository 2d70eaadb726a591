//! What containers have saved, fetched every few seconds while they run.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;

use bytes::Bytes;
use camino::{Utf8Path, Utf8PathBuf};
use futures_util::TryStreamExt;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;

use super::back::{self, Coming, Errand, Found, Kind, Way};
use super::beneath::Beneath;
use super::copies::Print;
use super::session::Session;
use crate::engine::{EngineError, Entry, EntryKind, Observer, Part};
use crate::event::Watched;
use crate::model::ServiceName;
use crate::state::{Container, ContainerId, RunState};

/// How often what containers saved is fetched, unless fetching takes long.
const BACK: Duration = Duration::from_secs(2);
/// What is new over there is looked at again so soon.
const SETTLE: Duration = Duration::from_millis(500);
/// Fetching takes at most one part in so many of the time.
const SHARE: u32 = 5;
/// Bytes of a file that is kept in memory between a look and its writing, and of all of them together.
const SMALL: usize = 256 << 10;
const TOGETHER: usize = 16 << 20;

/// Why files are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    /// It is time.
    Clock,
    /// Files are about to be copied there.
    Copy,
}

impl Session<'_> {
    /// Brings back what containers of these services have saved; of all services without any.
    pub(super) async fn fetch_back(&mut self, services: &BTreeSet<ServiceName>, occasion: Occasion) {
        let begun = Instant::now();
        let mut unsettled = false;
        for (service, way) in self.list.back.clone() {
            if !services.is_empty() && !services.contains(&service) {
                continue;
            }
            for container in self.containers(&service).into_iter().filter(|it| it.state == RunState::Running) {
                let mut conflicts = self.bring_back(&service, &way, &container, false).await;
                if conflicts && occasion == Occasion::Copy {
                    // What is copied now would overwrite it: a second look shows whether it is whole.
                    tokio::time::sleep(SETTLE).await;
                    conflicts = self.bring_back(&service, &way, &container, true).await;
                }
                unsettled |= conflicts;
            }
        }
        let next = |pause: Duration| Instant::now() + pause.max(begun.elapsed() * SHARE);
        match occasion {
            Occasion::Clock => self.back_at = next(if unsettled { SETTLE } else { BACK }),
            Occasion::Copy if unsettled => self.back_at = self.back_at.min(next(SETTLE)),
            Occasion::Copy => {}
        }
    }

    /// Answers whether something is new over there that must be looked at again.
    async fn bring_back(&mut self, service: &ServiceName, way: &Way, container: &Container, hurry: bool) -> bool {
        // What cannot be fetched now, such as a folder that is not there yet, is fetched another time.
        let Ok(found) = gather(self.engine, &container.id, &way.target).await else { return false };
        let mut ledger = self.ledgers.remove(&container.id).unwrap_or_default();
        ledger.begin(container.started_at);
        let (known, now) = (self.copies.known(&container.id), self.now());
        let (also_way, work) = (way.clone(), tokio::task::spawn_blocking);
        let compared = work(move || {
            let errand = back::compare(&also_way, &found, &known, &mut ledger, now, hurry);
            (errand, ledger)
        });
        let (errand, mut ledger) = compared.await.expect("comparing files does not panic");
        let mut told = (Vec::new(), Vec::new());
        match errand {
            Ok(Errand { comes, goes, known, notes }) => {
                self.copies.learn(&container.id, known);
                for (note, hint) in notes {
                    self.notice(format!("{service}: {note}"), hint);
                }
                for coming in comes {
                    match take(self.engine, way, &coming, container).await {
                        Ok(Some(Taken { place, print })) => {
                            if coming.beside.is_some() {
                                ledger.unsettled.remove(&coming.path);
                                told.1.extend(place);
                            } else {
                                ledger.came(&coming.path);
                                told.0.extend(place);
                            }
                            self.copies.learn(&container.id, [(coming.path, print)].into());
                        }
                        // It changed meanwhile.
                        Ok(None) => {}
                        Err(error) => self.cannot(service, &error),
                    }
                }
                for (_, place) in goes {
                    let deleted = way.open().map(|(beneath, _)| beneath.delete(&place));
                    match deleted {
                        Some(Ok(())) => told.0.push(way.rule.join(place)),
                        Some(Err(error)) => self.cannot(service, &error.to_string()),
                        None => {}
                    }
                }
            }
            Err(error) => self.cannot(service, &error.to_string()),
        }
        let again = !ledger.unsettled.is_empty();
        self.ledgers.insert(container.id.clone(), ledger);
        let shown = |files: Vec<Utf8PathBuf>| files.iter().map(|file| self.shown(file.as_str())).collect();
        if !told.0.is_empty() || !told.1.is_empty() {
            let (files, conflicts) = (shown(told.0), shown(told.1));
            self.tell(&Watched::CameBack { service: service.clone(), files, conflicts });
        }
        again
    }

    fn cannot(&self, service: &ServiceName, error: &str) {
        self.notice(format!("{service}: what it saved cannot be written here: {error}"), None);
    }
}

/// What a folder of a container holds, files as digests. Large ones are never in memory.
async fn gather(engine: &dyn Observer, id: &ContainerId, path: &str) -> Result<Vec<Found>, EngineError> {
    let mut parts = engine.fetch(id, path).await?;
    let mut found: Vec<Found> = Vec::new();
    let mut files: BTreeMap<String, Kind> = BTreeMap::new();
    let mut together = 0;
    let mut open: Option<(Entry, blake3::Hasher, Vec<u8>, bool)> = None;
    loop {
        let part = parts.try_next().await?;
        if let Some(Part::Bytes(bytes)) = part {
            let Some((_, hasher, held, whole)) = &mut open else { continue };
            hasher.update(&bytes);
            *whole &= held.len() + bytes.len() <= SMALL && together + held.len() + bytes.len() <= TOGETHER;
            if *whole {
                held.extend_from_slice(&bytes);
            } else {
                *held = Vec::new();
            }
            continue;
        }
        if let Some((Entry { path, kind, mode }, hasher, held, whole)) = open.take() {
            let kind = match kind {
                EntryKind::Folder => Kind::Folder,
                EntryKind::Link(to) => Kind::Link(to),
                EntryKind::File => {
                    together += held.len();
                    let kind = Kind::File(hasher.finalize().into(), whole.then(|| Bytes::from(held)));
                    files.insert(path.clone(), kind.clone());
                    kind
                }
                EntryKind::Same(other) => files.get(&other).cloned().unwrap_or(Kind::Other),
                EntryKind::Other => Kind::Other,
            };
            found.push(Found { path, kind, mode });
        }
        match part {
            Some(Part::Entry(entry)) => open = Some((entry, blake3::Hasher::new(), Vec::new(), true)),
            Some(Part::Bytes(_)) | None => return Ok(found),
        }
    }
}

/// What came here.
struct Taken {
    /// Where it is now; `None`: it was here already.
    place: Option<Utf8PathBuf>,
    /// What the container has of it.
    print: Print,
}

/// Brings one file or link here. `None`: it is another one than was seen.
async fn take(
    engine: &dyn Observer,
    way: &Way,
    coming: &Coming,
    container: &Container,
) -> Result<Option<Taken>, String> {
    let Some((beneath, _)) = way.open() else { return Ok(None) };
    let digest = match &coming.kind {
        Kind::File(digest, _) => *digest,
        Kind::Link(to) => blake3::hash(to.as_bytes()).into(),
        Kind::Folder | Kind::Other => return Ok(None),
    };
    let system = |error: io::Error| format!("{}: {error}", way.rule.join(&coming.place));
    let theirs = Some((0o100_000 | coming.mode & 0o777, digest));
    let place = if coming.beside.is_some() {
        match back::beside(&beneath, coming, digest, container.name.as_str()).map_err(system)? {
            Some(place) => place,
            None => return Ok(Some(Taken { place: None, print: theirs })),
        }
    } else {
        coming.place.clone()
    };
    if let Kind::File(digest, None) = &coming.kind {
        if !stream(engine, &beneath, &place, coming, *digest, &container.id).await? {
            return Ok(None);
        }
    } else {
        back::write(&beneath, &place, &coming.kind, coming.mode).map_err(system)?;
    }
    let print = if coming.beside.is_some() { theirs } else { beneath.look(&place).map_err(system)? };
    let folder = if way.rule.is_dir() { way.rule.as_path() } else { way.rule.parent().unwrap_or(&way.rule) };
    Ok(Some(Taken { place: Some(folder.join(&place)), print }))
}

/// Fetches one large file again, straight to where it belongs. Answers whether it was still the one that was seen.
async fn stream(
    engine: &dyn Observer,
    beneath: &Beneath,
    place: &Utf8Path,
    coming: &Coming,
    digest: [u8; 32],
    id: &ContainerId,
) -> Result<bool, String> {
    let mut parts = match engine.fetch(id, &coming.path).await {
        Ok(parts) => parts,
        Err(_) => return Ok(false),
    };
    let told = |error: io::Error| format!("{place}: {error}");
    let fresh = beneath.begin(place).map_err(told)?;
    let mut file = tokio::fs::File::from_std(fresh.file.try_clone().map_err(told)?);
    let mut hasher = blake3::Hasher::new();
    loop {
        match parts.try_next().await {
            Ok(Some(Part::Bytes(bytes))) => {
                hasher.update(&bytes);
                file.write_all(&bytes).await.map_err(told)?;
            }
            Ok(Some(Part::Entry(_))) => {}
            Ok(None) => break,
            // It is looked at another time.
            Err(_) => return Ok(false),
        }
    }
    file.flush().await.map_err(told)?;
    if <[u8; 32]>::from(hasher.finalize()) != digest {
        return Ok(false);
    }
    fresh.finish(place, coming.mode).map_err(told)?;
    Ok(true)
}

//! What a container holds, held against this machine. Folders that are missing here are made; nothing else is changed.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use camino::{Utf8Component, Utf8Path};

use super::{Beneath, Found, History, Incoming, IncomingFile, Kind, Known, Mapping, Torn};
use crate::sync::Fingerprint;

/// So many deletions of a container come back within a while; more at once are rather an accident.
const DELETIONS: usize = 5;
const WHILE: Duration = Duration::from_secs(60);

/// Compares what a container holds with this machine. `known` is what both sides had last; without time for a second
/// look (`hurry`) what changed on both sides is kept as it is. Blocks.
///
/// # Errors
/// When the folder on this machine cannot be read.
pub fn compare(
    mapping: &Mapping,
    found: &[Found],
    known: &Known,
    history: &mut History,
    now: Duration,
    hurry: bool,
) -> io::Result<Incoming> {
    let mut incoming = Incoming::default();
    let Some((beneath, front)) = mapping.open() else { return Ok(incoming) };
    let single = !front.as_str().is_empty();
    let mut seen = BTreeSet::new();
    let before = std::mem::take(&mut history.unsettled);
    for file in found {
        seen.insert(file.path.as_str());
        let Some(place) = mapping.place(&file.path) else { continue };
        let folder = matches!(file.kind, Kind::Folder);
        if !mapping.counts(&place, folder) || single != place.as_str().is_empty() {
            continue;
        }
        let place = if single { front.clone() } else { place };
        let told = format!("{} does not come back: ", file.path);
        let digest = match &file.kind {
            Kind::Folder => {
                if let Err(error) = beneath.make_folder(&place) {
                    history.tell(&mut incoming.notes, format!("{told}{error}"), None);
                }
                continue;
            }
            Kind::File(digest, _) => *digest,
            Kind::Link(to) if stays_inside(&place, to) => blake3::hash(to.as_bytes()).into(),
            Kind::Link(to) => {
                history.tell(&mut incoming.notes, format!("{told}it is a link to {to}, outside the folder"), None);
                continue;
            }
            Kind::Other => {
                history.tell(&mut incoming.notes, format!("{told}it is no file, folder or link"), None);
                continue;
            }
        };
        let ours = match beneath.look(&place) {
            Ok(ours) => ours,
            Err(error) => {
                history.tell(&mut incoming.notes, format!("{told}{error}"), None);
                continue;
            }
        };
        let theirs = Some((kind_bits(&file.kind) | file.mode & 0o777, digest));
        let last = known.get(&file.path).copied();
        let beside = match last {
            // Equal, or nothing new over there: what is new here goes there by the rule's own way.
            _ if same(theirs, ours) => {
                incoming.known.insert(file.path.clone(), ours);
                history.both.insert(file.path.clone());
                continue;
            }
            Some(last) if same(last, theirs) => continue,
            // Never equal so far: the image's own file is no news.
            None if ours.is_some() => {
                incoming.known.insert(file.path.clone(), theirs);
                continue;
            }
            Some(last) => !same(last, ours) && ours.is_some(),
            None => false,
        };
        let settled = before.get(&file.path) == Some(&digest);
        if !settled {
            history.unsettled.insert(file.path.clone(), digest);
        }
        if settled || (hurry && beside) {
            let torn = if settled { Torn::Whole } else { Torn::Perhaps };
            let (path, kind) = (file.path.clone(), file.kind.clone());
            incoming.files.push(IncomingFile { path, place, kind, mode: file.mode, beside: beside.then_some(torn) });
        }
    }
    // Without the folder itself nothing is known of what is in it.
    if seen.contains(mapping.target.trim_end_matches('/')) && !single {
        find_deletions(mapping, &beneath, &seen, known, history, now, &mut incoming);
    }
    Ok(incoming)
}

/// What both sides had and the container has no more, unless it changed here, or is too much at once.
fn find_deletions(
    mapping: &Mapping,
    beneath: &Beneath,
    seen: &BTreeSet<&str>,
    known: &Known,
    history: &mut History,
    now: Duration,
    incoming: &mut Incoming,
) {
    let prefix = format!("{}/", mapping.target.trim_end_matches('/'));
    let here = known.iter().filter(|(path, last)| last.is_some() && path.starts_with(&prefix));
    let mut all = 0;
    let mut gone = Vec::new();
    for (path, last) in here {
        let Some(place) = mapping.place(path) else { continue };
        let is_file = |print: &Fingerprint| print.is_some_and(|(mode, _)| mode & FORMAT != FOLDER);
        all += usize::from(is_file(last));
        if seen.contains(path.as_str()) {
            continue;
        }
        incoming.known.insert(path.clone(), None);
        if history.both.remove(path) && is_file(last) && beneath.look(&place).ok() == Some(*last) {
            gone.push((path.clone(), place));
        }
    }
    history.deletions.retain(|at| now < *at + WHILE);
    let many = gone.len() + history.deletions.len() > DELETIONS || (gone.len() > 1 && gone.len() == all);
    if many {
        let names: Vec<_> = gone.iter().take(3).map(|(_, place)| mapping.rule.join(place).to_string()).collect();
        let more = if gone.len() > names.len() { " and more" } else { "" };
        let note = format!(
            "{} files are gone from {} at once, so they are kept here: {}{more}",
            gone.len(),
            mapping.target,
            names.join(", ")
        );
        incoming.notes.push((note, Some("delete them here if that is meant".to_owned())));
    } else {
        history.deletions.extend(gone.iter().map(|_| now));
        incoming.deletions = gone;
    }
}

/// Of a file's mode, what it is.
const FORMAT: u32 = 0o170_000;
const FOLDER: u32 = 0o040_000;

fn kind_bits(kind: &Kind) -> u32 {
    match kind {
        Kind::Folder => FOLDER,
        Kind::File(..) => 0o100_000,
        Kind::Link(_) => 0o120_000,
        Kind::Other => 0,
    }
}

/// Whether both are of one kind and hold the same.
fn same(one: Fingerprint, other: Fingerprint) -> bool {
    let content = |print: Fingerprint| print.map(|(mode, digest)| (mode & FORMAT, digest));
    content(one) == content(other)
}

/// Whether a link at a place leads to something below the folder, whatever other links are there: it goes up first, and
/// not further than it is deep.
fn stays_inside(place: &Utf8Path, to: &str) -> bool {
    let mut up = 0;
    let mut down = false;
    for part in Utf8Path::new(to).components() {
        match part {
            Utf8Component::ParentDir if !down => up += 1,
            Utf8Component::Normal(_) => down = true,
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir | Utf8Component::RootDir | Utf8Component::Prefix(_) => return false,
        }
    }
    !to.contains('\0') && up < place.components().count()
}

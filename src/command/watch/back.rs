//! What a container saves comes back (`x-dsenv.sync_back`), such as the notebooks that Jupyter writes.
//!
//! An engine tells nothing of files, so they are fetched every few seconds while the container runs. What a container
//! holds is not to be trusted: every name is taken beneath the rule's folder ([`super::beneath`]), and a deletion comes
//! back only for what both sides were seen to have while the container ran. A file comes back when two looks found it
//! the same, so that nobody gets half of it. One that changed on both sides since they were last equal is kept twice,
//! side by side. Only a save over there in the tenth of a second between such a look and a copy is lost to the copy: no
//! engine compares before it writes.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::io::Write;
use std::time::Duration;

use bytes::Bytes;
use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use jiff::Timestamp;

use super::beneath::{Beneath, LONGEST};
use super::copies::Print;
use crate::watch::{Filter, Verdict};

/// So many deletions of a container come back within a while; more at once are rather an accident.
const DELETIONS: usize = 5;
const WHILE: Duration = Duration::from_secs(60);
/// Copies of one file that are kept beside it at most.
const BESIDE: usize = 99;

/// A folder of a container whose files come back.
#[derive(Clone)]
pub struct Way {
    /// In the container.
    pub target: String,
    /// On this machine: the rule's path. Nothing outside it is touched.
    pub rule: Utf8PathBuf,
    /// Where the folder is below the rule's path.
    pub below: Utf8PathBuf,
    /// What counts, below the rule's path.
    pub filter: Filter,
}

/// What was found equal on both sides, or was copied, by path in the container.
pub type Known = BTreeMap<String, Print>;

/// What is remembered of one container beside that.
#[derive(Debug, Default)]
pub struct Ledger {
    started: Option<Timestamp>,
    /// Paths that both sides had at the same time, since the container's start.
    both: BTreeSet<String>,
    /// What is new over there and was seen once.
    pub unsettled: BTreeMap<String, [u8; 32]>,
    /// When deletions came back.
    deletions: Vec<Duration>,
    /// What does not come back, as was told.
    told: BTreeSet<String>,
}

/// Something that a container holds.
#[derive(Debug, Clone)]
pub struct Found {
    /// In the container.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// Permission bits.
    pub mode: u32,
}

/// What it is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A file with this digest, and its bytes if they are few.
    File([u8; 32], Option<Bytes>),
    /// A link to this path.
    Link(String),
    /// Nothing that could come back.
    Other,
}

/// What is to be done on this machine.
#[derive(Debug, Default)]
pub struct Errand {
    /// Files and links that come here.
    pub comes: Vec<Coming>,
    /// Files that go, below the rule's path, each with its path in the container.
    pub goes: Vec<(String, Utf8PathBuf)>,
    /// What both sides have now.
    pub known: Known,
    /// What is told once, each with what to do about it.
    pub notes: Vec<(String, Option<String>)>,
}

/// Something that comes here.
#[derive(Debug)]
pub struct Coming {
    /// In the container.
    pub path: String,
    /// Below the rule's path.
    pub place: Utf8PathBuf,
    /// What it is; never a folder.
    pub kind: Kind,
    /// Permission bits.
    pub mode: u32,
    /// Whether it is kept beside one that changed here, and whether it may still have been written to.
    pub beside: Option<Torn>,
}

/// Whether somebody may have been writing a file when it was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Torn {
    /// Two looks found it the same.
    Whole,
    /// There was no time for a second look.
    Perhaps,
}

impl Ledger {
    /// How much is remembered.
    #[cfg(test)]
    pub fn weight(&self) -> usize {
        self.both.len() + self.unsettled.len() + self.deletions.len() + self.told.len()
    }

    /// What was seen before a start says nothing about what a start did.
    pub fn begin(&mut self, started: Option<Timestamp>) {
        if self.started != started {
            *self = Self { started, told: std::mem::take(&mut self.told), ..Self::default() };
        }
    }

    /// It came here and both sides have it.
    pub fn came(&mut self, path: &str) {
        self.unsettled.remove(path);
        self.both.insert(path.to_owned());
    }

    fn tell(&mut self, notes: &mut Vec<(String, Option<String>)>, note: String, hint: Option<&str>) {
        if self.told.insert(note.clone()) {
            notes.push((note, hint.map(str::to_owned)));
        }
    }
}

impl Way {
    /// The folder beneath which everything is, and what is in front of each place there. `None`: there is none now.
    pub fn open(&self) -> Option<(Beneath, Utf8PathBuf)> {
        if self.rule.is_dir() {
            return Some((Beneath::open(&self.rule).ok()?, Utf8PathBuf::new()));
        }
        // A rule for one file: its folder is the user's, and of it this file only.
        let (folder, name) = (self.rule.parent()?, self.rule.file_name()?);
        self.rule.is_file().then_some(())?;
        Some((Beneath::open(folder).ok()?, name.into()))
    }

    /// The place of something that a container holds, below the rule's path.
    fn place(&self, path: &str) -> Option<Utf8PathBuf> {
        let rest = path.strip_prefix(self.target.trim_end_matches('/'))?;
        if !rest.is_empty() && !rest.starts_with('/') {
            return None;
        }
        let rest = Utf8Path::new(rest.trim_start_matches('/'));
        let plain = rest.components().all(|part| matches!(part, Utf8Component::Normal(_)));
        plain.then(|| if rest.as_str().is_empty() { self.below.clone() } else { self.below.join(rest) })
    }

    fn counts(&self, place: &Utf8Path, folder: bool) -> bool {
        place.as_str().is_empty() || (self.filter)(place, folder) == Verdict::Take
    }
}

/// Compares what a container holds with this machine. `known` is what both sides had last; without time for a second
/// look (`hurry`) what changed on both sides is kept as it is. Blocks.
///
/// # Errors
/// When the folder on this machine cannot be read.
pub fn compare(
    way: &Way,
    found: &[Found],
    known: &Known,
    ledger: &mut Ledger,
    now: Duration,
    hurry: bool,
) -> io::Result<Errand> {
    let mut errand = Errand::default();
    let Some((beneath, front)) = way.open() else { return Ok(errand) };
    let single = !front.as_str().is_empty();
    let mut seen = BTreeSet::new();
    let before = std::mem::take(&mut ledger.unsettled);
    for file in found {
        seen.insert(file.path.as_str());
        let Some(place) = way.place(&file.path) else { continue };
        let folder = matches!(file.kind, Kind::Folder);
        if !way.counts(&place, folder) || single != place.as_str().is_empty() {
            continue;
        }
        let place = if single { front.clone() } else { place };
        let told = format!("{} does not come back: ", file.path);
        let digest = match &file.kind {
            Kind::Folder => {
                if let Err(error) = beneath.make_folder(&place) {
                    ledger.tell(&mut errand.notes, format!("{told}{error}"), None);
                }
                continue;
            }
            Kind::File(digest, _) => *digest,
            Kind::Link(to) if stays_inside(&place, to) => blake3::hash(to.as_bytes()).into(),
            Kind::Link(to) => {
                ledger.tell(&mut errand.notes, format!("{told}it is a link to {to}, outside the folder"), None);
                continue;
            }
            Kind::Other => {
                ledger.tell(&mut errand.notes, format!("{told}it is no file, folder or link"), None);
                continue;
            }
        };
        let ours = match beneath.look(&place) {
            Ok(ours) => ours,
            Err(error) => {
                ledger.tell(&mut errand.notes, format!("{told}{error}"), None);
                continue;
            }
        };
        let theirs = Some((kind_bits(&file.kind) | file.mode & 0o777, digest));
        let last = known.get(&file.path).copied();
        let beside = match last {
            // Equal, or nothing new over there: what is new here goes there by the rule's own way.
            _ if same(theirs, ours) => {
                errand.known.insert(file.path.clone(), ours);
                ledger.both.insert(file.path.clone());
                continue;
            }
            Some(last) if same(last, theirs) => continue,
            // Never equal so far: the image's own file is no news.
            None if ours.is_some() => {
                errand.known.insert(file.path.clone(), theirs);
                continue;
            }
            Some(last) => !same(last, ours) && ours.is_some(),
            None => false,
        };
        let settled = before.get(&file.path) == Some(&digest);
        if !settled {
            ledger.unsettled.insert(file.path.clone(), digest);
        }
        if settled || (hurry && beside) {
            let torn = if settled { Torn::Whole } else { Torn::Perhaps };
            let (path, kind) = (file.path.clone(), file.kind.clone());
            errand.comes.push(Coming { path, place, kind, mode: file.mode, beside: beside.then_some(torn) });
        }
    }
    // Without the folder itself nothing is known of what is in it.
    if seen.contains(way.target.trim_end_matches('/')) && !single {
        deletions(way, &beneath, &seen, known, ledger, now, &mut errand);
    }
    Ok(errand)
}

/// What both sides had and the container has no more, unless it changed here, or is too much at once.
fn deletions(
    way: &Way,
    beneath: &Beneath,
    seen: &BTreeSet<&str>,
    known: &Known,
    ledger: &mut Ledger,
    now: Duration,
    errand: &mut Errand,
) {
    let prefix = format!("{}/", way.target.trim_end_matches('/'));
    let here = known.iter().filter(|(path, last)| last.is_some() && path.starts_with(&prefix));
    let mut all = 0;
    let mut gone = Vec::new();
    for (path, last) in here {
        let Some(place) = way.place(path) else { continue };
        let is_file = |print: &Print| print.is_some_and(|(mode, _)| mode & FORMAT != FOLDER);
        all += usize::from(is_file(last));
        if seen.contains(path.as_str()) {
            continue;
        }
        errand.known.insert(path.clone(), None);
        if ledger.both.remove(path) && is_file(last) && beneath.look(&place).ok() == Some(*last) {
            gone.push((path.clone(), place));
        }
    }
    ledger.deletions.retain(|at| now < *at + WHILE);
    let many = gone.len() + ledger.deletions.len() > DELETIONS || (gone.len() > 1 && gone.len() == all);
    if many {
        let names: Vec<_> = gone.iter().take(3).map(|(_, place)| way.rule.join(place).to_string()).collect();
        let more = if gone.len() > names.len() { " and more" } else { "" };
        let note = format!(
            "{} files are gone from {} at once, so they are kept here: {}{more}",
            gone.len(),
            way.target,
            names.join(", ")
        );
        errand.notes.push((note, Some("delete them here if that is meant".to_owned())));
    } else {
        ledger.deletions.extend(gone.iter().map(|_| now));
        errand.goes = gone;
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
fn same(one: Print, other: Print) -> bool {
    let content = |print: Print| print.map(|(mode, digest)| (mode & FORMAT, digest));
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

/// `a.ipynb` of container `lab-notebook-1` beside one of this machine: `a.from-lab-notebook-1.ipynb`; one that was
/// copied while somebody may have been writing it: `a.from-lab-notebook-1-unfinished.ipynb`. What is kept already is
/// never replaced, so a further one gets a number. `None`: this very content is kept already, or too many are.
pub fn beside(
    beneath: &Beneath,
    coming: &Coming,
    digest: [u8; 32],
    container: &str,
) -> io::Result<Option<Utf8PathBuf>> {
    let torn = if coming.beside == Some(Torn::Perhaps) { "-unfinished" } else { "" };
    let stem = coming.place.file_stem().unwrap_or_default();
    let extension = coming.place.extension().map(|extension| format!(".{extension}")).unwrap_or_default();
    for number in 1..=BESIDE {
        let number = if number == 1 { String::new() } else { format!("-{number}") };
        let rest = format!(".from-{container}{torn}{number}{extension}");
        let room = LONGEST.saturating_sub(rest.len()).min(stem.len());
        let room = (0..=room).rev().find(|at| stem.is_char_boundary(*at)).unwrap_or_default();
        let place = coming.place.with_file_name(format!("{}{rest}", &stem[..room]));
        match beneath.look(&place)? {
            None => return Ok(Some(place)),
            Some((_, kept)) if kept == digest => return Ok(None),
            Some(_) => {}
        }
    }
    Ok(None)
}

/// Writes what is in memory already. Blocks.
pub fn write(beneath: &Beneath, place: &Utf8Path, kind: &Kind, mode: u32) -> io::Result<()> {
    match kind {
        Kind::File(_, Some(bytes)) => {
            let mut fresh = beneath.begin(place)?;
            fresh.file.write_all(bytes)?;
            fresh.finish(place, mode)
        }
        Kind::Link(to) => beneath.link(place, to),
        Kind::File(_, None) | Kind::Folder | Kind::Other => Ok(()),
    }
}

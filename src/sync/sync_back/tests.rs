//! What comes back from a container that is careless, unlucky or hostile.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::conflict::beside;
use super::transfer::write;
use super::{Found, History, Incoming, IncomingFile, Kind, Known, Mapping, compare};
use crate::sync::Fingerprint;
use crate::watch::everything;

struct Lab {
    folder: tempfile::TempDir,
    known: Known,
    history: History,
    now: Duration,
}

impl Lab {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("root")).unwrap();
        Self { folder, known: Known::new(), history: History::default(), now: Duration::ZERO }
    }

    fn root(&self) -> Utf8PathBuf {
        Utf8Path::from_path(self.folder.path()).unwrap().join("root")
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.root().join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.root().join(name)).unwrap_or_else(|error| format!("{:?}", error.kind()))
    }

    /// One look, `hurry` before a copy; tells what was done here.
    fn look(&mut self, found: &[Found], hurry: bool) -> String {
        let rule = self.root();
        let mapping = Mapping { target: "/nb".into(), rule: rule.clone(), below: "".into(), filter: everything() };
        let whole = Found { path: "/nb".into(), kind: Kind::Folder, mode: 0o755 };
        let found: Vec<_> = [whole].into_iter().chain(found.iter().cloned()).collect();
        let Incoming { files, deletions, known, notes } =
            compare(&mapping, &found, &self.known, &mut self.history, self.now, hurry).unwrap();
        self.known.extend(known);
        let (beneath, _) = mapping.open().unwrap();
        let mut told = Vec::new();
        for coming in &files {
            told.extend(self.take(&beneath, coming));
        }
        for (path, place) in deletions {
            beneath.delete(&place).unwrap();
            told.push(format!("-{}", path.trim_start_matches("/nb/")));
        }
        told.extend(notes.into_iter().map(|(note, _)| format!("note: {note}")));
        self.now += Duration::from_secs(2);
        told.join(" ")
    }

    fn take(&mut self, beneath: &super::beneath::Beneath, coming: &IncomingFile) -> Option<String> {
        let digest = match &coming.kind {
            Kind::File(digest, _) => *digest,
            Kind::Link(to) => blake3::hash(to.as_bytes()).into(),
            Kind::Folder | Kind::Other => return None,
        };
        let theirs: Fingerprint = Some((0o100_000 | coming.mode & 0o777, digest));
        let Some(_) = coming.beside else {
            write(beneath, &coming.place, &coming.kind, coming.mode).unwrap();
            self.history.came(&coming.path);
            self.known.insert(coming.path.clone(), beneath.look(&coming.place).unwrap());
            return Some(coming.place.to_string());
        };
        self.history.unsettled.remove(&coming.path);
        self.known.insert(coming.path.clone(), theirs);
        let place = beside(beneath, coming, digest, "lab-nb-1").unwrap()?;
        write(beneath, &place, &coming.kind, coming.mode).unwrap();
        Some(format!("!{place}"))
    }

    /// Looks until it is settled.
    fn back(&mut self, files: &[Found]) -> String {
        let first = self.look(files, false);
        let second = self.look(files, false);
        format!("{first}{}{second}", if first.is_empty() || second.is_empty() { "" } else { " " })
    }
}

fn file(name: &str, text: &str) -> Found {
    let kind = Kind::File(blake3::hash(text.as_bytes()).into(), Some(text.as_bytes().to_vec().into()));
    Found { path: format!("/nb/{name}"), kind, mode: 0o4755 }
}

fn files(all: &[(&str, &str)]) -> Vec<Found> {
    all.iter().map(|(name, text)| file(name, text)).collect()
}

fn link(name: &str, to: &str) -> Found {
    Found { path: format!("/nb/{name}"), kind: Kind::Link(to.into()), mode: 0o777 }
}

fn folder(name: &str) -> Found {
    Found { path: format!("/nb/{name}"), kind: Kind::Folder, mode: 0o755 }
}

#[test]
fn what_is_saved_over_there_comes_back_once() {
    let mut lab = Lab::new();
    lab.write("a.ipynb", "1");
    assert_eq!(lab.back(&files(&[("a.ipynb", "1")])), "");
    assert_eq!(lab.back(&files(&[("a.ipynb", "2"), ("d/new.ipynb", "x")])), "a.ipynb d/new.ipynb");
    assert_eq!(lab.read("a.ipynb"), "2");
    assert_eq!(lab.back(&files(&[("a.ipynb", "2"), ("d/new.ipynb", "x")])), "");
    assert_eq!(lab.back(&files(&[("a.ipynb", "2")])), "-d/new.ipynb", "deleted over there");
    assert!(!lab.root().join("d/new.ipynb").exists());
}

#[test]
fn what_changed_on_both_sides_is_kept_twice_and_what_is_kept_is_never_replaced() {
    let mut lab = Lab::new();
    lab.write("a.ipynb", "1");
    lab.back(&files(&[("a.ipynb", "1")]));
    lab.write("a.ipynb", "here");
    assert_eq!(lab.back(&files(&[("a.ipynb", "there")])), "!a.from-lab-nb-1.ipynb");
    assert_eq!((lab.read("a.ipynb"), lab.read("a.from-lab-nb-1.ipynb")), ("here".into(), "there".into()));
    assert_eq!(lab.back(&files(&[("a.ipynb", "there")])), "", "told once");
    assert_eq!(lab.back(&files(&[("a.ipynb", "there again")])), "!a.from-lab-nb-1-2.ipynb");
    assert_eq!(lab.read("a.from-lab-nb-1.ipynb"), "there");
    assert_eq!(lab.back(&files(&[("a.ipynb", "there")])), "", "it is kept already");
}

#[test]
fn an_image_s_own_file_overwrites_nothing_here() {
    let mut lab = Lab::new();
    lab.write("a.ipynb", "newer");
    assert_eq!(lab.back(&files(&[("a.ipynb", "of the image")])), "");
    assert_eq!(lab.read("a.ipynb"), "newer");
}

#[test]
fn half_a_file_does_not_come_back_and_one_that_may_be_half_is_marked() {
    let mut lab = Lab::new();
    lab.write("a.ipynb", "1");
    lab.back(&files(&[("a.ipynb", "1")]));
    for text in ["2", "22", "222"] {
        assert_eq!(lab.look(&files(&[("a.ipynb", text)]), false), "", "it is still being written");
    }
    assert_eq!(lab.look(&files(&[("a.ipynb", "222")]), false), "a.ipynb");
    lab.write("a.ipynb", "here");
    assert_eq!(lab.look(&files(&[("a.ipynb", "33")]), true), "!a.from-lab-nb-1-unfinished.ipynb");
    assert_eq!(lab.read("a.ipynb"), "here");
}

#[test]
fn a_container_that_clears_its_folder_at_its_start_deletes_nothing_here() {
    let names: Vec<_> = (0..3).map(|n| format!("f{n}")).collect();
    let mut lab = Lab::new();
    for name in &names {
        lab.write(name, "x");
        // Copied there by the watch, and never seen there.
        let print = super::beneath::Beneath::open(&lab.root()).unwrap().look(Utf8Path::new(name)).unwrap();
        lab.known.insert(format!("/nb/{name}"), print);
    }
    assert_eq!(lab.back(&[]), "");
    let all: Vec<_> = names.iter().map(|name| file(name, "x")).collect();
    assert_eq!(lab.back(&all), "");
    // Another start, with files that were seen before it.
    lab.history.begin(Some(jiff::Timestamp::UNIX_EPOCH));
    assert_eq!(lab.back(&[]), "");
    assert_eq!(names.iter().filter(|name| lab.read(name) == "x").count(), 3);
}

#[test]
fn many_deletions_at_once_or_all_of_them_are_kept_here() {
    let all: Vec<_> = (0..21).map(|n| file(&format!("f{n:02}"), "x")).collect();
    let mut lab = Lab::new();
    for n in 0..21 {
        lab.write(&format!("f{n:02}"), "x");
    }
    lab.back(&all);
    assert_eq!(lab.back(&all[1..]), "-f00");
    let root = lab.root();
    let note = format!(
        "note: 6 files are gone from /nb at once, so they are kept here: {root}/f01, {root}/f02, {root}/f03 and more"
    );
    assert_eq!(lab.back(&all[7..]), note);
    assert_eq!(lab.read("f01"), "x");
    let mut lab = Lab::new();
    lab.write("a", "x");
    lab.write("b", "x");
    lab.back(&files(&[("a", "x"), ("b", "x")]));
    assert!(lab.back(&[]).starts_with("note: 2 files are gone"));
    assert_eq!(lab.read("b"), "x");
}

#[test]
fn nothing_is_written_or_deleted_behind_a_link() {
    let mut lab = Lab::new();
    let outside = lab.folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("f"), "mine").unwrap();
    symlink(&outside, lab.root().join("abs")).unwrap();
    symlink("../outside", lab.root().join("rel")).unwrap();
    let links = [link("abs", outside.to_str().unwrap()), link("rel", "../outside")];
    lab.back(&links);
    let hostile = [
        folder("abs"),
        file("abs/f", "theirs"),
        file("abs/new", "x"),
        folder("rel"),
        file("rel/f", "theirs"),
        file("rel/d/new", "x"),
    ];
    let told = lab.back(&hostile);
    assert!(told.contains("/nb/abs/f does not come back: `abs` is no folder here"), "{told}");
    lab.back(&hostile);
    lab.back(&[]);
    assert_eq!(fs::read_to_string(outside.join("f")).unwrap(), "mine");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    for way_out in [file("../outside/f", "x"), file("d/../../outside/f", "x"), file("/etc/x", "x")] {
        assert!(!lab.back(std::slice::from_ref(&way_out)).contains("outside/f"), "{way_out:?}");
    }
    assert_eq!(fs::read_to_string(outside.join("f")).unwrap(), "mine");
}

#[test]
fn links_come_back_only_if_they_stay_inside_and_devices_never() {
    let mut lab = Lab::new();
    let device = Found { path: "/nb/null".into(), kind: Kind::Other, mode: 0o666 };
    let found = [
        folder("d"),
        link("d/in", "../a"),
        link("here", "a/b"),
        link("up", "../x"),
        link("deep", "d/d/../../../x"),
        link("abs", "/etc/passwd"),
        device,
    ];
    let told = lab.back(&found);
    for refused in ["/nb/up", "/nb/deep", "/nb/abs", "/nb/null"] {
        assert_eq!(told.matches(&format!("note: {refused} does not come back")).count(), 1, "{told}");
    }
    let names: Vec<_> = fs::read_dir(lab.root()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(lab.root().join("d/in").symlink_metadata().unwrap().is_symlink());
}

#[test]
fn only_rights_come_with_a_file() {
    let mut lab = Lab::new();
    lab.back(&[file("run", "x")]);
    let mode = fs::metadata(lab.root().join("run")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o755);
}

//! Real file systems: whatever a program does to a tree, a mirror that acts on the news alone ends up equal.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Changes, Filter, News, Notice, Pace, Root, Watch, everything};

mod limits;
mod roots;
mod saves;

/// A watched folder and a copy of it that is kept equal.
struct Lab {
    /// Removes both at the end.
    _folder: tempfile::TempDir,
    source: Utf8PathBuf,
    copy: Utf8PathBuf,
    watch: Watch,
    /// Paths of each batch.
    batches: Vec<BTreeSet<Utf8PathBuf>>,
    notices: Vec<Notice>,
}

impl Lab {
    async fn new(files: &[&str]) -> Self {
        Self::with(files, everything()).await
    }

    async fn with(files: &[&str], filter: Filter) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let base = Utf8Path::from_path(folder.path()).unwrap().canonicalize_utf8().unwrap();
        let (source, copy) = (base.join("source"), base.join("copy"));
        fs::create_dir(&source).unwrap();
        fs::create_dir(&copy).unwrap();
        for file in files {
            fs::create_dir_all(source.join(file).parent().unwrap()).unwrap();
            fs::write(source.join(file), file).unwrap();
        }
        let watch = Watch::start(vec![Root { path: source.clone(), filter, pace: Pace::PROMPT }]);
        let lab = Self { _folder: folder, source, copy, watch, batches: Vec::new(), notices: Vec::new() };
        let all = lab.watch.paths(0).await;
        lab.mirror(&all);
        lab
    }

    fn at(&self, path: &str) -> Utf8PathBuf {
        self.source.join(path)
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.at(path), text).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.at(from), self.at(to)).unwrap();
    }

    fn shell(&self, script: &str) {
        let status = std::process::Command::new("sh").args(["-ec", script]).current_dir(&self.source).status().unwrap();
        assert!(status.success(), "{script}");
    }

    /// Acts on news until none has come for a while.
    async fn settle(&mut self) {
        self.act(Duration::from_millis(700)).await;
    }

    /// The same, where changes are found by polling.
    async fn patient(&mut self) {
        self.act(Duration::from_millis(2500)).await;
    }

    async fn act(&mut self, quiet: Duration) {
        while let Ok(news) = tokio::time::timeout(quiet, self.watch.next()).await {
            match news {
                News::Changes(changes) => {
                    let Changes { .. } = changes;
                    for paths in changes.into_values() {
                        self.mirror(&paths);
                        self.batches.push(paths);
                    }
                }
                News::Notice(notice) => self.notices.push(notice),
            }
        }
    }

    /// What a copy does with a batch: looks at what is there now.
    fn mirror(&self, paths: &BTreeSet<Utf8PathBuf>) {
        for path in paths.iter().filter(|path| !path.as_str().is_empty()) {
            let (from, to) = (self.source.join(path), self.copy.join(path));
            let here = to.symlink_metadata().ok();
            match from.symlink_metadata() {
                Ok(about) if about.is_dir() && here.as_ref().is_some_and(|here| here.is_dir()) => {}
                about => {
                    match here {
                        Some(here) if here.is_dir() => fs::remove_dir_all(&to).unwrap(),
                        Some(_) => fs::remove_file(&to).unwrap(),
                        None => {}
                    }
                    match about {
                        Err(_) => {}
                        Ok(about) if about.is_dir() => fs::create_dir_all(&to).unwrap(),
                        Ok(about) if about.is_symlink() => symlink(fs::read_link(&from).unwrap(), &to).unwrap(),
                        Ok(_) => {
                            fs::create_dir_all(to.parent().unwrap()).unwrap();
                            fs::copy(&from, &to).map(|_| ()).unwrap_or_default();
                        }
                    }
                }
            }
        }
    }

    fn assert_equal(&self) {
        let (copy, source) = (contents(&self.copy), contents(&self.source));
        let names = copy.keys().chain(source.keys()).collect::<BTreeSet<_>>();
        let differ = names.into_iter().filter(|name| copy.get(*name) != source.get(*name)).collect::<Vec<_>>();
        assert!(differ.is_empty(), "{} paths differ, among them {:?}", differ.len(), &differ[..differ.len().min(9)]);
    }
}

/// What is in a folder, by path: `d` for a folder, the link's end, or the digest and mode of a file.
fn contents(base: &Utf8Path) -> BTreeMap<String, String> {
    let (mut found, mut open) = (BTreeMap::new(), vec![base.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in folder.read_dir_utf8().unwrap() {
            let path = entry.unwrap().into_path();
            let about = path.symlink_metadata().unwrap();
            let text = if about.is_dir() {
                open.push(path.clone());
                "d".to_owned()
            } else if about.is_symlink() {
                fs::read_link(&path).unwrap().display().to_string()
            } else {
                format!("{} {:o}", blake3::hash(&fs::read(&path).unwrap()).to_hex(), about.permissions().mode())
            };
            found.insert(path.strip_prefix(base).unwrap().to_string(), text);
        }
    }
    found
}

//! Real file systems: whatever a program does to a tree, a mirror that acts on the news alone ends up equal.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::Arc;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Changes, Filter, News, Notice, Pace, Root, Verdict, Watch, everything};

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

fn paths(batch: &BTreeSet<Utf8PathBuf>) -> Vec<&str> {
    batch.iter().map(|path| path.as_str()).collect()
}

#[tokio::test]
async fn a_save_in_place_is_one_batch_of_one_file() {
    let mut lab = Lab::new(&["a.py", "b.py"]).await;
    lab.write("a.py", "new");
    lab.settle().await;
    assert_eq!(lab.batches.len(), 1);
    assert_eq!(paths(&lab.batches[0]), ["a.py"]);
    lab.assert_equal();
}

#[tokio::test]
async fn a_file_that_is_written_slowly_goes_when_it_is_closed() {
    let mut lab = Lab::new(&["a"]).await;
    let mut file = File::create(lab.at("a")).unwrap();
    for _ in 0..5 {
        file.write_all(b"part").unwrap();
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    let early = tokio::time::timeout(Duration::from_millis(20), lab.watch.next()).await;
    assert!(early.is_err(), "{early:?}");
    drop(file);
    lab.settle().await;
    assert_eq!(lab.batches.len(), 1);
    lab.assert_equal();
}

#[tokio::test]
async fn vim_writes_a_probe_and_a_backup_and_leaves_one_change() {
    let mut lab = Lab::new(&["a.py"]).await;
    // `:set backup backupcopy=no`: probe, move the old one away, write the new one, remove the backup.
    lab.write("4913", "");
    fs::remove_file(lab.at("4913")).unwrap();
    lab.rename("a.py", "a.py~");
    lab.write("a.py", "saved by vim");
    fs::set_permissions(lab.at("a.py"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::remove_file(lab.at("a.py~")).unwrap();
    lab.settle().await;
    assert_eq!(lab.batches.iter().flatten().collect::<BTreeSet<_>>(), [&Utf8PathBuf::from("a.py")].into());
    lab.assert_equal();
}

#[tokio::test]
async fn jetbrains_writes_beside_and_swaps() {
    let mut lab = Lab::new(&["a.py"]).await;
    lab.write("a.py___jb_tmp___", "saved by an IDE");
    lab.rename("a.py", "a.py___jb_old___");
    lab.rename("a.py___jb_tmp___", "a.py");
    fs::remove_file(lab.at("a.py___jb_old___")).unwrap();
    lab.settle().await;
    assert_eq!(lab.batches.iter().flatten().collect::<BTreeSet<_>>(), [&Utf8PathBuf::from("a.py")].into());
    lab.assert_equal();
}

#[tokio::test]
async fn emacs_locks_with_a_link_and_keeps_a_backup() {
    let mut lab = Lab::new(&["a.py"]).await;
    symlink("ann@host.1:1", lab.at(".#a.py")).unwrap();
    lab.rename("a.py", "a.py~");
    lab.write("a.py", "saved by emacs");
    fs::remove_file(lab.at(".#a.py")).unwrap();
    lab.settle().await;
    lab.assert_equal();
}

#[tokio::test]
async fn vs_code_and_sed_replace_by_rename() {
    let mut lab = Lab::new(&["a.py", "b.txt"]).await;
    // Atomic save: a temporary file is flushed, then moved over.
    let mut file = File::create(lab.at(".a.py.tmp")).unwrap();
    file.write_all(b"saved by an editor").unwrap();
    file.sync_all().unwrap();
    drop(file);
    lab.rename(".a.py.tmp", "a.py");
    lab.shell("sed -i s/b/c/ b.txt");
    lab.settle().await;
    lab.assert_equal();
}

#[tokio::test]
async fn folders_come_move_and_go_with_all_that_is_in_them() {
    let mut lab = Lab::new(&["keep", "old/x/1", "old/2"]).await;
    lab.shell("mkdir -p new/deep/er; echo 1 > new/deep/er/f; echo 2 > new/g; mv old moved; echo 3 > moved/x/3");
    lab.settle().await;
    lab.assert_equal();
    lab.shell("echo later > new/deep/er/f; echo more > moved/x/3; mv moved ../outside; rm -r new/deep; mkdir new/deep");
    lab.settle().await;
    lab.assert_equal();
    lab.shell("mv ../outside back; echo again > back/x/1; echo y > new/deep/y");
    lab.settle().await;
    lab.assert_equal();
}

#[tokio::test]
async fn a_file_becomes_a_folder_and_a_link_and_a_file_again() {
    let mut lab = Lab::new(&["a"]).await;
    lab.shell("rm a; mkdir a; echo 1 > a/b");
    lab.settle().await;
    lab.assert_equal();
    lab.shell("rm -r a; ln -s nowhere a");
    lab.settle().await;
    lab.assert_equal();
    lab.shell("ln -sfn elsewhere a; ln -s . loop");
    lab.settle().await;
    lab.assert_equal();
    lab.shell("rm a loop; echo 2 > a; ln a b; truncate -s 1 b");
    lab.settle().await;
    lab.assert_equal();
}

#[tokio::test]
async fn a_branch_switch_of_five_thousand_files() {
    let files: Vec<_> = (0..5000).map(|n| format!("d{:02}/f{n}", n % 50)).collect();
    let mut lab = Lab::new(&files.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for (n, file) in files.iter().enumerate() {
        match n % 4 {
            0 => fs::remove_file(lab.at(file)).unwrap(),
            1 => lab.write(file, &format!("other {n}")),
            2 => {
                lab.write(&format!("{file}.tmp"), "beside");
                lab.rename(&format!("{file}.tmp"), file);
            }
            _ => lab.rename(file, &format!("{file}-moved")),
        }
    }
    lab.shell("rm -r d07 d08; mkdir d08; echo x > d08/x");
    lab.settle().await;
    lab.assert_equal();
}

#[tokio::test]
async fn a_root_that_is_deleted_and_made_again() {
    let mut lab = Lab::new(&["a", "d/b"]).await;
    lab.shell("cd ..; rm -r source; mkdir -p source/d; echo 1 > source/d/c; echo 2 > source/a");
    tokio::time::sleep(Duration::from_millis(1300)).await;
    lab.settle().await;
    lab.assert_equal();
    lab.write("a", "still heard");
    lab.settle().await;
    lab.assert_equal();
}

#[tokio::test]
async fn a_root_that_is_moved_away_leaves_its_copy_until_it_is_back() {
    let mut lab = Lab::new(&["a", "d/b"]).await;
    lab.shell("mv ../source ../away");
    tokio::time::sleep(Duration::from_millis(1300)).await;
    lab.settle().await;
    assert_eq!(lab.notices, [Notice::Missing(lab.source.clone())]);
    assert_eq!(lab.batches.len(), 0);
    assert_eq!(contents(&lab.copy).len(), 3);
    fs::rename(lab.source.with_file_name("away"), &lab.source).unwrap();
    lab.shell("rm a; echo 1 > d/c");
    lab.settle().await;
    assert_eq!(lab.notices[1], Notice::Back(lab.source.clone()));
    lab.assert_equal();
}

#[tokio::test]
async fn what_is_left_out_is_neither_watched_nor_told() {
    let filter: Filter = Arc::new(|path, _| {
        if path.components().any(|part| part.as_str() == "node_modules") { Verdict::Skip } else { Verdict::Take }
    });
    let mut lab = Lab::with(&["a", "node_modules/x/y"], filter).await;
    lab.write("node_modules/x/y", "noise");
    fs::create_dir_all(lab.at("d/node_modules")).unwrap();
    lab.write("d/node_modules/z", "noise");
    lab.write("d/q", "told");
    lab.settle().await;
    let told: BTreeSet<_> = lab.batches.iter().flatten().map(|path| path.as_str()).collect();
    assert_eq!(told, ["d", "d/q"].into());
}

#[tokio::test]
async fn a_root_that_is_a_file_is_followed_through_renames_and_links() {
    let folder = tempfile::tempdir().unwrap();
    let base = Utf8Path::from_path(folder.path()).unwrap().canonicalize_utf8().unwrap();
    fs::create_dir(base.join("shared")).unwrap();
    fs::write(base.join("shared/real.yaml"), "1").unwrap();
    symlink("shared/real.yaml", base.join("env.yaml")).unwrap();
    let roots =
        ["env.yaml", "later.env"].map(|name| Root { path: base.join(name), filter: everything(), pace: Pace::PROMPT });
    let watch = Watch::start(roots.into());
    let next = async || tokio::time::timeout(Duration::from_secs(3), watch.next()).await;
    let changed = |root: usize| Ok(News::Changes([(root, [Utf8PathBuf::new()].into())].into()));
    fs::write(base.join("shared/other"), "noise").unwrap();
    fs::write(base.join("shared/real.yaml"), "2").unwrap();
    assert_eq!(next().await, changed(0), "written through the link");
    fs::write(base.join("new"), "3").unwrap();
    fs::rename(base.join("new"), base.join("env.yaml")).unwrap();
    assert_eq!(next().await, changed(0), "replaced by rename");
    fs::write(base.join("later.env"), "A=1").unwrap();
    assert_eq!(next().await, changed(1), "made later");
    fs::remove_file(base.join("later.env")).unwrap();
    assert_eq!(next().await, changed(1), "removed");
}

/// Plays a part of a test in a process and a user namespace of its own, which has its own limits.
fn apart(name: &str, before: &str) {
    let test = std::env::current_exe().unwrap();
    let script = format!("{before}; exec {} --exact --ignored --nocapture watch::tests::{name}", test.display());
    let output =
        std::process::Command::new("unshare").args(["--user", "--map-root-user", "sh", "-ec", &script]).output();
    let output = output.expect("`unshare` is installed (package util-linux)");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn without_enough_watches_it_says_so_and_polls() {
    apart("polls_without_watches", "echo 5 > /proc/sys/user/max_inotify_watches");
}

#[test]
fn without_a_watcher_it_says_so_and_polls() {
    apart("polls_without_watches", "echo 0 > /proc/sys/user/max_inotify_instances");
}

#[tokio::test]
#[ignore = "needs the limits that another test sets"]
async fn polls_without_watches() {
    let files: Vec<_> = (0..20).map(|n| format!("d{n}/f")).collect();
    let mut lab = Lab::new(&files.iter().map(String::as_str).collect::<Vec<_>>()).await;
    lab.shell("rm d3/f; echo new > d4/f; mkdir e; echo new > e/g; mv d5 d55; rm -r d6; mkdir d6");
    lab.patient().await;
    lab.assert_equal();
    let [notice] = lab.notices.as_slice() else { panic!("{:?}", lab.notices) };
    assert!(notice.to_string().ends_with("is polled"), "{notice}");
    assert!(notice.hint().is_some_and(|hint| hint.contains("sysctl fs.inotify.max_user_")), "{notice:?}");
}

#[test]
fn lost_events_are_made_up_for() {
    apart("overflows", "true");
}

#[tokio::test]
#[ignore = "stops its own process, so another test runs it in one apart"]
async fn overflows() {
    let mut lab = Lab::new(&["a", "b", "d/c"]).await;
    let queue: usize = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap().trim().parse().unwrap();
    let script = "kill -STOP $PPID; seq -f f%.0f COUNT | xargs touch; rm -r d; echo new > a; mkdir e; echo late > e/f; kill -CONT $PPID";
    lab.shell(&script.replace("COUNT", &(queue / 2).to_string()));
    // Reading thousands of files takes a while on a busy machine.
    lab.act(Duration::from_secs(5)).await;
    assert_eq!(lab.notices, [Notice::Overflow]);
    lab.assert_equal();
    lab.write("e/f", "still heard");
    lab.settle().await;
    lab.assert_equal();
}

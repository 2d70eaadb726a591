//! What editors and other programs do to files.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::Arc;
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;

use super::Lab;
use crate::watch::{Filter, Verdict};

fn paths(batch: &BTreeSet<Utf8PathBuf>) -> Vec<&str> {
    batch.iter().map(|path| path.as_str()).collect()
}

/// A save as quick as an editor's changes `a.py` alone. On a busy machine it is tried again: what takes its time, here or
/// in whoever looks, is seen half done, and then a passing name is told too.
async fn only_a_py_is_told(save: impl Fn(&Lab)) {
    let mut told = Vec::new();
    for _ in 0..50 {
        let mut lab = Lab::new(&["a.py"]).await;
        let start = Instant::now();
        save(&lab);
        if start.elapsed() > Duration::from_millis(3) {
            continue;
        }
        lab.settle().await;
        lab.assert_equal();
        let batch: BTreeSet<_> = lab.batches.iter().flatten().cloned().collect();
        if batch == [Utf8PathBuf::from("a.py")].into() {
            return;
        }
        told.push(batch);
        assert!(told.len() < 5, "told each time: {told:?}");
    }
    panic!("the machine is too busy for a quick save: {told:?}")
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
    // `:set backup backupcopy=no`: probe, move the old one away, write the new one, remove the backup.
    only_a_py_is_told(|lab| {
        lab.write("4913", "");
        fs::remove_file(lab.at("4913")).unwrap();
        lab.rename("a.py", "a.py~");
        lab.write("a.py", "saved by vim");
        fs::set_permissions(lab.at("a.py"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::remove_file(lab.at("a.py~")).unwrap();
    })
    .await;
}

#[tokio::test]
async fn jetbrains_writes_beside_and_swaps() {
    only_a_py_is_told(|lab| {
        lab.write("a.py___jb_tmp___", "saved by an IDE");
        lab.rename("a.py", "a.py___jb_old___");
        lab.rename("a.py___jb_tmp___", "a.py");
        fs::remove_file(lab.at("a.py___jb_old___")).unwrap();
    })
    .await;
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

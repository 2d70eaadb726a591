//! Roots that go, come, move and are links.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Lab, contents};
use crate::watch::{News, Notice, Pace, Root, Watch, everything};

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

#[tokio::test]
async fn a_root_that_comes_later_with_the_folders_above_it() {
    let folder = tempfile::tempdir().unwrap();
    let base = Utf8Path::from_path(folder.path()).unwrap().canonicalize_utf8().unwrap();
    let root = base.join("later/deep/src");
    let watch = Watch::start(vec![Root { path: root.clone(), filter: everything(), pace: Pace::PROMPT }]);
    let mut told = BTreeSet::new();
    let mut notices = Vec::new();
    let mut hear = async |path: &str| {
        let all = async {
            while !told.contains(Utf8Path::new(path)) {
                match watch.next().await {
                    News::Changes(changes) => told.extend(changes.into_values().flatten()),
                    News::Notice(notice) => notices.push(notice),
                }
            }
        };
        assert!(tokio::time::timeout(Duration::from_secs(20), all).await.is_ok(), "{path}: {told:?}");
    };
    fs::create_dir_all(&root).unwrap();
    fs::write(root.join("a"), "1").unwrap();
    hear("a").await;
    fs::remove_dir_all(base.join("later")).unwrap();
    fs::create_dir_all(&root).unwrap();
    fs::write(root.join("b"), "2").unwrap();
    hear("b").await;
    // No event tells that a folder far above is another one now.
    fs::rename(base.join("later"), base.join("away")).unwrap();
    fs::create_dir_all(&root).unwrap();
    fs::write(root.join("c"), "3").unwrap();
    hear("c").await;
    fs::write(root.join("d"), "4").unwrap();
    hear("d").await;
}

#[tokio::test]
async fn a_link_on_the_way_to_a_root_points_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let base = Utf8Path::from_path(folder.path()).unwrap().canonicalize_utf8().unwrap();
    for (version, file) in [("v1", "old"), ("v2", "new")] {
        fs::create_dir_all(base.join(version).join("src")).unwrap();
        fs::write(base.join(version).join("src").join(file), version).unwrap();
    }
    symlink("v1", base.join("current")).unwrap();
    let root = Root { path: base.join("current/src"), filter: everything(), pace: Pace::PROMPT };
    let watch = Watch::start(vec![root]);
    symlink("v2", base.join("next")).unwrap();
    fs::rename(base.join("next"), base.join("current")).unwrap();
    let mut told = BTreeSet::new();
    let all = async {
        while !["old", "new"].iter().all(|path| told.contains(Utf8Path::new(path))) {
            if let News::Changes(changes) = watch.next().await {
                told.extend(changes.into_values().flatten());
            }
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(20), all).await.is_ok(), "{told:?}");
}

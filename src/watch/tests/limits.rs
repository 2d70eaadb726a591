//! What the system refuses, and what it loses.

use std::fs;
use std::process::Command;
use std::time::Duration;

use super::Lab;
use crate::watch::Notice;

/// Plays a test again in a process and a user namespace of its own, which has its own limits and may be stopped.
/// Answers whether this is that process.
fn apart(name: &str, before: &str) -> bool {
    const MARK: &str = "DSENV_TEST_APART";
    if std::env::var_os(MARK).is_some() {
        return true;
    }
    let test = std::env::current_exe().unwrap();
    let script = format!("{before}; exec {} --exact --nocapture watch::tests::limits::{name}", test.display());
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "sh", "-ec", &script]).env(MARK, name);
    let output = command.output().expect("`unshare` is installed (package util-linux)");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
    false
}

async fn polls() {
    let files: Vec<_> = (0..20).map(|n| format!("d{n}/f")).collect();
    let mut lab = Lab::new(&files.iter().map(String::as_str).collect::<Vec<_>>()).await;
    lab.shell("rm d3/f; echo new > d4/f; mkdir e; echo new > e/g; mv d5 d55; rm -r d6; mkdir d6");
    lab.patient().await;
    lab.assert_equal();
    let [notice] = lab.notices.as_slice() else { panic!("{:?}", lab.notices) };
    assert!(notice.to_string().ends_with("is polled"), "{notice}");
    assert!(notice.hint().is_some_and(|hint| hint.contains("sysctl fs.inotify.max_user_")), "{notice:?}");
}

#[tokio::test]
async fn without_enough_watches_it_says_so_and_polls() {
    let limit = "echo 5 > /proc/sys/user/max_inotify_watches";
    if apart("without_enough_watches_it_says_so_and_polls", limit) {
        polls().await;
    }
}

#[tokio::test]
async fn without_a_watcher_it_says_so_and_polls() {
    let limit = "echo 0 > /proc/sys/user/max_inotify_instances";
    if apart("without_a_watcher_it_says_so_and_polls", limit) {
        polls().await;
    }
}

#[tokio::test]
async fn lost_events_are_made_up_for() {
    if !apart("lost_events_are_made_up_for", "true") {
        return;
    }
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

//! Logs.

use dsenv::engine::{Done, LogLine, LogOptions};
use dsenv::plan::ContainerStep;
use futures_util::TryStreamExt;

use crate::lab::{Lab, id};

fn line(stderr: bool, text: &str) -> LogLine {
    LogLine { stderr, at: None, text: text.to_owned(), open: false }
}

pub async fn lines_come_in_order_from_both_streams(lab: &Lab) {
    let script = "echo one; sleep 0.2; echo two >&2; sleep 0.2; echo three; sleep 0.2";
    let container = lab.start(lab.running("job", script)).await;
    lab.ended(&container).await;
    let read = async |options: LogOptions| -> Vec<LogLine> {
        lab.engine().logs(id(&container), &options).await.unwrap().try_collect().await.unwrap()
    };
    let all = read(LogOptions::default()).await;
    assert_eq!(all, [line(false, "one"), line(true, "two"), line(false, "three")]);
    assert_eq!(read(LogOptions { tail: Some(1), ..LogOptions::default() }).await, [line(false, "three")]);
    let stamped = read(LogOptions { timestamps: true, ..LogOptions::default() }).await;
    assert!(stamped[0].at < stamped[1].at && stamped[0].at.is_some() && stamped[0].text == "one", "{stamped:?}");
    let since = read(LogOptions { since: stamped[2].at, ..LogOptions::default() }).await;
    assert_eq!(since.last(), Some(&line(false, "three")), "a line is of its own time");
    let last = lab.perform(ContainerStep::CollectLogs { container: container.clone(), lines: 2 }).await;
    assert_eq!(last, Ok(Done::Logs(vec!["two".into(), "three".into()])));
}

pub async fn following_ends_with_the_run(lab: &Lab) {
    let mut new = lab.running("web", "echo one; sleep 0.5; echo two; exit 1");
    new.tunable.restart = dsenv::model::Restart::Always;
    let container = lab.start(new).await;
    let options = LogOptions { follow: true, ..LogOptions::default() };
    let lines: Vec<_> = lab.engine().logs(id(&container), &options).await.unwrap().try_collect().await.unwrap();
    assert_eq!(lines, [line(false, "one"), line(false, "two")]);
}

pub async fn following_ends_with_the_container(lab: &Lab) {
    let container = lab.start(lab.running("job", "echo one; sleep 0.5; echo two")).await;
    let options = LogOptions { follow: true, ..LogOptions::default() };
    let lines: Vec<_> = lab.engine().logs(id(&container), &options).await.unwrap().try_collect().await.unwrap();
    assert_eq!(lines, [line(false, "one"), line(false, "two")]);
}

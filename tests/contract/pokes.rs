//! "Look again."

use std::time::Duration;

use dsenv::engine::Poke;
use futures_util::StreamExt;
use tokio::time::timeout;

use crate::lab::Lab;

pub async fn a_change_pokes(lab: &Lab) {
    let mut pokes = lab.engine().pokes(&lab.scope()).await.unwrap();
    // A stream may begin with one.
    while timeout(Duration::from_millis(500), pokes.next()).await.is_ok() {}
    let container = lab.create(lab.serving("web")).await;
    lab.try_start(&container).await.unwrap();
    assert_eq!(timeout(Duration::from_secs(5), pokes.next()).await, Ok(Some(Poke)));
    while timeout(Duration::from_millis(500), pokes.next()).await.is_ok() {}
    lab.stop(&container).await.unwrap();
    assert_eq!(timeout(Duration::from_secs(5), pokes.next()).await, Ok(Some(Poke)));
}

pub async fn what_others_do_pokes_nobody(lab: &Lab) {
    let mut pokes = lab.engine().pokes(&lab.scope()).await.unwrap();
    while timeout(Duration::from_millis(500), pokes.next()).await.is_ok() {}
    let mut new = lab.serving("web");
    new.labels.clear();
    let container = lab.start(new).await;
    lab.stop_and_remove(&container).await;
    assert!(timeout(Duration::from_secs(1), pokes.next()).await.is_err());
}

//! Volumes hold the user's data.

use std::collections::BTreeMap;

use dsenv::model::{Mount, MountKind, VolumeName, VolumesFrom};
use dsenv::plan::NewContainer;
use dsenv::state::label;

use crate::containers::built;
use crate::lab::{Lab, is_refusal};

fn mounting(mut new: NewContainer, target: &str, kind: MountKind) -> NewContainer {
    new.fixed.mounts.insert(target.to_owned(), Mount { kind, read_only: false, consistency: None });
    new
}

fn named(lab: &Lab, key: &str) -> MountKind {
    MountKind::Volume { name: VolumeName::new(lab.name(key)), nocopy: false, subpath: None }
}

pub async fn a_volume_that_exists_keeps_its_first_labels(lab: &Lab) {
    let first = lab.labels(label::KIND_VOLUME, "data");
    assert_eq!(lab.volume("data", first.clone()).await, first);
    let mut second = first.clone();
    second.insert("other".into(), "label".into());
    assert_eq!(lab.volume("data", second).await, first);
    assert_eq!(lab.look().await.volumes.len(), 1);
}

pub async fn of_eight_at_once_all_see_one_owner(lab: &Lab) {
    let one = async |number: usize| {
        let mut labels = lab.labels(label::KIND_LOCK, "");
        labels.insert(label::VALUE.to_owned(), number.to_string());
        lab.volume("dsenv_lock", labels).await[label::VALUE].clone()
    };
    let owners = futures_util::future::join_all((0..8).map(one)).await;
    assert!(owners.iter().all(|owner| *owner == owners[0]), "{owners:?}");
}

pub async fn data_outlives_its_container(lab: &Lab) {
    lab.volume("data", lab.labels(label::KIND_VOLUME, "data")).await;
    let one = lab.start(mounting(lab.serving("one"), "/data", named(lab, "data"))).await;
    assert_eq!(lab.run(&one, "echo precious > /data/file").await.0, 0);
    let mounts = lab.see(&one).await.mounts;
    assert_eq!((mounts.len(), mounts[0].target.as_str(), mounts[0].anonymous), (1, "/data", false));
    assert_eq!(mounts[0].volume, Some(VolumeName::new(lab.name("data"))));
    lab.stop_and_remove(&one).await;
    let other = lab.start(mounting(lab.serving("other"), "/elsewhere", named(lab, "data"))).await;
    assert_eq!(lab.run(&other, "cat /elsewhere/file").await, (0, "precious".to_owned()));
}

pub async fn a_volume_in_use_is_not_removed(lab: &Lab) {
    lab.volume("data", lab.labels(label::KIND_VOLUME, "data")).await;
    let container = lab.create(mounting(lab.serving("web"), "/data", named(lab, "data"))).await;
    let refused = lab.remove_volume("data").await;
    assert!(is_refusal(&refused), "also of a container that never ran: {refused:?}");
    lab.remove(&container).await.unwrap();
    lab.remove_volume("data").await.unwrap();
    lab.remove_volume("data").await.unwrap();
}

pub async fn an_anonymous_volume_is_labelled_and_carried_over(lab: &Lab) {
    let new = |service| mounting(lab.serving(service), "/data", MountKind::Anonymous { nocopy: false });
    carried_over(lab, new).await;
}

pub async fn a_volume_of_the_image_is_labelled_and_carried_over(lab: &Lab) {
    let image = built(lab, "VOLUME /data").await;
    let new = |service| {
        let mut new = lab.serving(service);
        new.fixed.image = image.clone();
        new
    };
    carried_over(lab, new).await;
}

async fn carried_over(lab: &Lab, new: impl Fn(&'static str) -> NewContainer) {
    let one = lab.start(new("one")).await;
    assert_eq!(lab.run(&one, "echo precious > /data/file").await.0, 0);
    let mount = lab.see(&one).await.mounts.remove(0);
    assert_eq!((mount.target.as_str(), mount.anonymous), ("/data", true));
    let volume = mount.volume.unwrap();
    lab.stop_and_remove(&one).await;
    let seen = lab.look().await.volumes;
    assert_eq!(seen.iter().map(|volume| &volume.name).collect::<Vec<_>>(), [&volume]);
    assert_eq!((seen[0].ours, seen[0].anonymous, &seen[0].key), (true, true, &None));
    let carried = BTreeMap::from([("/data".to_owned(), volume.clone())]);
    let other = lab.start(NewContainer { carried, ..new("other") }).await;
    assert_eq!(lab.run(&other, "cat /data/file").await, (0, "precious".to_owned()));
    assert_eq!(lab.see(&other).await.mounts[0].volume, Some(volume));
    assert_eq!(lab.look().await.volumes.len(), 1);
}

pub async fn mounts_of_another_are_shared(lab: &Lab) {
    lab.volume("data", lab.labels(label::KIND_VOLUME, "data")).await;
    let one = lab.start(mounting(lab.serving("one"), "/data", named(lab, "data"))).await;
    assert_eq!(lab.run(&one, "echo precious > /data/file").await.0, 0);
    let mut new = lab.serving("other");
    new.fixed.volumes_from = vec![VolumesFrom::Service { service: "one".into(), read_only: true }];
    new.borrowed.insert("one".into(), one);
    let other = lab.start(new).await;
    assert_eq!(lab.run(&other, "cat /data/file").await, (0, "precious".to_owned()));
    assert_ne!(lab.run(&other, "echo spoilt > /data/file").await.0, 0);
}

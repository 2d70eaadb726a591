//! What a look shows.

use dsenv::model::{Key, NetworkName, VolumeDefinition, VolumeName};
use dsenv::plan::{NetworkStep, VolumeStep};
use dsenv::state::label::{self, Labels};
use dsenv::state::{AppliedProject, LockHolder, applied, note, own};

use crate::lab::{IMAGE, Lab};

pub async fn an_empty_project_shows_nothing(lab: &Lab) {
    let mut seen = lab.look().await;
    seen.images.clear();
    seen.image_contents.clear();
    assert_eq!(seen, Default::default());
}

pub async fn what_is_asked_for_by_name_is_shown_whoever_made_it(lab: &Lab) {
    let (network, volume) = (NetworkName::new(lab.name("foreign")), VolumeName::new(lab.name("foreign")));
    let nobodys = Labels::new();
    let step = NetworkStep::Create {
        key: "foreign".into(),
        name: network.clone(),
        definition: Default::default(),
        labels: nobodys.clone(),
    };
    lab.perform(step).await.unwrap();
    lab.volume("foreign", nobodys).await;
    let unasked = lab.look().await;
    assert_eq!((unasked.networks.len(), unasked.volumes.len()), (0, 0));
    let mut scope = lab.scope();
    scope.networks.insert(network.clone());
    scope.volumes.insert(volume.clone());
    let asked = lab.engine().observe(&scope).await.unwrap();
    assert_eq!((&asked.networks[0].name, &asked.networks[0].key), (&network, &None));
    assert_eq!((&asked.volumes[0].name, asked.volumes[0].ours, asked.volumes[0].anonymous), (&volume, false, false));
}

pub async fn an_image_is_shown_only_if_it_is_there(lab: &Lab) {
    let mut scope = lab.scope();
    scope.images.insert("absent/nothing:1".into());
    let seen = lab.engine().observe(&scope).await.unwrap();
    assert_eq!(seen.images.keys().map(|image| image.as_str()).collect::<Vec<_>>(), [IMAGE]);
    assert!(seen.images[&IMAGE.into()].id.as_str().starts_with("sha256:"));
}

pub async fn dsenvs_own_volumes_are_sorted_out(lab: &Lab) {
    let project = lab.project();
    let key = Key::new([7; 32]);
    let holder = LockHolder {
        token: "t1".into(),
        host: "here".into(),
        boot_id: "b".into(),
        pid: 1,
        started: 2,
        by: "ada@here".into(),
        since: "2026-01-01T00:00:00Z".into(),
        beats: true,
    };
    let holder_text = serde_json::to_string(&holder).unwrap();
    let at = "2026-01-01T00:00:00Z".parse().unwrap();
    let applied = AppliedProject::of(serde_json::json!({"name": "lab"}));
    let with = |kind: &str, value: String| {
        let mut labels = lab.labels(kind, "");
        labels.insert(label::VALUE.to_owned(), value);
        labels
    };
    for (name, labels) in [
        (own::key(project, &Default::default()), with(label::KIND_KEY, key.to_hex())),
        (own::lock(project), with(label::KIND_LOCK, holder_text)),
        (own::record(project, 12), applied::labels(project, at, "ada@here", false, Default::default(), &applied)),
        (own::record(project, 3), applied::labels(project, at, "ada@here", false, Default::default(), &applied)),
        (own::files(project, "abc"), lab.labels(label::KIND_FILES, "")),
    ] {
        let definition = VolumeDefinition::default();
        // As an earlier release may have left them.
        lab.perform(VolumeStep::Create { name: note::volume(&name), definition, labels }).await.unwrap();
    }
    lab.volume("data", lab.labels(label::KIND_VOLUME, "data")).await;
    let seen = lab.look().await;
    assert_eq!((seen.key, seen.locks), (Some(key), [(own::lock(project), holder)].into()));
    assert_eq!(seen.records.iter().map(|record| record.sequence).collect::<Vec<_>>(), [3, 12]);
    assert_eq!(seen.files, [own::files(project, "abc")].into());
    assert_eq!(seen.volumes.iter().map(|volume| volume.name.to_string()).collect::<Vec<_>>(), [lab.name("data")]);
}

pub async fn a_container_of_compose_is_seen_without_a_record(lab: &Lab) {
    let mut new = lab.serving("web");
    new.labels = [
        (label::COMPOSE_PROJECT, lab.project().as_str()),
        (label::COMPOSE_SERVICE, "web"),
        (label::COMPOSE_NUMBER, "2"),
        (label::COMPOSE_ONEOFF, "False"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into();
    let container = lab.create(new).await;
    let seen = lab.see(&container).await;
    assert_eq!((seen.service.as_str(), seen.replica, seen.oneoff, seen.record), ("web", 2, false, None));
}

//! The record that an apply leaves: who, when, and the applied project, in the labels of a volume of dsenv's own.
//! Evidence for `history`, drift and one-shots; the next plan is right without it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use crate::diff;
use crate::engine::{Engine, EngineError};
use crate::model::{ImageRef, ImageSource, Key, Project, ServiceName};
use crate::plan::{self, NoteStep, Step};
use crate::state::applied::hidden;
use crate::state::{AppliedProject, AppliedRecord, ImageId, Note, NoteBody, Observed, own};

/// What an apply leaves a record of.
#[derive(Debug, Clone, Copy)]
pub struct Applied<'a> {
    /// What should exist.
    pub project: &'a Project,
    /// The services that the apply was about, or was done with. The others stand in its record as in the one before.
    pub services: &'a BTreeSet<ServiceName>,
    /// Whether it did not end well.
    pub partial: bool,
    /// The look that the plan was made from.
    pub observed: &'a Observed,
    /// Images that were taken by their ids, whatever their names mean on the engine.
    pub pinned: &'a BTreeMap<ImageRef, ImageId>,
    /// The project's key for digests.
    pub key: &'a Key,
}

/// The steps that leave a record of this apply and keep only as many as the project asks for, with the contents of
/// configs and secrets that only the others needed.
pub fn record(applied: Applied<'_>, at: Timestamp, by: &str) -> Vec<Step> {
    let Applied { project, services: _, partial, observed, pinned: _, key: _ } = applied;
    let earlier = &observed.records;
    let value = value(applied);
    let sequence = earlier.iter().map(|record| record.sequence).max().unwrap_or(0) + 1;
    let sequence = own::next_record(&project.name, sequence, &observed.taken);
    // All that one of an apply that did not end well knows is in this one too.
    let (past, whole): (Vec<_>, Vec<_>) = earlier.iter().partition(|record| record.partial);
    let wanted = usize::try_from(project.history.max(1)).unwrap_or(usize::MAX);
    let surplus = (whole.len() + usize::from(!partial)).saturating_sub(wanted);
    let (surplus, kept) = whole.split_at(surplus.min(whole.len()));
    let old = || surplus.iter().chain(&past);
    let files = |record: &AppliedProject| plan::recorded_files(&project.name, record);
    let created_with = observed.containers.iter().filter_map(|container| plan::created_with(&project.name, container));
    let needed: BTreeSet<_> =
        kept.iter().flat_map(|record| files(&record.project)).chain(files(&value)).chain(created_with).collect();
    let unneeded: BTreeSet<_> = old().flat_map(|record| files(&record.project)).collect();
    let unneeded = unneeded.into_iter().filter(|name| !needed.contains(name) && observed.files.contains(name));
    let gone: Vec<_> = old().map(|record| record.note.clone()).chain(unneeded).collect();
    let name = own::record(&project.name, sequence);
    let images = images(applied);
    let record = AppliedRecord { sequence, note: name.clone(), at, by: by.to_owned(), partial, images, project: value };
    let note = Note { project: project.name.clone(), name, body: NoteBody::Record(Box::new(record)) };
    [NoteStep::Keep(note)]
        .into_iter()
        .chain(gone.into_iter().map(|name| NoteStep::Forget { name }))
        .map(Step::from)
        .collect()
}

/// Whether the last record says all that [`record`] would.
pub fn is_recorded(applied: Applied<'_>) -> bool {
    let last = applied.observed.records.last();
    last.map_or(applied.services.is_empty(), |last| last.project == value(applied))
}

fn value(applied: Applied<'_>) -> AppliedProject {
    let Applied { project, services, partial: _, observed, pinned: _, key } = applied;
    let mut value = AppliedProject::of(canonical(project, key));
    let none = AppliedProject::default();
    keep_others(&mut value, observed.records.last().map_or(&none, |before| &before.project), services);
    keep_providers(&mut value, applied);
    value
}

/// What the references meant: those of services that the apply was about now, the others as in the record before.
fn images(applied: Applied<'_>) -> BTreeMap<ImageRef, ImageId> {
    let Applied { project, services, partial: _, observed, pinned, key: _ } = applied;
    let mut images: BTreeMap<_, _> =
        observed.images.iter().map(|(reference, image)| (reference.clone(), image.id.clone())).collect();
    if let Some(before) = observed.records.last() {
        images.extend(before.images.clone());
    }
    for service in services.iter().filter_map(|name| project.services.get(name)) {
        let reference = &service.fixed.image;
        let id = pinned.get(reference).or(observed.images.get(reference).map(|image| &image.id));
        images.extend(id.map(|id| (reference.clone(), id.clone())));
    }
    images.retain(|reference, _| observed.images.contains_key(reference));
    images
}

/// Puts what an apply was not about back to what the record before says of it: services, and whatever these need. Of
/// what no record says anything nothing was applied.
fn keep_others(value: &mut AppliedProject, before: &AppliedProject, services: &BTreeSet<ServiceName>) {
    let others: Vec<_> = value.services.keys().filter(|name| !services.contains(*name)).cloned().collect();
    if others.is_empty() {
        return;
    }
    for name in others {
        match before.services.get(&name) {
            Some(service) => value.services.insert(name, service.clone()),
            None => value.services.remove(&name),
        };
    }
    value.add_objects(before);
}

/// Names the services that programs have brought up: in this apply, or before it and not released since, whether a file
/// still names them or not. Nothing else knows of them.
fn keep_providers(value: &mut AppliedProject, applied: Applied<'_>) {
    let Applied { project, services: _, partial: _, observed, pinned: _, key: _ } = applied;
    value.providers.retain(|name, _| {
        let provider = project.providers.get(name);
        provider.is_some_and(|provider| plan::is_up(&project.name, name, provider, observed))
    });
    for (name, provider) in plan::providers(observed) {
        if !plan::is_released(&project.name, &name, &provider, observed) {
            let provider = || serde_json::to_value(&provider).expect("a model of plain data has a JSON form");
            value.providers.entry(name).or_insert_with(provider);
        }
    }
}

/// Performs the steps of [`record`].
///
/// # Errors
/// When the engine will not; what was applied stands all the same.
pub async fn keep(engine: &dyn Engine, steps: &[Step]) -> Result<(), EngineError> {
    for step in steps {
        match engine.perform(step, &|_| {}).await {
            Ok(_) | Err(EngineError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The project as JSON without anything secret: contents, and every value that looks secret, are keyed digests. So a
/// later look sees that one changed, and nobody sees what it was.
pub fn canonical(project: &Project, key: &Key) -> Value {
    let mut project = project.clone();
    for service in project.services.values_mut() {
        for file in service.fixed.files.values_mut() {
            file.content = file.content.keyed(key);
        }
        if let ImageSource::Build(build, _) = &mut service.source {
            for secret in build.secrets.values_mut() {
                secret.content = secret.content.keyed(key);
            }
        }
    }
    let mut value = serde_json::to_value(project).expect("a model of plain data has a JSON form");
    diff::veil("", &mut value, &|text| hidden(text, key));
    value
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::{
        Content, ContentId, FileKind, FileMount, Fixed, Gate, Hooks, Networking, PullPolicy, Service, Tunable,
        UpdatePolicy,
    };

    pub(crate) fn project(content: &ContentId) -> Project {
        let environment = [("DEBUG", "1"), ("DB_PASSWORD", "hunter2"), ("DSN", "redis://:hunter2@cache")]
            .map(|(name, value)| (name.to_owned(), Some(value.to_owned())));
        let file = FileMount {
            kind: FileKind::Secret,
            source: "pw".into(),
            content: content.clone(),
            uid: 0,
            gid: 0,
            mode: 0o400,
        };
        let fixed = Fixed {
            environment: environment.into(),
            files: [("/run/secrets/pw".to_owned(), file)].into(),
            command: Some(["mysql", "-phunter2"].map(str::to_owned).into()),
            labels: [("dsn".to_owned(), "Host=db;Password=hunter2".to_owned())].into(),
            ..Fixed::of("busybox".into())
        };
        let service = Service {
            source: ImageSource::Pull(PullPolicy::Missing),
            scale: 1,
            container_name: None,
            fixed,
            tunable: Tunable::default(),
            networks: Networking::new(),
            depends_on: BTreeMap::new(),
            update: UpdatePolicy::default(),
            rollback: UpdatePolicy::default(),
            scheduling: Default::default(),
            hooks: Hooks::default(),
            gate: Gate::default(),
            job: false,
            lossy: Default::default(),
            ignore_changes: Default::default(),
            urls: vec!["http://localhost/?token=hunter2".into()],
        };
        Project { services: [("web".into(), service)].into(), history: 3, ..Project::nothing("lab".into()) }
    }

    fn earlier(sequence: u64) -> AppliedRecord {
        AppliedRecord {
            sequence,
            note: own::record(&"lab".into(), sequence),
            at: Timestamp::UNIX_EPOCH,
            by: "ada@h".into(),
            partial: false,
            images: BTreeMap::new(),
            project: AppliedProject::default(),
        }
    }

    #[test]
    fn nothing_secret_is_in_a_record_and_a_change_of_it_shows() {
        let (key, secret) = (Key::new([7; 32]), Content::new("hunter2".as_bytes()).id());
        let value = canonical(&project(&secret), &key);
        let text = value.to_string();
        assert!(!text.contains("hunter2") && !text.contains(secret.as_str()), "{text}");
        let environment = &value["services"]["web"]["fixed"]["environment"];
        assert_eq!(environment["DEBUG"], "1");
        assert!(environment["DB_PASSWORD"].as_str().unwrap().starts_with("digest:"));
        assert_ne!(value, canonical(&project(&secret), &Key::new([8; 32])));
    }

    #[test]
    fn the_last_three_are_kept() {
        let (project, key) = (project(&Content::new("".as_bytes()).id()), Key::new([7; 32]));
        let told = |earlier: &[AppliedRecord]| {
            let observed = Observed { records: earlier.to_vec(), ..Observed::default() };
            let services = project.services.keys().cloned().collect();
            let applied = Applied {
                project: &project,
                services: &services,
                partial: false,
                observed: &observed,
                pinned: &BTreeMap::new(),
                key: &key,
            };
            let steps = record(applied, Timestamp::UNIX_EPOCH, "ada@h");
            steps.iter().map(|step| format!("{} {}", step.verb(), step.object())).collect::<Vec<_>>()
        };
        assert_eq!(told(&[]), ["create volume lab_dsenv_record_1"]);
        assert_eq!(
            told(&[earlier(3), earlier(4), earlier(7)]),
            ["create volume lab_dsenv_record_8", "remove volume lab_dsenv_record_3"]
        );
    }

    #[test]
    fn what_an_apply_was_not_about_stands_as_in_the_record_before() {
        let before = AppliedProject::of(serde_json::json!({
            "services": {"db": {"scale": 1}, "gone": {}, "web": {"scale": 1}},
            "networks": {"old": {}}, "volumes": {},
        }));
        let mut value = AppliedProject::of(serde_json::json!({
            "services": {"db": {"scale": 2}, "new": {}, "web": {"scale": 2}},
            "networks": {"front": {}}, "volumes": {},
        }));
        keep_others(&mut value, &before, &["web".into()].into());
        let expected = serde_json::json!({
            "services": {"db": {"scale": 1}, "web": {"scale": 2}},
            "networks": {"front": {}, "old": {}}, "volumes": {},
        });
        assert_eq!(value.value(), expected);
    }

    #[test]
    fn of_what_was_not_applied_yet_a_first_record_says_nothing() {
        let value = serde_json::json!({"services": {"db": {}, "web": {}}, "networks": {}, "volumes": {}});
        let mut value = AppliedProject::of(value);
        keep_others(&mut value, &AppliedProject::default(), &["web".into()].into());
        assert_eq!(value.value()["services"], serde_json::json!({"web": {}}));
    }

    #[test]
    fn a_record_in_part_stands_beside_the_whole_ones_and_goes_with_the_next() {
        let (project, key) = (project(&Content::new("".as_bytes()).id()), Key::new([7; 32]));
        let services = project.services.keys().cloned().collect();
        let told = |partial: bool, earlier: Vec<AppliedRecord>| {
            let observed = Observed { records: earlier, ..Observed::default() };
            let pinned = BTreeMap::new();
            let applied = Applied {
                project: &project,
                services: &services,
                partial,
                observed: &observed,
                pinned: &pinned,
                key: &key,
            };
            let steps = record(applied, Timestamp::UNIX_EPOCH, "ada@h");
            steps.iter().map(|step| format!("{} {}", step.verb(), step.object())).collect::<Vec<_>>()
        };
        let partial = |sequence| AppliedRecord { partial: true, ..earlier(sequence) };
        let three = || vec![earlier(1), earlier(2), earlier(3)];
        assert_eq!(told(true, three()), ["create volume lab_dsenv_record_4"]);
        let four = || three().into_iter().chain([partial(4)]).collect();
        assert_eq!(told(true, four()), ["create volume lab_dsenv_record_5", "remove volume lab_dsenv_record_4"]);
        assert_eq!(
            told(false, four()),
            [
                "create volume lab_dsenv_record_5",
                "remove volume lab_dsenv_record_1",
                "remove volume lab_dsenv_record_4"
            ]
        );
    }

    #[test]
    fn contents_go_with_the_last_record_that_names_them() {
        let key = Key::new([7; 32]);
        let [one, two] = ["one", "two"].map(|text| project(&Content::new(text.as_bytes()).id()));
        let volume = |project: &Project| {
            plan::recorded_files(&"lab".into(), &AppliedProject::of(canonical(project, &key))).into_iter()
        };
        let left = |records: &[&Project], applied: &Project| {
            let records = records.iter().zip(1..).map(|(project, at)| AppliedRecord {
                project: AppliedProject::of(canonical(project, &key)),
                ..earlier(at)
            });
            let files = volume(&one).chain(volume(&two)).collect();
            let observed = Observed { records: records.collect(), files, ..Observed::default() };
            let services = applied.services.keys().cloned().collect();
            let applied = Applied {
                project: applied,
                services: &services,
                partial: false,
                observed: &observed,
                pinned: &BTreeMap::new(),
                key: &key,
            };
            let steps = record(applied, Timestamp::UNIX_EPOCH, "ada@h");
            steps.iter().any(|step| volume(&one).any(|name| *step == NoteStep::Forget { name }.into()))
        };
        assert!(!left(&[&one, &two], &two), "three are kept");
        assert!(left(&[&one, &two, &two], &two));
        assert!(!left(&[&one, &one, &two], &two), "another record names it");
        assert!(!left(&[&one, &two, &two], &one), "it is what was applied");
    }
}

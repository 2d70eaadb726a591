//! The record that an apply leaves: who, when, and the applied project, in the labels of a volume of dsenv's own.
//! Evidence for `history`, drift and one-shots; the next plan is right without it.

use jiff::Timestamp;
use serde_json::Value;

use crate::diff;
use crate::engine::{Engine, EngineError};
use crate::model::{Content, ImageSource, Key, Project, VolumeDefinition};
use crate::plan::Step;
use crate::state::{AppliedRecord, applied, own};

/// The steps that leave a record of this apply and keep only as many as the project asks for.
///
/// `earlier` are the records at hand, oldest first.
pub fn record(project: &Project, key: &Key, earlier: &[AppliedRecord], at: Timestamp, by: &str) -> Vec<Step> {
    let sequence = earlier.iter().map(|record| record.sequence).max().unwrap_or(0) + 1;
    let labels = applied::labels(&project.name, at, by, &canonical(project, key));
    let name = own::record(&project.name, sequence);
    let surplus = (earlier.len() + 1).saturating_sub(usize::try_from(project.history.max(1)).unwrap_or(usize::MAX));
    let old = earlier.iter().take(surplus).map(|record| Step::RemoveVolume { name: record.volume.clone() });
    [Step::CreateVolume { name, definition: VolumeDefinition::default(), labels }].into_iter().chain(old).collect()
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
    diff::veil("", &mut value, &|text| Content::new(text.as_bytes()).keyed(key));
    value
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::{
        ContentId, FileKind, FileMount, Fixed, Gate, Hooks, Networking, PullPolicy, Service, Tunable, UpdatePolicy,
    };

    fn project(content: &ContentId) -> Project {
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
            hooks: Hooks::default(),
            gate: Gate::default(),
            job: false,
            lossy: Default::default(),
            ignore_changes: Default::default(),
            urls: Vec::new(),
        };
        Project {
            name: "lab".into(),
            services: [("web".into(), service)].into(),
            idle: BTreeMap::new(),
            networks: BTreeMap::new(),
            volumes: BTreeMap::new(),
            contents: BTreeMap::new(),
            history: 3,
            compose_labels: true,
        }
    }

    fn earlier(sequence: u64) -> AppliedRecord {
        AppliedRecord {
            sequence,
            volume: own::record(&"lab".into(), sequence),
            at: Timestamp::UNIX_EPOCH,
            by: "ada@h".into(),
            project: Value::Null,
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
            let steps = record(&project, &key, earlier, Timestamp::UNIX_EPOCH, "ada@h");
            steps.iter().map(|step| format!("{} {}", step.verb(), step.object())).collect::<Vec<_>>()
        };
        assert_eq!(told(&[]), ["create volume lab_dsenv_record_1"]);
        assert_eq!(
            told(&[earlier(3), earlier(4), earlier(7)]),
            ["create volume lab_dsenv_record_8", "remove volume lab_dsenv_record_3"]
        );
    }
}

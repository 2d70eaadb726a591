//! From the record of an apply back to the project that was applied. A record hides whatever looks secret behind a
//! keyed digest, so the values come from whoever still has them: the spec, and the containers that run.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::{Key, Project, ServiceName};
use crate::plan::{Action, Plan};
use crate::state::applied::{hidden, is_hidden};
use crate::state::{AppliedProject, AppliedRecord, Observed};

/// Values that a digest may stand for.
#[derive(Debug)]
pub struct Known<'a> {
    key: &'a Key,
    values: BTreeMap<String, String>,
}

impl<'a> Known<'a> {
    /// Those that the project's containers were made with.
    pub fn of(observed: &Observed, key: &'a Key) -> Self {
        let mut known = Self { key, values: BTreeMap::new() };
        for container in &observed.containers {
            container.environment.values().flatten().for_each(|value| known.learn(value));
            if let Some(record) = &container.record {
                record.fixed.values().for_each(|value| known.learn_all(value));
            }
        }
        known
    }

    /// And those of a spec.
    #[must_use]
    pub fn and(mut self, project: &Project) -> Self {
        self.learn_all(&serde_json::to_value(project).expect("a model of plain data has a JSON form"));
        self
    }

    /// Puts the value in the place of the digest that stands for it, if it is known. Any other text stays.
    pub fn reveal(&self, text: &mut String) {
        if let Some(value) = self.values.get(text) {
            text.clone_from(value);
        }
    }

    fn learn_all(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.learn(text),
            Value::Array(items) => items.iter().for_each(|item| self.learn_all(item)),
            Value::Object(fields) => fields.values().for_each(|field| self.learn_all(field)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn learn(&mut self, text: &str) {
        self.values.insert(hidden(text, self.key), text.to_owned());
    }
}

/// An applied state, as it can be had again.
#[derive(Debug, Clone, PartialEq)]
pub struct Restored {
    /// What should exist.
    pub project: Project,
    /// Values that nobody has any more.
    pub lost: Vec<Lost>,
}

/// A value that nobody has any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Whose it is, if it is a service's.
    pub service: Option<ServiceName>,
    /// Its path in the service, or else in the project: `environment.DB_PASSWORD`.
    pub path: String,
}

impl Restored {
    /// The lost values that a plan would need: those of services that it changes, and of no service at all.
    pub fn needed(&self, plan: &Plan) -> Vec<&Lost> {
        let changes = plan.changes.iter().filter(|change| !matches!(change.action, Action::Keep | Action::Forget));
        let changed: BTreeSet<_> = changes.filter_map(|change| change.address.service()).collect();
        let needs = |lost: &&Lost| lost.service.as_ref().is_none_or(|service| changed.contains(service));
        self.lost.iter().filter(needs).collect()
    }
}

/// Reads a record. With a service, it is what the record `now` says, and only that service as in the other.
///
/// `None` if the record is not of a shape that this version reads, or has no such service.
pub fn restore(
    record: &AppliedRecord,
    only: Option<(&ServiceName, &AppliedRecord)>,
    known: &Known<'_>,
) -> Option<Restored> {
    let mut value = match only {
        None => record.project.value(),
        Some((service, now)) => with_service(&now.project, &record.project, service)?.value(),
    };
    let mut lost = Vec::new();
    reveal(&mut Vec::new(), &mut value, known, &mut lost);
    Some(Restored { project: serde_json::from_value(value).ok()?, lost })
}

fn with_service(now: &AppliedProject, then: &AppliedProject, name: &ServiceName) -> Option<AppliedProject> {
    let old = then.services.get(name)?;
    let mut project = now.clone();
    project.services.insert(name.clone(), old.clone());
    project.add_objects(then);
    // What programs ran for the service then, where nothing runs it now.
    for needed in old.depends_on().filter(|needed| !now.services.contains_key(needed)) {
        if let Some(provider) = then.providers.get(&needed) {
            project.providers.entry(needed).or_insert_with(|| provider.clone());
        }
    }
    Some(project)
}

fn reveal(path: &mut Vec<String>, value: &mut Value, known: &Known<'_>, lost: &mut Vec<Lost>) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields.iter_mut() {
                path.push(name.clone());
                reveal(path, inner, known, lost);
                path.pop();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| reveal(path, item, known, lost)),
        Value::String(text) if is_hidden(text) => match known.values.get(text) {
            Some(value) => text.clone_from(value),
            // What an image was built from is not needed to run it again.
            None if path.get(2).is_some_and(|field| field == "source") => {}
            None => lost.push(name(path)),
        },
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn name(path: &[String]) -> Lost {
    match path {
        [section, service, rest @ ..] if section == "services" || section == "providers" => {
            let rest = match rest {
                [group, field @ ..] if (group == "fixed" || group == "tunable") && !field.is_empty() => field,
                _ => rest,
            };
            Lost { service: Some(ServiceName::new(service.as_str())), path: rest.join(".") }
        }
        _ => Lost { service: None, path: path.join(".") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::canonical;
    use crate::execute::record::tests::project;
    use crate::model::Content;
    use crate::state::own;

    fn key() -> Key {
        Key::new([7; 32])
    }

    fn recorded(project: &Project) -> AppliedRecord {
        AppliedRecord {
            sequence: 1,
            note: own::record(&"lab".into(), 1),
            at: jiff::Timestamp::UNIX_EPOCH,
            by: "ada@h".into(),
            partial: false,
            images: BTreeMap::new(),
            project: AppliedProject::of(canonical(project, &key())),
        }
    }

    #[test]
    fn what_is_hidden_comes_back_from_the_spec() {
        let (key, project) = (key(), project(&Content::new("x".as_bytes()).id()));
        let known = Known::of(&Observed::default(), &key).and(&project);
        let restored = restore(&recorded(&project), None, &known).unwrap();
        assert_eq!(restored.lost, []);
        assert_eq!(
            restored.project.services[&"web".into()].fixed.environment,
            project.services[&"web".into()].fixed.environment
        );
        assert_eq!(canonical(&restored.project, &key), canonical(&project, &key));
    }

    #[test]
    fn what_nobody_has_is_told_by_name() {
        let (key, project) = (key(), project(&Content::new("x".as_bytes()).id()));
        let known = Known::of(&Observed::default(), &key);
        let record = recorded(&project);
        let restored = restore(&record, None, &known).unwrap();
        let mut told: Vec<_> = restored.lost.iter().map(|lost| lost.path.as_str()).collect();
        told.sort_unstable();
        assert_eq!(told, ["command", "environment.DB_PASSWORD", "environment.DSN", "labels.dsn", "urls"]);
        assert_eq!(canonical(&restored.project, &key), record.project.value(), "a digest is not hidden once more");
    }

    #[test]
    fn one_service_goes_back_alone() {
        let (key, mut now) = (key(), project(&Content::new("x".as_bytes()).id()));
        let then = recorded(&now);
        let web = now.services[&"web".into()].clone();
        now.services.insert("db".into(), web.clone());
        now.services.get_mut(&"web".into()).unwrap().scale = 4;
        let known = Known::of(&Observed::default(), &key).and(&now);
        let restored = restore(&then, Some((&"web".into(), &recorded(&now))), &known).unwrap();
        assert_eq!(restored.project.services.len(), 2);
        assert_eq!(restored.project.services[&"web".into()].scale, 1);
        assert_eq!(restore(&then, Some((&"db".into(), &recorded(&now))), &known), None, "it was not there then");
    }
}

//! What makes a saved plan stale: what is another between it and the same one made again: what the file asks for, what the engine
//! shows, and what would be done. Both sides are plain JSON, so a plan of another version is compared as well.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::snapshot::ObjectSnapshot;
use crate::diff::{self, FieldChange};

/// One field that is another now.
#[derive(Debug, Clone, PartialEq)]
pub struct Stale {
    /// Of which object, as the plan calls it; `plan` for the order of steps.
    pub object: String,
    /// Which field, with both values.
    pub change: FieldChange,
}

/// A plan with all that it was made from. Secrets are keyed digests.
#[derive(Debug, Clone, PartialEq)]
pub struct Basis {
    /// The plan's JSON ([`super::json()`]).
    pub plan: Value,
    /// The resolved spec.
    pub spec: Value,
    /// What the engine showed, by address and name.
    pub snapshot: Value,
}

/// The look that a plan was made from, for [`Basis::snapshot`].
pub fn snapshot_json(snapshot: &[ObjectSnapshot]) -> Value {
    let one = |object: &ObjectSnapshot| {
        let ObjectSnapshot { address, name, id, definition, state } = object;
        let value = json!({"id": id, "definition": definition, "state": state});
        (format!("{address} ({name})"), value)
    };
    snapshot.iter().map(one).collect::<Map<_, _>>().into()
}

/// What has changed since. Nothing: the plan made again is the plan that was saved.
pub fn staleness(saved: &Basis, fresh: &Basis) -> Vec<Stale> {
    let mut stale = of_spec(&saved.spec, &fresh.spec);
    stale.extend(of_world(&saved.snapshot, &fresh.snapshot));
    let decided = of_decisions(&saved.plan, &fresh.plan);
    if stale.is_empty() && decided.is_empty() && plain(&saved.plan["steps"]) != plain(&fresh.plan["steps"]) {
        let change = FieldChange::new("steps", Some("as saved".into()), Some("others".into()));
        stale.push(Stale { object: "plan".to_owned(), change });
    }
    if !stale.is_empty() || !decided.is_empty() {
        stale.extend(of_state(&saved.snapshot, &fresh.snapshot));
    }
    stale.extend(decided);
    stale
}

/// `services.web.fixed.environment.DEBUG` is `environment.DEBUG` of `service.web`.
fn of_spec(saved: &Value, fresh: &Value) -> Vec<Stale> {
    let mut stale = Vec::new();
    for (list, object) in [("services", "service"), ("networks", "network"), ("volumes", "volume")] {
        for (name, before, after) in pairs(&saved[list], &fresh[list]) {
            let object = format!("the file: {object}.{name}");
            let Some((before, after)) = both(before, after, &object, &mut stale) else { continue };
            let changes = diff::fields(before, after).into_iter().map(|change| {
                let path = change.path.trim_start_matches("fixed.").trim_start_matches("tunable.").to_owned();
                Stale { object: object.clone(), change: FieldChange { path, ..change } }
            });
            stale.extend(changes);
        }
    }
    let rest = |value: &Value| match value {
        Value::Object(fields) => {
            // What is for Compose alone follows from the services.
            let told = ["services", "networks", "volumes", "compose"];
            let rest = fields.iter().filter(|(name, _)| !told.contains(&name.as_str()));
            Value::Object(rest.map(|(name, value)| (name.clone(), value.clone())).collect())
        }
        other => other.clone(),
    };
    let changes = diff::fields(&rest(saved), &rest(fresh));
    stale.extend(changes.into_iter().map(|change| Stale { object: "the file".to_owned(), change }));
    stale
}

/// Which objects there are and what each one is. What they are doing counts only where it changes the plan.
fn of_world(saved: &Value, fresh: &Value) -> Vec<Stale> {
    let mut stale = Vec::new();
    for (object, before, after) in pairs(saved, fresh) {
        let Some((before, after)) = both(before, after, object, &mut stale) else { continue };
        let id = |value: &Value| json!({"id": value["id"]});
        let changes = diff::fields(&id(before), &id(after)).into_iter();
        let changes = changes.chain(diff::fields(&before["definition"], &after["definition"]));
        stale.extend(changes.map(|change| Stale { object: object.to_owned(), change }));
    }
    stale
}

fn of_state(saved: &Value, fresh: &Value) -> Vec<Stale> {
    let pairs = pairs(saved, fresh).into_iter();
    let pairs = pairs.filter_map(|(object, before, after)| Some((object, before?, after?)));
    let changes = pairs.flat_map(|(object, before, after)| {
        let changes = diff::fields(&before["state"], &after["state"]).into_iter();
        changes.map(|change| Stale { object: object.to_owned(), change })
    });
    changes.collect()
}

/// What would be done to each resource and why.
fn of_decisions(saved: &Value, fresh: &Value) -> Vec<Stale> {
    let by_name = |plan: &Value| -> Value {
        let changes = plan["resource_changes"].as_array().into_iter().flatten();
        let name = |change: &Value| {
            let text = |key: &str| change[key].as_str().unwrap_or_default().to_owned();
            format!("{} ({})", text("address"), text("name"))
        };
        changes.map(|change| (name(change), decision(change))).collect::<Map<_, _>>().into()
    };
    let (saved, fresh) = (by_name(saved), by_name(fresh));
    let mut stale = Vec::new();
    for (object, before, after) in pairs(&saved, &fresh) {
        let absent = json!({"planned": null});
        let changes = diff::fields(before.unwrap_or(&absent), after.unwrap_or(&absent));
        stale.extend(changes.into_iter().map(|change| Stale { object: format!("the plan: {object}"), change }));
    }
    stale
}

fn decision(change: &Value) -> Value {
    let kinds = change["reason"].as_array().into_iter().flatten().filter_map(|reason| reason["kind"].as_str());
    json!({
        "planned": change["action"],
        "why": kinds.collect::<Vec<_>>().join(", "),
        "before": change["change"]["before"],
        "after": change["change"]["after"],
    })
}

/// Without the places in the file, which a comment moves.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let rest = fields.iter().filter(|(name, _)| *name != "place");
            Value::Object(rest.map(|(name, value)| (name.clone(), plain(value))).collect())
        }
        Value::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}

/// The entries of two objects by name.
fn pairs<'v>(saved: &'v Value, fresh: &'v Value) -> Vec<(&'v str, Option<&'v Value>, Option<&'v Value>)> {
    let entries = |value: &'v Value| -> BTreeMap<&'v str, &'v Value> {
        value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value)).collect()
    };
    let (saved, fresh) = (entries(saved), entries(fresh));
    let names: BTreeSet<&str> = saved.keys().chain(fresh.keys()).copied().collect();
    names.into_iter().map(|name| (name, saved.get(name).copied(), fresh.get(name).copied())).collect()
}

/// Both sides, or a note that one is not there.
fn both<'v>(
    before: Option<&'v Value>,
    after: Option<&'v Value>,
    object: &str,
    stale: &mut Vec<Stale>,
) -> Option<(&'v Value, &'v Value)> {
    if let (Some(before), Some(after)) = (before, after) {
        return Some((before, after));
    }
    let word = |side: Option<&Value>| Some(Value::from(if side.is_some() { "there" } else { "absent" }));
    stale.push(Stale { object: object.to_owned(), change: FieldChange::new("it", word(before), word(after)) });
    None
}

#[cfg(test)]
mod tests {
    use super::super::json::{Frame, json as plan_json};
    use super::super::snapshot::snapshot;
    use super::*;
    use crate::plan::tests::lab::{Lab, env, key, lab};
    use crate::plan::tests::world::World;
    use crate::state::RunState;

    fn basis(lab: &Lab, world: &World) -> Basis {
        let frame = Frame::bare("engine", jiff::Timestamp::UNIX_EPOCH);
        Basis {
            plan: plan_json(&lab.plan(world), &frame),
            spec: serde_json::to_value(&lab.project).expect("plain data has a JSON form"),
            snapshot: snapshot_json(&snapshot(&world.look(), &key())),
        }
    }

    fn told(saved: &Basis, fresh: &Basis) -> Vec<String> {
        let value = |value: &Option<Value>| value.as_ref().map_or("-".to_owned(), ToString::to_string);
        staleness(saved, fresh)
            .iter()
            .map(|Stale { object, change }| {
                format!("{object} {}: {} {}", change.path, value(&change.before), value(&change.after))
            })
            .collect()
    }

    #[test]
    fn the_same_plan_again_has_moved_in_nothing_and_a_field_of_the_file_is_named() {
        let old = lab().service("web", |_| {});
        let world = old.applied();
        let one = old.clone().service("web", |web| env(web, "DEBUG", "1"));
        let two = old.service("web", |web| env(web, "DEBUG", "2"));
        assert_eq!(told(&basis(&one, &world), &basis(&one, &world)), [""; 0]);
        assert_eq!(
            told(&basis(&one, &world), &basis(&two, &world)),
            [
                r#"the file: service.web environment.DEBUG: "1" "2""#,
                r#"the plan: service.web[1] (lab-web-1) after.environment.DEBUG: "1" "2""#,
            ]
        );
    }

    #[test]
    fn what_a_hand_does_to_the_engine_is_named_where_it_matters() {
        let old = lab().service("web", |_| {});
        let new = old.clone().service("web", |web| env(web, "DEBUG", "1"));
        let world = old.applied();
        let saved = basis(&new, &world);
        let mut limited = world.clone();
        limited.container("lab-web-1").tunable.memory = Some(1 << 26);
        assert_eq!(
            told(&saved, &basis(&new, &limited)),
            [
                "service.web[1] (lab-web-1) limits.memory: - 67108864",
                "the plan: service.web[1] (lab-web-1) before.memory: - 67108864",
            ]
        );
        let mut stopped = world.clone();
        stopped.container("lab-web-1").state = RunState::Exited { code: 1, oom: false };
        let told = told(&saved, &basis(&new, &stopped));
        assert_eq!(told[0], r#"service.web[1] (lab-web-1) state: "running" "exited (1)""#);
        let mut other = world;
        other.lose("lab-web-1");
        let told = self::told(&saved, &basis(&new, &other));
        assert_eq!(told[0], r#"service.web[1] (lab-web-1) it: "there" "absent""#);
    }
}

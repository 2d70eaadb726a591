//! What a plan makes, field by field, read from the steps that make it.

use serde_json::{Map, Value, json};

use crate::diff::{self, FieldChange};
use crate::plan::vocabulary::{CallKind, ContainerStep, NetworkStep, NewContainer, Node, Step, VolumeStep};
use crate::state::record;

/// The fields of the object that the steps of one resource make; none where they make nothing.
pub fn fields(steps: &[&Node]) -> Vec<FieldChange> {
    let made = steps.iter().filter_map(|node| match &node.step {
        Step::Container(ContainerStep::Create(new)) => Some(container(new)),
        Step::Network(NetworkStep::Create { definition, .. }) => Some(plain(definition)),
        Step::Volume(VolumeStep::Create { definition, .. }) => Some(plain(definition)),
        Step::Host { kind: CallKind::Service { definition, .. }, .. } => provider(definition),
        _ => None,
    });
    made.map(|made| diff::fields(&json!({}), &made)).next().unwrap_or_default()
}

/// Contents are keyed digests here, as in the record that the container will carry.
fn container(new: &NewContainer) -> Value {
    let mut fixed = plain(&new.fixed);
    let keyed = record::decode(&new.labels).map(|record| record.files()).unwrap_or_default();
    for (target, file) in fixed.get_mut("files").and_then(Value::as_object_mut).into_iter().flatten() {
        file["content"] = keyed.get(target).map_or(Value::Null, |file| file.content.as_str().into());
    }
    let Value::Object(mut made) = fixed else { return Value::Null };
    made.extend(new.tunable.fields());
    let networks: Map<_, _> =
        new.networks.iter().map(|(network, attachment)| (network.name.to_string(), plain(attachment))).collect();
    if !networks.is_empty() {
        made.insert("networks".to_owned(), networks.into());
    }
    Value::Object(made)
}

/// A service that a program runs: the program and its options, one value as itself.
fn provider(definition: &str) -> Option<Value> {
    let definition: Value = serde_json::from_str(definition).ok()?;
    let mut provider = definition.get("provider")?.clone();
    for value in provider.get_mut("options").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        if let Some([one]) = value.as_array().map(Vec::as_slice) {
            *value = one.clone();
        }
    }
    Some(json!({"provider": provider}))
}

fn plain(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).expect("a model of plain data has a JSON form")
}

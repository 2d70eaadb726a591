//! Which fields of two canonical values differ, each with its path, old and new value.

use serde::Serialize;
use serde_json::{Map, Value};

use super::secret::{is_sensitive, shown};

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldChange {
    /// `environment.DEBUG`, `ports`, `healthcheck.probe.interval`.
    pub path: String,
    /// `None`: unset.
    pub before: Option<Value>,
    /// `None`: unset.
    pub after: Option<Value>,
    /// Whether a value of it looks secret: then neither is shown, only that they differ.
    pub sensitive: bool,
}

impl FieldChange {
    /// A change of one field. Whether it is sensitive is found from its name and values.
    pub fn new(path: impl Into<String>, before: Option<Value>, after: Option<Value>) -> Self {
        let path = path.into();
        let sensitive = before.iter().chain(&after).any(|value| is_sensitive(&path, value));
        Self { path, before, after, sensitive }
    }

    /// The old value as it may be shown.
    pub fn shown_before(&self) -> Option<Value> {
        self.before.as_ref().map(|value| shown(&self.path, value))
    }

    /// The new value as it may be shown.
    pub fn shown_after(&self) -> Option<Value> {
        self.after.as_ref().map(|value| shown(&self.path, value))
    }
}

/// The differences, by path. Objects are compared key by key, everything else as a whole; a missing key and a null
/// are the same, and so are a missing map and an empty one.
pub fn fields(before: &Value, after: &Value) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    compare("", Some(before), Some(after), &mut changes);
    changes
}

fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<FieldChange>) {
    let (before, after) = (before.filter(|v| !v.is_null()), after.filter(|v| !v.is_null()));
    let empty = Value::Object(Map::new());
    // A whole map that comes or goes (`environment`) is told by its keys; what is deeper (one mount) as one thing.
    let (before, after) = match (before, after) {
        (None, Some(Value::Object(_))) if !path.contains('.') => (Some(&empty), after),
        (Some(Value::Object(_)), None) if !path.contains('.') => (before, Some(&empty)),
        both => both,
    };
    match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let mut keys: Vec<_> = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key))).collect();
            keys.sort();
            for key in keys {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                compare(&path, old.get(key), new.get(key), changes);
            }
        }
        (before, after) if before == after => {}
        (before, after) => changes.push(FieldChange::new(path, before.cloned(), after.cloned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_differs_is_named_and_null_is_unset() {
        let changes = fields(
            &json!({"environment": {"A": "1", "B": "2"}, "user": null, "command": ["a"]}),
            &json!({"environment": {"A": "1", "B": "3", "C": "4"}, "command": ["a", "b"]}),
        );
        let paths: Vec<_> = changes.iter().map(|change| change.path.as_str()).collect();
        assert_eq!(paths, ["command", "environment.B", "environment.C"]);
    }

    #[test]
    fn a_map_that_comes_or_goes_is_told_by_its_keys_and_one_of_its_entries_as_a_whole() {
        let changes = fields(
            &json!({"environment": {"API_KEY": "x"}}),
            &json!({"mounts": {"/data": {"type": "volume", "name": "lab_data"}}}),
        );
        let told: Vec<_> = changes.iter().map(|change| (change.path.as_str(), change.shown_before())).collect();
        assert_eq!(told, [("environment.API_KEY", Some(json!("(sensitive)"))), ("mounts./data", None)]);
    }
}

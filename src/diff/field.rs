//! Which fields of two canonical values differ, each with its path, old and new value.

use serde::Serialize;
use serde_json::Value;

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldChange {
    /// `environment.DEBUG`, `ports`, `healthcheck.probe.interval`.
    pub path: String,
    /// `None`: unset.
    pub before: Option<Value>,
    /// `None`: unset.
    pub after: Option<Value>,
}

/// The differences, by path. Objects are compared key by key, everything else as a whole; a missing key and a null
/// are the same.
pub fn fields(before: &Value, after: &Value) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    compare("", Some(before), Some(after), &mut changes);
    changes
}

fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<FieldChange>) {
    let (before, after) = (before.filter(|v| !v.is_null()), after.filter(|v| !v.is_null()));
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
        (before, after) => {
            changes.push(FieldChange { path: path.to_owned(), before: before.cloned(), after: after.cloned() })
        }
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
}

//! The schema of each short form.

use serde_json::{Value, json};

use crate::spec::expand::Short;

/// What may stand for the long form; `None` where the long form says it all.
pub fn schema(short: Short) -> Option<Value> {
    Some(match short {
        Short::Build | Short::EnvFile | Short::Extends | Short::Grant | Short::HealthTest | Short::Command => {
            json!({"type": "string"})
        }
        Short::DependsOn | Short::Names => names(json!({"type": "string"})),
        Short::Hosts => names(json!({"type": "string", "pattern": "[=:]|\\$"})),
        Short::Labels | Short::Variables => json!({"type": "array", "items": {"type": "string", "pattern": "^[^=]"}}),
        Short::Contexts => json!({"type": "array", "items": {"type": "string", "pattern": "^[^=]+=|\\$"}}),
        Short::Device => json!({"type": "string", "pattern": "^[^:]+(:[^:]*){0,2}$|\\$"}),
        Short::Mount => json!({"type": "string", "minLength": 1}),
        Short::OneOrMany | Short::Servers => json!({"type": "string"}),
        Short::Ports => return None,
        Short::Requests => json!({"type": "string", "pattern": "^all$|\\$"}),
        Short::Ulimit => json!({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^-?[0-9]+$|\\$"}]}),
        Short::External | Short::OrEmpty => json!({"type": "null"}),
    })
}

/// What may stand for an item of a list, where the list as a whole is expanded.
pub fn item(short: Short) -> Option<Value> {
    let port = r"^(\[?[0-9a-fA-F.:]*\]?:)?([0-9-]*:)?[0-9]+(-[0-9]+)?(/(tcp|udp|sctp|TCP|UDP|SCTP))?$|\$";
    matches!(short, Short::Ports).then(|| json!({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": port}]}))
}

fn names(item: Value) -> Value {
    json!({"type": "array", "items": item, "uniqueItems": true})
}

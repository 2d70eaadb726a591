//! A node as JSON, for what is kept as it is.

use serde_json::{Number, Value as Json};

use super::{Node, Value};

/// A node as JSON. What JSON cannot say (not a number, infinite) is nothing.
pub fn to_json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Int(number) => Json::from(*number),
        Value::Float(number) => Number::from_f64(*number).map_or(Json::Null, Json::Number),
        Value::Text(text) => Json::String(text.clone()),
        Value::List(list) => Json::Array(list.iter().map(to_json).collect()),
        Value::Map(map) => Json::Object(map.iter().map(|(key, value)| (key.text.clone(), to_json(value))).collect()),
    }
}

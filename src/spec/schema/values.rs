//! Values with a grammar of their own. Wherever a number or a word may stand, a variable may stand too.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::spec::value::{
    Bytes, Count, Cpus, Duration, Extensions, ExtraHosts, FileMode, PullPolicy, Restart, SshKeys, Text, Texts,
};

macro_rules! schemas {
    ($($type:ident: $schema:tt)*) => {$(
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )*};
}

schemas! {
    Text: { "type": ["string", "number", "boolean", "null"] }
    Texts: {
        "anyOf": [
            { "type": ["string", "number", "boolean"] },
            { "type": "array", "items": { "type": ["string", "number", "boolean"] } },
        ]
    }
    Bytes: {
        "anyOf": [
            { "type": "number" },
            { "type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)? ?([kKmMgGtTpP]i?)?[bB]?$|\$" },
        ]
    }
    Count: { "anyOf": [{ "type": "integer" }, { "type": "string", "pattern": r"^(all|-?[0-9]+)$|\$" }] }
    Cpus: { "anyOf": [{ "type": "number", "minimum": 0 }, { "type": "string", "pattern": r"^[0-9]*\.?[0-9]*$|\$" }] }
    Duration: { "type": "string", "pattern": r"^([0-9]*\.?[0-9]+(ns|us|µs|ms|s|m|h|d|w))+$|^0$|\$" }
    Extensions: { "type": "object" }
    ExtraHosts: {
        "type": "object",
        "additionalProperties": { "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] }
    }
    FileMode: { "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "string", "pattern": r"^(0o?)?[0-7]+$|\$" }] }
    PullPolicy: {
        "type": "string",
        "pattern": r"^(always|never|missing|if_not_present|build|refresh|daily|weekly|every_[0-9a-z.]+)?$|\$"
    }
    Restart: { "type": "string", "pattern": r"^(no|always|unless-stopped|on-failure(:[0-9]+)?)?$|\$" }
    SshKeys: { "type": "object", "additionalProperties": { "type": ["string", "null"] } }
}

//! What an engine can do, as plain data that the pure planner reads.

mod builder;
mod capability;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

pub use builder::{Builder, Store, Unbuildable};
pub use capability::{Capabilities, Change, Feature, clear_filled_swap, fill_swap, filled_swap, is_no_swap};

/// The engine at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// For people: `Docker Engine 20.10.24`.
    pub engine: String,
    /// The API version that both sides speak.
    pub api: ApiVersion,
    /// What it takes.
    pub shape: Shape,
    /// What makes images, where nothing in a build says otherwise.
    pub builder: Builder,
    /// Whose API it speaks.
    pub dialect: Dialect,
    /// Whether paths of the client are paths of the engine: false on a remote one.
    pub local: bool,
    /// Steps at once, unless the user says otherwise.
    pub parallelism: usize,
    /// Fields that not every supported version knows, and the first that does. A field is a path into the canonical
    /// JSON of a service (`fixed.annotations`, `fixed.mounts.*.recursive`, `networks.*.gw_priority`) or of a network
    /// (`network.enable_ipv4`); `*` stands for any key, `=value` at the end for that value only.
    pub since: BTreeMap<&'static str, ApiVersion>,
}

impl Rules {
    /// The set fields of a canonical value that this engine is too old for, each with the version that it needs.
    /// `root` is the first name of their paths: `fixed`, `networks`, `network`.
    pub fn lacks(&self, root: &str, value: &Value) -> Vec<(String, ApiVersion)> {
        let mut found = Vec::new();
        for (&field, &since) in self.since.iter().filter(|&(_, &since)| since > self.api) {
            let (path, only) = field.split_once('=').map_or((field, None), |(path, value)| (path, Some(value)));
            if let Some(rest) = path.strip_prefix(root).and_then(|rest| rest.strip_prefix('.')) {
                let mut hits = Vec::new();
                walk(root.to_owned(), value, rest, only, &mut hits);
                found.extend(hits.into_iter().map(|hit| (hit, since)));
            }
        }
        found
    }
}

fn walk(at: String, value: &Value, rest: &str, only: Option<&str>, found: &mut Vec<String>) {
    let Value::Object(object) = value else { return };
    // Keys of options have dots.
    if rest.contains('.') && object.get(rest).is_some_and(|value| !value.is_null()) {
        return found.push(format!("{at}.{rest}"));
    }
    let (key, rest) = rest.split_once('.').map_or((rest, None), |(key, rest)| (key, Some(rest)));
    for (name, value) in object.iter().filter(|(name, value)| (key == "*" || key == *name) && !value.is_null()) {
        let at = format!("{at}.{name}");
        match rest {
            Some(rest) => walk(at, value, rest, only, found),
            None if only.is_none_or(|only| value == only) => found.push(at),
            None => {}
        }
    }
}

/// A version of the Engine API, `1.41`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiVersion {
    /// Before the dot.
    pub major: u16,
    /// Behind the dot.
    pub minor: u16,
}

impl ApiVersion {
    /// `1.minor`
    pub const fn v1(minor: u16) -> Self {
        Self { major: 1, minor }
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// What an engine takes, and so which planner plans for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Containers one by one (Docker): the plan makes each replica, and replaces one whose fixed fields change.
    Containers,
    /// Whole objects (Swarm, Kubernetes): the engine makes the replicas, and replaces them, by itself.
    Objects,
}

/// Whose API an engine speaks: Podman speaks Docker's as far as it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Docker's own.
    Docker,
    /// What was tried with Podman 4.3.
    Podman,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    pub(super) fn rules() -> Rules {
        Rules {
            engine: "Docker Engine 20.10.24".into(),
            api: ApiVersion::v1(41),
            shape: Shape::Containers,
            builder: Builder::BuildKit,
            dialect: Dialect::Docker,
            local: true,
            parallelism: 4,
            since: [
                ("fixed.annotations", ApiVersion::v1(43)),
                ("fixed.mounts.*.type=image", ApiVersion::v1(48)),
                ("fixed.user", ApiVersion::v1(41)),
            ]
            .into(),
        }
    }

    #[test]
    fn an_old_engine_names_the_fields_that_it_lacks() {
        let rules = rules();
        let fixed = json!({
            "annotations": {"a": "b"},
            "user": "1000",
            "mounts": {"/data": {"type": "volume"}, "/models": {"type": "image"}},
        });
        assert_eq!(
            rules.lacks("fixed", &fixed),
            [
                ("fixed.annotations".to_owned(), ApiVersion::v1(43)),
                ("fixed.mounts./models.type".to_owned(), ApiVersion::v1(48))
            ]
        );
    }
}

//! What an engine can do, as plain data that the pure planner reads.

use std::fmt;

/// The engine at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// For people: `Docker Engine 20.10.24`.
    pub engine: String,
    /// The API version that both sides speak.
    pub api: ApiVersion,
    /// Who makes replicas.
    pub replicas: Replicas,
    /// What a change of a fixed field does.
    pub fixed_change: FixedChange,
    /// Whether paths of the client are paths of the engine: false on a remote one.
    pub local: bool,
    /// Steps at once, unless the user says otherwise.
    pub parallelism: usize,
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

/// Who makes replicas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replicas {
    /// The planner: one container each (Docker).
    Expanded,
    /// The engine (Swarm, Kubernetes).
    Native,
}

/// What a change of a fixed field does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixedChange {
    /// The container is replaced (Docker).
    Replaces,
    /// The engine does that by itself (Swarm, Kubernetes).
    Updates,
}

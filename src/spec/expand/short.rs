//! The short forms that keys may have, by name: the rules say which key has which, and the schema shows it.

use super::{Said, command, grants, hosts, lists, mappings, mounts, objects, ports};
use crate::yaml::Node;

/// A short form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Short {
    /// The context of a build alone.
    Build,
    /// A command as one line.
    Command,
    /// A list of `NAME=PLACE`.
    Contexts,
    /// A list of services.
    DependsOn,
    /// `SOURCE[:TARGET[:PERMISSIONS]]`.
    Device,
    /// The path of a file of variables.
    EnvFile,
    /// A service of the same file.
    Extends,
    /// Nothing, or the old `external: {name: …}`.
    External,
    /// The name of a config or secret.
    Grant,
    /// A line for the shell.
    HealthTest,
    /// A list of `NAME=ADDRESS`.
    Hosts,
    /// A list of `KEY=VALUE`.
    Labels,
    /// `[SOURCE:]TARGET[:OPTIONS]`.
    Mount,
    /// A list of names.
    Names,
    /// The only item of a list.
    OneOrMany,
    /// Nothing, as good as an empty map.
    OrEmpty,
    /// A list of `[[IP:]HOST:]CONTAINER[/PROTOCOL]`.
    Ports,
    /// `all`.
    Requests,
    /// The only item of a list, in which empty ones say nothing.
    Servers,
    /// One number for both limits.
    Ulimit,
    /// A list of `NAME=VALUE` or `NAME`.
    Variables,
}

impl Short {
    /// Makes the long form of a short one, in place; a mistake is added to what was said.
    pub fn expand(self, node: &mut Node, said: &mut Said<'_>) {
        match self {
            Self::Build => objects::build(node, said),
            Self::Command => command::command(node, said),
            Self::Contexts => mappings::contexts(node, said),
            Self::DependsOn => lists::depends_on(node, said),
            Self::Device => grants::device(node, said),
            Self::EnvFile => grants::env_file(node, said),
            Self::Extends => grants::extends(node, said),
            Self::External => objects::external(node, said),
            Self::Grant => grants::grant(node, said),
            Self::HealthTest => command::health_test(node, said),
            Self::Hosts => hosts::hosts(node, said),
            Self::Labels => mappings::labels(node, said),
            Self::Mount => mounts::mount(node, said),
            Self::Names => lists::names(node, said),
            Self::OneOrMany => lists::one_or_many(node, said),
            Self::OrEmpty => objects::or_empty(node, said),
            Self::Ports => ports::ports(node, said),
            Self::Requests => grants::requests(node, said),
            Self::Servers => lists::servers(node, said),
            Self::Ulimit => grants::ulimit(node, said),
            Self::Variables => mappings::variables(node, said),
        }
    }
}

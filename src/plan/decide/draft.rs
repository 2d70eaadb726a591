//! Decisions while they are made, and what is known of containers by then. Later decisions read earlier ones; none is
//! taken back.

use std::collections::{BTreeMap, BTreeSet};

use super::decisions::Decisions;
use super::scope::Scope;
use crate::diagnostic::Diagnostic;
use crate::graph::Graph;
use crate::model::{Address, ImageRef, NoteName};
use crate::plan::compare::files;
use crate::plan::compare::network::NetworkTargets;
use crate::plan::compare::sides::Sides;
use crate::state::{Container, ContainerId, NetworkId};

/// Decisions while they are made.
#[derive(Debug)]
pub struct Draft<'a> {
    /// What is asked for, beside what is there.
    pub sides: &'a Sides<'a>,
    /// Which services the plan is about.
    pub scope: Scope<'a>,
    /// What is decided so far.
    pub decided: Decisions<'a>,
    /// Images that cannot be had; each is told once.
    pub refused: BTreeSet<ImageRef>,
    /// What endpoints are compared with.
    pub targets: NetworkTargets<'a>,
    /// Second networks of a name, which go.
    pub twins: BTreeSet<&'a NetworkId>,
    /// Containers that go.
    pub gone: BTreeSet<&'a ContainerId>,
    /// Containers that give a port up before they go, while services hand ports over.
    pub released: BTreeSet<&'a ContainerId>,
    /// Containers that went before their successor comes, since a volume is made anew.
    pub remade: BTreeSet<&'a ContainerId>,
    /// Containers that get another name.
    pub renamed: BTreeSet<&'a ContainerId>,
    /// Endpoints that go.
    pub left: BTreeSet<(&'a ContainerId, &'a NetworkId)>,
    /// Notes with contents that services need.
    pub kept_files: BTreeSet<NoteName>,
    /// The containers that were created with each of those.
    pub file_users: BTreeMap<NoteName, Vec<&'a Container>>,
    /// Those that each record of an applied state names, the oldest record first.
    pub recorded_files: Vec<BTreeSet<NoteName>>,
}

impl<'a> Draft<'a> {
    /// Nothing is decided yet.
    pub fn new(sides: &'a Sides<'a>, graph: &Graph<'a>) -> Self {
        let (project, observed) = (&sides.request.project.name, sides.request.observed);
        Self {
            sides,
            scope: Scope::of(&sides.request, graph),
            decided: Decisions::default(),
            refused: BTreeSet::new(),
            targets: NetworkTargets::default(),
            twins: BTreeSet::new(),
            gone: BTreeSet::new(),
            released: BTreeSet::new(),
            remade: BTreeSet::new(),
            renamed: BTreeSet::new(),
            left: BTreeSet::new(),
            kept_files: BTreeSet::new(),
            file_users: files::users(project, observed),
            recorded_files: observed.records.iter().map(|record| files::recorded(project, &record.project)).collect(),
        }
    }

    /// Adds a message, at the text that asks for a field.
    pub fn tell(&mut self, diagnostic: Diagnostic, address: &Address, field: &str, label: &str) {
        let told = self.sides.located(diagnostic, address, field, label);
        self.decided.diagnostics.push(told);
    }
}

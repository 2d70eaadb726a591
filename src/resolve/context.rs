//! What a service is resolved with, and where findings go.

use std::collections::{BTreeMap, BTreeSet};

use super::contents::Contents;
use super::places::Places;
use crate::diagnostic::Diagnostic;
use crate::spec::{Lent, Reader, Spec};

/// What the whole spec is resolved with.
pub(super) struct Context<'a> {
    /// The spec.
    pub spec: &'a Spec,
    /// Where its keys stand.
    pub places: Places<'a>,
    /// Where files come from.
    pub reader: &'a dyn Reader,
    /// The variables of the user's shell and of `.env`, for configs and secrets.
    pub environment: &'a BTreeMap<String, String>,
    /// Those that configs and secrets of included files have of their own.
    pub lent: &'a Lent,
    /// Keys that may be left out in every service.
    pub allow_lossy: &'a BTreeSet<String>,
    /// Errors and warnings so far.
    pub found: Vec<Diagnostic>,
}

impl Context<'_> {
    /// Adds a finding, at the key or the nearest thing around it.
    pub fn report(&mut self, finding: Diagnostic, path: &[&str], label: &str) {
        self.found.push(finding.at(self.places.nearest(path), label));
    }
}

/// One service while it is resolved.
pub(super) struct Scope<'c, 'a> {
    /// What the whole spec is resolved with.
    pub context: &'c mut Context<'a>,
    /// The service.
    pub name: &'c str,
    /// Contents of configs and secrets.
    pub contents: &'c Contents,
    /// Keys that the service may go without.
    pub lossy: BTreeSet<String>,
}

impl Scope<'_, '_> {
    /// Adds a finding at a key of the service, or the nearest thing around it.
    pub fn report(&mut self, finding: Diagnostic, path: &[&str], label: &str) {
        let path: Vec<_> = ["services", self.name].iter().chain(path).copied().collect();
        self.context.report(finding, &path, label);
    }
}

//! What of a spec a command is about.

use std::collections::{BTreeMap, BTreeSet};

use super::code;
use super::types::Service;
use crate::diagnostic::{Diagnostic, Severity};

/// Which services a command names. By default it names none, and is about all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// Only these, and what they need; all when empty (`--target`).
    pub targets: BTreeSet<String>,
    /// Not these (`--exclude`).
    pub exclude: BTreeSet<String>,
    /// Named for something else, such as `--rerun`.
    pub named: BTreeSet<String>,
}

impl Part {
    /// Whether it leaves no service out.
    pub fn is_whole(&self) -> bool {
        self.targets.is_empty() && self.exclude.is_empty()
    }

    /// The profiles that are on: the given ones, and those of the services that are named.
    pub(super) fn profiles(&self, given: &[String], services: &BTreeMap<String, Service>) -> Vec<String> {
        let named = self.targets.iter().chain(&self.named).filter_map(|name| services.get(name));
        given.iter().chain(named.flat_map(|service| &service.profiles)).cloned().collect()
    }

    /// The services that it is about: those asked for, what they need, and what borrows from any of these.
    pub(super) fn needed<'a>(&self, services: &'a BTreeMap<String, Service>) -> BTreeSet<&'a str> {
        let is_asked = |name: &&String| match self.targets.is_empty() {
            true => !self.exclude.contains(*name),
            false => self.targets.contains(*name),
        };
        let mut open: Vec<&str> = services.keys().filter(is_asked).map(String::as_str).collect();
        let mut borrowers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, service) in services {
            borrowed(service).for_each(|owner| borrowers.entry(owner).or_default().push(name));
        }
        let mut needed = BTreeSet::new();
        while let Some(name) = open.pop() {
            let Some((name, service)) = services.get_key_value(name).filter(|_| !needed.contains(name)) else {
                continue;
            };
            needed.insert(name.as_str());
            open.extend(needs(service));
            open.extend(borrowers.get(name.as_str()).into_iter().flatten());
        }
        needed
    }

    /// What is told of mistakes in what it leaves out.
    pub(super) fn left_out(mistakes: &[Diagnostic]) -> Option<Diagnostic> {
        let is_mistake = |told: &&Diagnostic| told.severity == Severity::Error;
        let count = mistakes.iter().filter(is_mistake).count();
        let first = mistakes.iter().find(is_mistake)?;
        let (them, shows) = match count {
            1 => ("a mistake".to_owned(), "`dsenv validate` shows it"),
            _ => (format!("{count} mistakes"), "`dsenv validate` shows them"),
        };
        let told = format!("services that are not asked for have {them}, and are left as they are");
        let told = Diagnostic::warning(code::LEFT_OUT, told).help(shows);
        Some(match &first.place {
            Some(place) => told.at(place.clone(), first.message.clone()),
            None => told.help(first.message.clone()),
        })
    }
}

/// The services that one cannot be without; the implied dependencies are among them.
fn needs(service: &Service) -> impl Iterator<Item = &str> {
    let contexts = service.build.iter().flat_map(|build| build.additional_contexts.values());
    let built = contexts.filter_map(|context| context.as_str().strip_prefix("service:"));
    service.depends_on.keys().map(String::as_str).chain(built)
}

/// The services whose namespaces or mounts one shares.
fn borrowed(service: &Service) -> impl Iterator<Item = &str> {
    let Service { network_mode, ipc, pid, uts, volumes_from, .. } = service;
    let modes = [network_mode, ipc, pid, uts].into_iter().flatten().filter_map(|mode| mode.strip_prefix("service:"));
    modes.chain(volumes_from.iter().map(|from| from.split(':').next().unwrap_or_default()))
}

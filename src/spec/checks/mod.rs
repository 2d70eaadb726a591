//! What services say of each other and of the rest: checked when all types are read.

mod content;
mod cycles;
mod references;
mod service;
mod warnings;

use std::collections::BTreeSet;

use super::told::Told;
use super::{Spec, code};
use crate::diagnostic::Diagnostic;
use crate::place::Place;
use crate::yaml::Node;

/// Runs every check. Of services that are broken something was left out, so it is not told that they lack it.
pub fn all(spec: &Spec, tree: &Node, broken: &BTreeSet<String>, said: &mut Told) {
    let mut check = Check { spec, tree, broken, said };
    references::check(&mut check);
    service::check(&mut check);
    content::check(&mut check);
    cycles::check(&mut check);
    warnings::check(&mut check);
}

/// What a check has at hand.
struct Check<'a> {
    spec: &'a Spec,
    tree: &'a Node,
    broken: &'a BTreeSet<String>,
    said: &'a mut Told,
}

impl<'a> Check<'a> {
    /// The node of a path, or the nearest above it.
    fn node(&self, path: &[&str]) -> &'a Node {
        let mut node = self.tree;
        for step in path {
            let below = match node.as_list() {
                Some(list) => step.parse::<usize>().ok().and_then(|index| list.get(index)),
                None => node.get(step),
            };
            match below {
                Some(below) => node = below,
                None => break,
            }
        }
        node
    }

    fn place(&self, path: &[&str]) -> Place {
        self.node(path).place.clone()
    }

    /// Where a key of a map stands.
    fn key(&self, path: &[&str], key: &str) -> Place {
        let node = self.node(path);
        let known = node.as_map().and_then(|map| map.get_key_value(key)).map(|(key, _)| key.place.clone());
        known.unwrap_or_else(|| node.place.clone())
    }

    /// Where a service stands: its key.
    fn service(&self, name: &str) -> Place {
        self.key(&["services"], name)
    }

    /// "Did you mean", or nothing.
    fn near<'b>(&self, word: &str, candidates: impl IntoIterator<Item = &'b str>) -> String {
        self.said.near(word, candidates)
    }

    /// Tells a mistake.
    fn error(&mut self, code: &'static str, message: impl Into<String>, place: Place, help: impl Into<String>) {
        self.said.push(with_help(Diagnostic::error(code, message).at(place, ""), help));
    }

    /// Whether a map has a key that is not known: what seems to be missing may be that one.
    fn is_misspelt(&self, path: &[&str]) -> bool {
        let unknown = |place: &Place| {
            self.said.iter().any(|told| told.code == code::UNKNOWN_KEY && told.place.as_ref() == Some(place))
        };
        self.node(path).as_map().is_some_and(|map| map.keys().any(|key| unknown(&key.place)))
    }

    /// Tells what is surely not meant.
    fn warning(&mut self, code: &'static str, message: impl Into<String>, place: Place, help: impl Into<String>) {
        self.said.push(with_help(Diagnostic::warning(code, message).at(place, ""), help));
    }
}

fn with_help(diagnostic: Diagnostic, help: impl Into<String>) -> Diagnostic {
    let help = help.into();
    if help.is_empty() { diagnostic } else { diagnostic.help(help) }
}

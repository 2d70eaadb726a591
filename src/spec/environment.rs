//! Variables of containers: inherited ones, and those of files.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::Utf8Path;

use super::dotenv::{self, Format};
use super::interpolate::Variables;
use super::{Reader, code, file};
use crate::diagnostic::Diagnostic;
use crate::place::{Place, Source};
use crate::yaml::{Node, Value};

/// Where variables come from.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// Files.
    pub reader: &'a dyn Reader,
    /// The variables of the project.
    pub variables: &'a Variables,
    /// Folder that paths in messages start from.
    pub shown_from: &'a Utf8Path,
}

/// Gives variables without value the one of the environment, if there is one.
pub fn inherit(tree: &mut Node, variables: &Variables) {
    let Some(services) = tree.get_mut("services").and_then(Node::as_map_mut) else { return };
    for service in services.values_mut() {
        if let Some(environment) = service.get_mut("environment") {
            fill(environment, variables);
        }
        if let Some(args) = service.get_mut("build").and_then(|build| build.get_mut("args")) {
            fill(args, variables);
        }
    }
}

fn fill(map: &mut Node, variables: &Variables) {
    let Some(map) = map.as_map_mut() else { return };
    for (key, value) in map.iter_mut() {
        if value.is_null()
            && let Some(known) = variables.get(&key.text)
        {
            value.value = Value::from(known.as_str());
        }
    }
}

/// The variables of a file over those of `earlier` ones. Its own `${NAME}` are looked up in `known` first, then in the
/// file so far, then in earlier ones.
///
/// # Errors
/// When the file cannot be read, or has a line that is no assignment.
pub fn read(
    path: &Utf8Path,
    shown: String,
    asked: Option<&Place>,
    known: &Variables,
    earlier: Variables,
    reader: &dyn Reader,
) -> Result<BTreeMap<String, String>, Box<Diagnostic>> {
    let source = file::read(path, shown, reader, asked).map_err(|diagnostic| {
        let help =
            if asked.is_none() { vec!["name another one with --env-file".to_owned()] } else { diagnostic.help.clone() };
        Box::new(Diagnostic { code: code::ENV_FILE, help, ..*diagnostic })
    })?;
    parse(&source, Format::Dotenv, earlier, &|name| known.get(name).cloned())
}

/// The variables of a text.
///
/// # Errors
/// When a line is no assignment.
pub fn parse(
    source: &Arc<Source>,
    format: Format,
    earlier: BTreeMap<String, String>,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, String>, Box<Diagnostic>> {
    dotenv::parse(&source.text, format, earlier, lookup).map_err(|dotenv::Fault { message, start, end }| {
        let place = Place::new(Arc::clone(source), start, end);
        let help = if message.contains("16 MiB") {
            "keep in it what is read from it"
        } else if message.contains("quote") {
            "close it, or put the value in quotes of the other kind"
        } else {
            "a line is `NAME=VALUE`, or begins with `#`"
        };
        Box::new(Diagnostic::error(code::ENV_FILE, message).at(place, "").help(help))
    })
}

//! From files to one tree: parsed, filled with variables, in long form, extended, included, merged.

mod extends;
mod include;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::allowance::Allowance;
use super::expand::Said;
use super::interpolate::{self, Filler, Variables};
use super::load::{Lent, Request};
use super::paths::Base;
use super::rule::ROOT;
use super::told::Told;
use super::{Reader, code, environment, expand, fault, file, merge, paths, typed};
use crate::diagnostic::{Diagnostic, Severity};
use crate::place::{Place, Source};
use crate::yaml::{self, Key, Map, Node, Tag, Value};

/// Loads files. What is wrong with them is in `said`.
pub struct Loader<'a> {
    reader: &'a dyn Reader,
    request: &'a Request,
    /// The variables of the whole.
    pub variables: Variables,
    /// Mistakes and warnings so far.
    pub said: Told,
    /// Every file that was read.
    pub files: Vec<Utf8PathBuf>,
    /// The variables that configs and secrets of included files have of their own.
    pub lent: Lent,
    /// The services that are read, and those that they build on; all of them when `None`.
    pub only: Option<BTreeSet<String>>,
    /// Files of which something could not be read.
    unread: BTreeSet<Utf8PathBuf>,
    /// Ports that ranges may still stand for.
    ports: usize,
    /// Bytes that texts with variables in them may still come to.
    filled: usize,
    /// What files may still come to.
    allowance: Allowance,
    /// What was parsed, so that no file is read twice: standard input cannot be.
    parsed: HashMap<Utf8PathBuf, Option<Vec<Node>>>,
    /// The services of files that others extend.
    extended: HashMap<Utf8PathBuf, Map>,
    /// The files that are being included, outermost first.
    including: Vec<Utf8PathBuf>,
}

impl<'a> Loader<'a> {
    pub fn new(request: &'a Request, reader: &'a dyn Reader) -> Self {
        Self {
            reader,
            request,
            variables: request.variables.clone(),
            said: Told::default(),
            files: Vec::new(),
            lent: Lent::new(),
            only: None,
            unread: BTreeSet::new(),
            ports: expand::MOST_PORTS,
            filled: interpolate::LONGEST,
            allowance: Allowance::default(),
            parsed: HashMap::new(),
            extended: HashMap::new(),
            including: Vec::new(),
        }
    }

    /// The names that a file gives its environment, with their places; none where a variable has no value.
    pub fn names(&mut self, path: &Utf8Path) -> Vec<(Option<String>, Place)> {
        let documents = self.parse(path, None);
        let names = documents.iter().filter_map(|document| document.get("name")).filter_map(|name| {
            let lookup = |variable: &str| self.variables.get(variable).cloned();
            let text = interpolate::text(name.as_text()?, &lookup).ok().map(|filled| filled.text);
            Some((text, name.place.clone()))
        });
        let names = names.collect();
        self.parsed.insert(path.to_owned(), Some(documents));
        names
    }

    /// A path without symbolic links, where something is.
    pub fn real_path(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        self.reader.canonicalize(path)
    }

    /// One tree of several files, later ones over earlier ones, over what they include.
    pub fn model(&mut self, files: &[Utf8PathBuf], folder: &Utf8Path, variables: &Variables) -> Node {
        let depth = self.including.len();
        self.including.extend(files.iter().cloned());
        let mut included: Option<Node> = None;
        let mut merged: Option<Node> = None;
        let mut empty = Vec::new();
        for path in files {
            let documents = self.documents(path, None, variables);
            if documents.is_empty() && !self.unread.contains(path) {
                empty.push(path);
            }
            for mut document in documents {
                self.include(&mut document, folder, variables, &mut included);
                self.extend_services(&mut document, path, folder, variables, included.as_ref());
                if let Some(included) = &mut included {
                    merge::strike(included, &document);
                }
                match &mut merged {
                    None => merged = Some(merge::settled(document)),
                    Some(merged) => {
                        self.kinds(merged);
                        merge::tree(merged, document, &ROOT, &mut self.said);
                    }
                }
            }
        }
        let alone = merged.is_none();
        self.said.extend(empty.into_iter().map(|path| self.nothing_in(path, alone)).collect::<Vec<_>>());
        self.including.truncate(depth);
        let mut tree = merged.unwrap_or_else(|| Node::new(nowhere(files), Map::new()));
        merge::unify(&mut tree, &ROOT);
        default_contexts(&mut tree);
        paths::tree(&mut tree, &ROOT, self.base(folder));
        if self.request.interpolate {
            environment::inherit(&mut tree, variables);
        }
        match included {
            None => tree,
            Some(mut below) => {
                merge::tree(&mut below, tree, &ROOT, &mut self.said);
                merge::unify(&mut below, &ROOT);
                below
            }
        }
    }

    /// Tells values of the wrong kind before others go over them: each file is right by itself, or over earlier ones.
    fn kinds(&mut self, merged: &Node) {
        if !self.request.interpolate {
            return;
        }
        let mut tree = merged.clone();
        merge::unify(&mut tree, &ROOT);
        let mut said = Told::default();
        typed::spec(&mut tree, &mut BTreeSet::new(), &mut said);
        self.said.extend(said.errors().iter().filter(|told| told.code == code::WRONG_TYPE).cloned());
    }

    /// The documents of a file, filled with variables and in long form.
    fn documents(&mut self, path: &Utf8Path, asked: Option<&Place>, variables: &Variables) -> Vec<Node> {
        let documents = self.parse(path, asked);
        let interpolate = self.request.interpolate;
        let (said, ports, filled) = (&mut self.said, &mut self.ports, &mut self.filled);
        // What another file extends is none of the services that are meant.
        let only = self.only.as_ref().filter(|_| asked.is_none());
        let ready = documents.into_iter().map(|mut document| {
            only.into_iter().for_each(|only| leave_out(&mut document, only));
            merge::drop_items(&mut document);
            if interpolate {
                Filler { variables, left: filled, said }.tree(&mut document);
            }
            expand::tree(&mut document, &ROOT, !interpolate, &mut Said { list: said, ports });
            document
        });
        ready.collect()
    }

    /// The documents of a file as they are; those that are no maps are told and left out.
    fn parse(&mut self, path: &Utf8Path, asked: Option<&Place>) -> Vec<Node> {
        if let Some(known) = self.parsed.get_mut(path) {
            return known.take().unwrap_or_default();
        }
        let source = match file::read(path, self.shown(path), self.reader, asked) {
            Ok(source) => source,
            Err(diagnostic) => {
                self.unread.insert(path.to_owned());
                self.said.push(*diagnostic);
                return Vec::new();
            }
        };
        if path != "-" {
            self.files.push(path.to_owned());
        }
        if !self.request.files.iter().any(|file| file == path)
            && let Err(spent) = self.allowance.read(source.text.len())
        {
            self.unread.insert(path.to_owned());
            self.said.extend(spent.map(|told| match asked {
                Some(place) => told.at(place.clone(), ""),
                None => *told,
            }));
            return Vec::new();
        }
        let mut faults = Vec::new();
        let documents = yaml::parse(&source, typed::most, &mut faults);
        if !faults.is_empty() {
            self.unread.insert(path.to_owned());
        }
        self.said.extend(faults.into_iter().map(fault::diagnostic));
        let mut maps = Vec::with_capacity(documents.len());
        for mut document in documents {
            match &mut document.value {
                Value::Map(map) => {
                    self.drop_version(map);
                    self.no_services(map);
                    maps.push(document);
                }
                Value::Null => {}
                _ => {
                    let message = format!("expected a map with `services`, found {}", document.kind());
                    let wrong = Diagnostic::error(code::WRONG_TYPE, message).at(document.place, "");
                    self.said.push(wrong.help("begin the file with `services:`, and indent each service below it"));
                    self.unread.insert(path.to_owned());
                    return Vec::new();
                }
            }
        }
        maps
    }

    /// A file with nothing in it: a mistake when it is all there is, and surely not meant beside others.
    fn nothing_in(&self, path: &Utf8Path, alone: bool) -> Diagnostic {
        let message = format!("{} has nothing in it", self.shown(path));
        let diagnostic = Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code::EMPTY, message) };
        if alone {
            let help = "a spec is a map with `services`, such as `services: {web: {image: nginx}}`";
            Diagnostic { severity: Severity::Error, ..diagnostic }.help(help)
        } else {
            diagnostic.help("write into it, or leave it out")
        }
    }

    /// `services:` with nothing below it is a mistake in every file, though nothing over something keeps it elsewhere.
    fn no_services(&mut self, map: &mut Map) {
        if map.get("services").is_some_and(|services| services.is_null() && services.tag == Tag::None)
            && let Some((key, _)) = map.shift_remove_entry("services")
        {
            let help = "indent the services below it, or remove the key";
            let message = "expected a map of services, found nothing";
            self.said.push(Diagnostic::error(code::WRONG_TYPE, message).at(key.place, "").help(help));
        }
    }

    fn drop_version(&mut self, map: &mut Map) {
        let Some((key, value)) = map.shift_remove_entry("version") else { return };
        self.said.push(match value.as_text() {
            Some(_) => Diagnostic::warning(code::OBSOLETE, "`version` has no meaning any more")
                .at(key.place, "")
                .help("remove it"),
            None => Diagnostic::error(code::WRONG_TYPE, format!("expected a text, found {}", value.kind()))
                .at(value.place, "version")
                .help("remove it: `version` has no meaning any more"),
        });
    }

    fn base<'b>(&'b self, folder: &'b Utf8Path) -> Base<'b> {
        Base { folder, home: self.variables.get("HOME").map(String::as_str), reader: self.reader }
    }

    /// A path as messages have it: from the current folder if it is below it.
    fn shown(&self, path: &Utf8Path) -> String {
        shown(path, &self.request.shown_from)
    }
}

/// A path as messages have it: from the folder if it is below it.
pub fn shown(path: &Utf8Path, from: &Utf8Path) -> String {
    match path.as_str() {
        "-" => "<stdin>".to_owned(),
        text => path.strip_prefix(from).map_or_else(|_| text.to_owned(), ToString::to_string),
    }
}

fn nowhere(files: &[Utf8PathBuf]) -> Place {
    let name = files.first().map(ToString::to_string).unwrap_or_default();
    Place::new(Arc::new(Source::new(name, "")), 0, 0)
}

/// A build without context builds the project's folder.
fn default_contexts(tree: &mut Node) {
    let Some(services) = tree.get_mut("services").and_then(Node::as_map_mut) else { return };
    for service in services.values_mut() {
        let Some(build) = service.get_mut("build") else { continue };
        let place = build.place.clone();
        if let Value::Map(build) = &mut build.value
            && !build.contains_key("context")
        {
            build.insert(Key::new("context", place.clone()), Node::new(place, "."));
        }
    }
}

/// Takes out of a document all services but these and those of it that they build on.
fn leave_out(document: &mut Node, only: &BTreeSet<String>) {
    let Some(services) = document.get_mut("services").and_then(Node::as_map_mut) else { return };
    let mut open: Vec<String> = only.iter().cloned().collect();
    let mut kept = BTreeSet::new();
    while let Some(name) = open.pop() {
        let extends = services.get(name.as_str()).and_then(|service| service.get("extends"));
        let base = extends.filter(|extends| extends.get("file").is_none());
        let base = base.and_then(|extends| extends.get("service").unwrap_or(extends).as_text());
        open.extend(base.map(str::to_owned).filter(|base| !kept.contains(base)));
        kept.insert(name);
    }
    services.retain(|key, _| kept.contains(&key.text));
}

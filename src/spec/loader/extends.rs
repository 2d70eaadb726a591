//! `extends`: a service over another one, of the same file or of another.

use std::mem;

use camino::{Utf8Path, Utf8PathBuf};

use super::Loader;
use crate::diagnostic::Diagnostic;
use crate::place::Place;
use crate::spec::interpolate::Variables;
use crate::spec::rule::{ROOT, SERVICE};
use crate::spec::{code, merge, paths};
use crate::yaml::{Map, Node, Tag, Value};

/// Where the services that extend each other stand.
struct Within<'a> {
    file: &'a Utf8Path,
    folder: &'a Utf8Path,
    variables: &'a Variables,
    /// Services of included files.
    included: Option<&'a Node>,
}

/// Longest way from a service to the last one that it builds on.
const LONGEST: usize = 100;

/// The services on the way, outermost first, each with its file.
type Way = Vec<(Utf8PathBuf, String)>;

impl Loader<'_> {
    /// Resolves every `extends` of a document.
    pub(super) fn extend_services(
        &mut self,
        document: &mut Node,
        file: &Utf8Path,
        folder: &Utf8Path,
        variables: &Variables,
        included: Option<&Node>,
    ) {
        let Some(Value::Map(services)) = document.get_mut("services").map(|services| &mut services.value) else {
            return;
        };
        let extending = |(key, service): (&_, &Node)| -> Option<String> {
            let key: &crate::yaml::Key = key;
            service.get("extends").map(|_| key.text.clone())
        };
        let names: Vec<String> = services.iter().filter_map(extending).collect();
        let within = Within { file, folder, variables, included };
        for name in names {
            self.extend(&name, services, &within, &mut Vec::new());
        }
    }

    /// Resolves the `extends` of one service, in place.
    fn extend(&mut self, name: &str, services: &mut Map, within: &Within<'_>, way: &mut Way) {
        let Some(service) = services.get_mut(name) else { return };
        let Some(map) = service.as_map_mut() else { return };
        let Some(extends) = map.shift_remove("extends").filter(|extends| extends.tag != Tag::Reset) else { return };
        way.push((within.file.to_owned(), name.to_owned()));
        let base = self.base_of(&extends, services, within, way);
        way.pop();
        let (Some(mut base), Some(service)) = (base, services.get_mut(name)) else { return };
        // The base keeps its own places; the map as a whole stands where the service does.
        base.place = service.place.clone();
        base.replaced = None;
        let place = service.place.clone();
        let over = mem::replace(service, Node::new(place, Value::Null));
        let tagged = over.clone();
        merge::tree(&mut base, over, &SERVICE, &mut self.said);
        merge::unify(&mut base, &SERVICE);
        merge::keep_tags(&tagged, &mut base);
        *service = base;
    }

    fn base_of(&mut self, extends: &Node, services: &mut Map, within: &Within<'_>, way: &mut Way) -> Option<Node> {
        let Some(target) = extends.get("service") else {
            let message = "`extends` names no service";
            self.said
                .push(Diagnostic::error(code::EXTENDS, message).at(extends.place.clone(), "").help("add `service: …`"));
            return None;
        };
        let Some(name) = target.as_text() else {
            self.said.push(
                Diagnostic::error(code::WRONG_TYPE, "expected the name of a service").at(target.place.clone(), ""),
            );
            return None;
        };
        match extends.get("file").and_then(Node::as_text) {
            Some(file) => {
                let path = Utf8PathBuf::from(paths::absolute(file, self.base(within.folder)));
                let named = extends.get("file").map_or(&target.place, |file| &file.place);
                if !self.extended.contains_key(&path) {
                    let services = self.services_of(&path, named, within.variables)?;
                    self.extended.insert(path.clone(), services);
                }
                self.base_in_file(&path, name, &target.place, within, way)
            }
            None => {
                if self.is_cycle(within.file, name, &target.place, way) {
                    return None;
                }
                self.extend(name, services, within, way);
                let known = services.get(name).or_else(|| within.included?.get("services")?.get(name));
                if known.is_none() {
                    self.not_found(name, within.file, services, &target.place);
                }
                self.copied(known, &target.place)
            }
        }
    }

    /// A service of another file, with its paths taken from that file's folder.
    fn base_in_file(
        &mut self,
        path: &Utf8Path,
        name: &str,
        place: &Place,
        within: &Within<'_>,
        way: &mut Way,
    ) -> Option<Node> {
        if self.is_cycle(path, name, place, way) {
            return None;
        }
        let folder = path.parent().unwrap_or(path).to_owned();
        let mut services = match self.extended.remove(path) {
            Some(services) => services,
            None => self.services_of(path, place, within.variables)?,
        };
        let there = Within { file: path, folder: &folder, variables: within.variables, included: None };
        self.extend(name, &mut services, &there, way);
        let base = services.get(name);
        if base.is_none() {
            self.not_found(name, path, &services, place);
        }
        let base = self.copied(base, place);
        self.extended.insert(path.to_owned(), services);
        base
    }

    fn services_of(&mut self, path: &Utf8Path, place: &Place, variables: &Variables) -> Option<Map> {
        let folder = path.parent().unwrap_or(path);
        // A file that extends a service of itself, or is merged too, is read again: what was parsed is used up.
        self.parsed.remove(path);
        let mut merged: Option<Node> = None;
        for document in self.documents(path, Some(place), variables) {
            match &mut merged {
                None => merged = Some(document),
                Some(merged) => merge::tree(merged, document, &ROOT, &mut self.said),
            }
        }
        let mut merged = merged?;
        paths::tree(&mut merged, &ROOT, self.base(folder));
        match merged.get_mut("services").map(|services| mem::replace(&mut services.value, Value::Null)) {
            Some(Value::Map(services)) => Some(*services),
            _ => {
                let message = format!("{} has no services", self.shown(path));
                self.said.push(Diagnostic::error(code::EXTENDS, message).at(place.clone(), ""));
                None
            }
        }
    }

    /// Whether the way ends here: it leads back to itself, or is longer than any spec's.
    fn is_cycle(&mut self, file: &Utf8Path, name: &str, place: &Place, way: &Way) -> bool {
        if way.len() > LONGEST {
            let message = format!("services extend each other more than {LONGEST} times");
            self.said.push(Diagnostic::error(code::TOO_MUCH, message).at(place.clone(), ""));
            return true;
        }
        let Some(start) = way.iter().position(|(known, service)| known == file && service == name) else {
            return false;
        };
        let ring: Vec<_> = way[start..].iter().map(|(_, service)| service.as_str()).chain([name]).collect();
        let message = format!("a service extends itself: {}", ring.join(" → "));
        let help = "take one of these `extends` away";
        self.said.push(Diagnostic::error(code::CYCLE_OF_FILES, message).at(place.clone(), "").help(help));
        true
    }

    /// A copy of a service, if there is room for one more.
    fn copied(&mut self, service: Option<&Node>, place: &Place) -> Option<Node> {
        match self.allowance.copy(service?.weight()) {
            Ok(()) => service.cloned().map(merge::settled),
            Err(spent) => {
                self.said.extend(spent.map(|told| told.at(place.clone(), "")));
                None
            }
        }
    }

    fn not_found(&mut self, name: &str, file: &Utf8Path, services: &Map, place: &Place) {
        let message = format!("there is no service `{name}` in {}", self.shown(file));
        let near = self.said.near(name, services.keys().map(|key| key.text.as_str()));
        let diagnostic = Diagnostic::error(code::EXTENDS, message).at(place.clone(), "");
        self.said.push(if near.is_empty() { diagnostic } else { diagnostic.help(near) });
    }
}

//! `include`: another project's services, networks and so on, loaded from its own folder with its own variables.

use camino::{Utf8Path, Utf8PathBuf};

use super::Loader;
use crate::diagnostic::Diagnostic;
use crate::place::Place;
use crate::spec::expand::{Said, Short};
use crate::spec::interpolate::Variables;
use crate::spec::rule::ROOT;
use crate::spec::{code, environment, fault, merge, paths};
use crate::yaml::{self, Node, Value};

/// What a file includes.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Include {
    path: Vec<String>,
    project_directory: Option<String>,
    env_file: Vec<String>,
}

/// Most files on the way from the project to an included one.
const DEEPEST: usize = 100;

/// What is taken from an included project; its name and extensions are its own.
const TAKEN: [&str; 6] = ["services", "networks", "volumes", "secrets", "configs", "models"];

impl Loader<'_> {
    /// Takes `include` out of a document and puts what it names into `included`.
    pub(super) fn include(
        &mut self,
        document: &mut Node,
        folder: &Utf8Path,
        variables: &Variables,
        included: &mut Option<Node>,
    ) {
        let Some(list) = document.as_map_mut().and_then(|map| map.shift_remove("include")) else { return };
        if list.is_null() {
            return;
        }
        let Value::List(items) = list.value else {
            let message = format!("expected a list, found {}", list.kind());
            self.said
                .push(Diagnostic::error(code::WRONG_TYPE, message).at(list.place, "").help("write `include: [FILE]`"));
            return;
        };
        for mut item in items {
            let place = item.place.clone();
            if let Value::Text(path) = &item.value {
                item.value = Value::from(super::Map::from_iter([(
                    yaml::Key::new("path", place.clone()),
                    Node::new(place.clone(), path.as_str()),
                )]));
            }
            for key in ["path", "env_file"] {
                if let Some(value) = item.get_mut(key) {
                    Short::OneOrMany.expand(value, &mut Said { list: &mut self.said, ports: &mut self.ports });
                }
            }
            let mut faults = Vec::new();
            let include: Option<Include> = yaml::read(&mut item, &mut faults);
            self.said.extend(faults.into_iter().map(fault::diagnostic));
            let Some(include) = include else { continue };
            let Some(mut model) = self.included(&include, &place, folder, variables) else { continue };
            if let Some(map) = model.as_map_mut() {
                map.retain(|key, _| TAKEN.contains(&key.text.as_str()));
            }
            match included {
                None => *included = Some(model),
                Some(known) => merge::tree(known, model, &ROOT, &mut self.said),
            }
        }
    }

    fn included(&mut self, include: &Include, place: &Place, folder: &Utf8Path, variables: &Variables) -> Option<Node> {
        let Include { path, project_directory, env_file } = include;
        let absolute = |path: &String, this: &Self| Utf8PathBuf::from(paths::absolute(path, this.base(folder)));
        let files: Vec<_> = path.iter().map(|path| absolute(path, self)).collect();
        let first = files.first()?;
        if self.including.len() > DEEPEST {
            let message = format!("files include each other more than {DEEPEST} times");
            self.said.push(Diagnostic::error(code::TOO_MUCH, message).at(place.clone(), ""));
            return None;
        }
        if self.including.contains(first) {
            let ring: Vec<_> = self.including.iter().chain([first]).map(|file| self.shown(file)).collect();
            let message = format!("a file includes itself: {}", ring.join(" → "));
            let help = "take one of these `include` away";
            self.said.push(Diagnostic::error(code::CYCLE_OF_FILES, message).at(place.clone(), "").help(help));
            return None;
        }
        for file in &files {
            if !self.reader.exists(file) {
                let message = format!("{} cannot be read: there is no such file", self.shown(file));
                let help = "paths are taken from the folder of the file that includes";
                self.said.push(Diagnostic::error(code::FILE, message).at(place.clone(), "").help(help));
                return None;
            }
        }
        let folder = match project_directory {
            Some(directory) => absolute(directory, self),
            None => first.parent().unwrap_or(first).to_owned(),
        };
        let env_files: Vec<_> = if env_file.is_empty() {
            let default = folder.join(".env");
            if self.reader.exists(&default) && !self.reader.is_dir(&default) { vec![default] } else { Vec::new() }
        } else {
            env_file.iter().map(|path| absolute(path, self)).collect()
        };
        let mut found = Variables::new();
        for path in env_files {
            let shown = self.shown(&path);
            match environment::read(&path, shown, Some(place), variables, found.clone(), self.reader) {
                Ok(read) => {
                    self.files.push(path);
                    found = read;
                }
                Err(diagnostic) => self.said.push(*diagnostic),
            }
        }
        let mut own = variables.clone();
        for (name, value) in found {
            own.entry(name).or_insert(value);
        }
        // Parsed for an earlier include or the project itself: what was parsed is used up.
        for file in &files {
            self.parsed.remove(file);
        }
        let model = self.model(&files, &folder, &own);
        self.lend(&model, variables, &own);
        Some(model)
    }

    /// Keeps the variables that configs and secrets take and that only the included project has.
    fn lend(&mut self, model: &Node, variables: &Variables, own: &Variables) {
        for section in ["configs", "secrets"] {
            for (key, object) in model.get(section).and_then(Node::as_map).into_iter().flatten() {
                let variable = object.get("environment").and_then(Node::as_text);
                if let Some((name, value)) = variable.and_then(|name| own.get_key_value(name))
                    && !variables.contains_key(name)
                {
                    let lent = self.lent.entry((section.to_owned(), key.text.clone())).or_default();
                    lent.insert(name.clone(), value.clone());
                }
            }
        }
    }
}

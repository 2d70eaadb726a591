//! Whole specs, from literals to the typed spec or to what is said of them.

mod files;
mod hostile;
mod merging;
mod mistakes;

use camino::Utf8PathBuf;

use super::emit::{self, Audience};
use super::{Literals, Loaded, Part, Request, load};
use crate::diagnostic::{Diagnostic, Severity};

/// A project in the folder `/lab`, its files by name, the first ones being the spec.
struct Project {
    request: Request,
    files: Literals,
}

fn project(files: &[(&str, &str)]) -> Project {
    let at = |name: &str| Utf8PathBuf::from("/lab").join(name);
    let request = Request {
        files: files.iter().take(1).map(|(name, _)| at(name)).collect(),
        folder: "/lab".into(),
        shown_from: "/lab".into(),
        name: None,
        profiles: Vec::new(),
        part: Part::default(),
        variables: [("HOME".to_owned(), "/home/lab".to_owned())].into(),
        interpolate: true,
    };
    let files = files.iter().map(|(name, text)| (at(name), *text)).collect();
    Project { request, files }
}

/// A project of one file.
fn one(text: &str) -> Project {
    project(&[("env.yaml", text)])
}

impl Project {
    /// The first files of the literals are the spec.
    fn specs(mut self, names: &[&str]) -> Self {
        self.request.files = names.iter().map(|name| Utf8PathBuf::from("/lab").join(name)).collect();
        self
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.request.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    fn profile(mut self, profile: &str) -> Self {
        self.request.profiles.push(profile.to_owned());
        self
    }

    fn loaded(&self) -> Loaded {
        load(&self.request, &self.files).unwrap_or_else(|said| panic!("it is valid, but:\n{}", lines(&said)))
    }

    /// The part of the canonical spec at a JSON pointer, as YAML.
    fn print(&self, pointer: &str) -> String {
        let spec = emit::spec(&self.loaded().spec.used(), Audience::Yaml);
        crate::yaml::print(spec.pointer(pointer).unwrap_or(&serde_json::Value::Null))
    }

    /// What is wrong, one line each.
    fn mistakes(&self) -> String {
        lines(&load(&self.request, &self.files).expect_err("it has mistakes"))
    }

    /// What is surely not meant, one line each.
    fn warnings(&self) -> String {
        lines(&self.loaded().warnings)
    }
}

fn lines(said: &[Diagnostic]) -> String {
    let line = |diagnostic: &Diagnostic| {
        let Diagnostic { severity, code, message, place, help, .. } = diagnostic;
        let place = place.as_ref().map(|place| format!("{place} ")).unwrap_or_default();
        let mark = if *severity == Severity::Error { "" } else { "warning: " };
        let help: String = help.iter().map(|help| format!(" | {help}")).collect();
        format!("{place}{mark}{message} [{code}]{help}\n")
    };
    said.iter().map(line).collect()
}

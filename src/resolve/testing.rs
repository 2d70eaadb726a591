//! Resolving literals: tests say YAML and see what it makes of the model.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};

use super::{Resolved, resolve};
use crate::diagnostic::Diagnostic;
use crate::model::{Project, Service};
use crate::spec::{self, Loaded, Reader, Request};

/// A test for each attribute: its name, keys of a service, and what they make of the model.
macro_rules! attributes {
    ($($name:ident: $keys:literal => $model:literal;)*) => {$(
        #[test]
        fn $name() {
            assert_eq!(crate::resolve::testing::check($keys), $model);
        }
    )*};
}
pub(super) use attributes;

/// Files by path.
pub(super) struct Files(pub BTreeMap<String, String>);

impl Reader for Files {
    fn read(&self, path: &Utf8Path, _limit: u64) -> io::Result<Vec<u8>> {
        let text = self.0.get(path.as_str()).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such file"))?;
        Ok(text.as_bytes().to_vec())
    }

    fn exists(&self, path: &Utf8Path) -> bool {
        self.0.contains_key(path.as_str()) || self.is_dir(path)
    }

    fn is_dir(&self, path: &Utf8Path) -> bool {
        self.0.keys().any(|file| Utf8Path::new(file).starts_with(path) && *file != path)
    }

    fn canonicalize(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        self.exists(path).then(|| path.to_owned())
    }
}

/// The files that every test has.
const FILES: [(&str, &str); 4] = [
    ("app/Dockerfile", "FROM busybox\n"),
    ("hello.conf", "hello"),
    ("profile.json", "{\n  \"defaultAction\": \"SCMP_ACT_ALLOW\"\n}\n"),
    ("broken.json", "{"),
];

/// Resolves a spec of the folder `/lab`, where the variable `TOKEN` is `swordfish`.
pub(super) fn resolve_text(text: &str) -> Result<Resolved, Vec<Diagnostic>> {
    resolve_files(&[("env.yaml", text)], &["env.yaml"])
}

/// Resolves the specs of these names, later ones over earlier ones, with more files about. All are in `/lab`.
pub(super) fn resolve_files(more: &[(&str, &str)], specs: &[&str]) -> Result<Resolved, Vec<Diagnostic>> {
    let (request, reader) = request(more, specs);
    let loaded = spec::load(&request, &reader)?;
    resolve(&loaded, &reader, &BTreeSet::new())
}

/// A spec of the folder `/lab` that has no mistakes, loaded.
pub(super) fn load_text(text: &str) -> Loaded {
    let (request, reader) = request(&[("env.yaml", text)], &["env.yaml"]);
    spec::load(&request, &reader).unwrap_or_else(|found| panic!("{}", lines(&found)))
}

fn request(more: &[(&str, &str)], specs: &[&str]) -> (Request, Files) {
    let files = FILES.iter().chain(more).map(|(name, text)| (format!("/lab/{name}"), (*text).to_owned()));
    let reader = Files(files.collect());
    let request = Request {
        files: specs.iter().map(|name| format!("/lab/{name}").into()).collect(),
        folder: "/lab".into(),
        shown_from: "/lab".into(),
        name: None,
        profiles: Vec::new(),
        part: spec::Part::default(),
        variables: BTreeMap::from([("TOKEN".to_owned(), "swordfish".to_owned())]),
        interpolate: true,
    };
    (request, reader)
}

/// The project of a spec that has no mistakes.
pub(super) fn project(text: &str) -> Project {
    resolve_text(text).unwrap_or_else(|found| panic!("{}", lines(&found))).project
}

/// A spec whose service `web` has these keys, and runs on busybox unless they say `image: null`.
fn spec_of(body: &str) -> String {
    let image = if body.contains("image: null") { "" } else { "    image: busybox\n" };
    let body: String = body.lines().filter(|line| *line != "image: null").map(|line| format!("    {line}\n")).collect();
    format!(
        "services:\n  web:\n{image}{body}  db:\n    image: busybox\n\
         \x20 gone:\n    image: busybox\n    profiles: [off]\nnetworks:\n  front: {{}}\n  back: {{}}\nmodels:\n  llm: {{model: a}}\n\
         configs:\n  hello:\n    file: /lab/hello.conf\n  inline:\n    content: inline\n\
         secrets:\n  token:\n    environment: TOKEN\nvolumes:\n  data: {{}}\n"
    )
}

/// What keys of a service make of the model: each field that is not as without them, and what is said about them.
pub(super) fn check(body: &str) -> String {
    let plain = project(&spec_of(""));
    let (resolved, found) = match resolve_text(&spec_of(body)) {
        Ok(resolved) => (Some(resolved.project), resolved.warnings),
        Err(found) => (None, found),
    };
    let values = |project: &Project| {
        let web: &Service = &project.services[&"web".into()];
        serde_json::to_value(web).unwrap()
    };
    let mut changes = Vec::new();
    if let Some(resolved) = resolved {
        differences("", &values(&plain), &values(&resolved), &mut changes);
    }
    changes.extend(found.iter().map(line));
    changes.join("\n")
}

fn differences(path: &str, before: &Value, after: &Value, changes: &mut Vec<String>) {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        if before != after {
            changes.push(if after.is_null() { format!("{path} unset") } else { format!("{path} = {after}") });
        }
        return;
    };
    for key in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let [before, after] = [old, new].map(|map| map.get(key).cloned().unwrap_or_default());
        // Builds and hooks are serialized whole; the rest only with what is set.
        let whole = path.starts_with("source.") || path.starts_with("hooks.");
        differences(&path, &before, &if whole { without_defaults(after) } else { after }, changes);
    }
}

/// Without what says nothing.
fn without_defaults(value: Value) -> Value {
    let says = |value: &Value| ![json!(null), json!([]), json!({}), json!(false), json!("")].contains(value);
    match value {
        Value::Object(map) => {
            let map = map.into_iter().filter(|(_, value)| says(value));
            Value::Object(map.map(|(key, value)| (key, without_defaults(value))).collect())
        }
        Value::Array(list) => Value::Array(list.into_iter().map(without_defaults).collect()),
        other => other,
    }
}

/// Findings, one a line.
pub(super) fn lines(found: &[Diagnostic]) -> String {
    found.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn line(finding: &Diagnostic) -> String {
    let at = finding.place.as_ref().map_or_else(String::new, |place| format!(" at `{}`", place.text()));
    format!("{} {:?}: {}{at}", finding.code, finding.severity, finding.message)
}

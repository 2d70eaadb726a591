//! What follows from what is written: defaults, names, implied dependencies, profiles, files of variables and labels.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::dotenv::Format;
use super::environment::{self, Sources};
use super::loader::shown;
use super::told::Told;
use super::types::{Condition, Dependency, EnvFile, Service};
use super::value::{Extensions, Text};
use super::{Spec, code, file};
use crate::diagnostic::Diagnostic;
use crate::place::{Place, Source};
use crate::yaml::{Key, Map, Node, Value};

/// The network of services that name none.
pub const DEFAULT_NETWORK: &str = "default";

/// Fills in what follows from the spec itself, and puts services of inactive profiles apart.
pub fn spec(spec: &mut Spec, profiles: &[String]) {
    for service in spec.services.values_mut() {
        complete(service);
    }
    let (active, inactive) =
        mem::take(&mut spec.services).into_iter().partition(|(_, service)| is_active(service, profiles));
    (spec.services, spec.inactive) = (active, inactive);
    let is_default = |service: &Service| service.networks.contains_key(DEFAULT_NETWORK);
    if spec.services.values().chain(spec.inactive.values()).chain(spec.left_out.values()).any(is_default) {
        spec.networks.entry(DEFAULT_NETWORK.to_owned()).or_default();
    }
    let project = spec.name.clone();
    let named = |key: &str, external: bool| if external { key.to_owned() } else { format!("{project}_{key}") };
    let given = |name: &String| !name.is_empty();
    for (key, network) in &mut spec.networks {
        let external = network.external;
        network.name = network.name.take().filter(given).or_else(|| Some(named(key, external)));
    }
    for (key, volume) in &mut spec.volumes {
        let external = volume.external;
        volume.name = volume.name.take().filter(given).or_else(|| Some(named(key, external)));
    }
    for (key, object) in spec.secrets.iter_mut().chain(&mut spec.configs) {
        let external = object.external;
        object.name = object.name.take().filter(given).or_else(|| Some(named(key, external)));
    }
}

/// Fills in what follows from a raw tree: its name, the default network, and the names of networks and volumes.
pub fn raw(tree: &mut Node, project: &str) {
    let place = tree.place.clone();
    let at = |value: Value| Node::new(place.clone(), value);
    let Some(root) = tree.as_map_mut() else { return };
    root.insert(Key::new("name", place.clone()), at(project.into()));
    let mut needs_default = false;
    for service in root.get_mut("services").and_then(Node::as_map_mut).into_iter().flat_map(Map::values_mut) {
        let Some(service) = service.as_map_mut() else { continue };
        if ["networks", "network_mode", "provider"].iter().any(|key| service.contains_key(*key)) {
            continue;
        }
        needs_default = true;
        let default = Map::from_iter([(Key::new(DEFAULT_NETWORK, place.clone()), at(Value::Null))]);
        service.insert(Key::new("networks", place.clone()), at(default.into()));
    }
    if needs_default {
        let networks = root.entry(Key::new("networks", place.clone())).or_insert_with(|| at(Map::new().into()));
        if let Some(networks) = networks.as_map_mut() {
            networks.entry(Key::new(DEFAULT_NETWORK, place.clone())).or_insert_with(|| at(Map::new().into()));
        }
    }
    for kind in ["networks", "volumes", "secrets", "configs"] {
        for (key, node) in root.get_mut(kind).and_then(Node::as_map_mut).into_iter().flatten() {
            if node.is_null() {
                node.value = Map::new().into();
            }
            let Some(map) = node.as_map_mut() else { continue };
            let name = if map.contains_key("external") { key.text.clone() } else { format!("{project}_{}", key.text) };
            map.entry(Key::new("name", place.clone())).or_insert_with(|| at(name.into()));
        }
    }
}

/// Whether a service is there: it has no profile, or one of its profiles is on. As long as none is asked for, the one
/// whose name a variable left empty is on, as in `profiles: ["${ONLY_IN-}"]`.
pub fn is_active(service: &Service, profiles: &[String]) -> bool {
    let is_on = |profile: &String| {
        let is_left_empty = profiles.is_empty() && profile.is_empty();
        is_left_empty || profiles.iter().any(|on| on == "*" || on == profile)
    };
    service.profiles.is_empty() || service.profiles.iter().any(is_on)
}

fn complete(service: &mut Service) {
    if service.networks.is_empty() && service.network_mode.is_none() && service.provider.is_none() {
        service.networks.insert(DEFAULT_NETWORK.to_owned(), None);
    }
    if let Some(deploy) = &mut service.deploy {
        deploy.replicas = deploy.replicas.or(service.scale);
    }
    if let Some(build) = &mut service.build
        && build.dockerfile_inline.is_none()
        && build.dockerfile.is_none()
    {
        build.dockerfile = Some("Dockerfile".to_owned());
    }
    for secret in &mut service.secrets {
        if let (Some(source), None) = (&secret.source, &secret.target) {
            secret.target = Some(format!("/run/secrets/{source}"));
        }
    }
    imply_dependencies(service);
}

/// Links, shared namespaces and shared volumes need the other service first.
fn imply_dependencies(service: &mut Service) {
    let Service { links, network_mode, ipc, pid, uts, volumes_from, .. } = service;
    let linked = links.iter().map(|link| link.split(':').next().unwrap_or_default());
    let shared = [network_mode, ipc, pid, uts].into_iter().flatten().filter_map(|mode| mode.strip_prefix("service:"));
    let mounted = volumes_from.iter().filter(|from| !from.starts_with("container:"));
    let mounted = mounted.map(|from| from.split(':').next().unwrap_or_default());
    let implied = linked.chain(shared).map(|name| (name, true)).chain(mounted.map(|name| (name, false)));
    let implied: Vec<_> = implied.map(|(name, restart)| (name.to_owned(), restart)).collect();
    for (name, restart) in implied {
        service.depends_on.entry(name).or_insert_with(|| Dependency {
            condition: Condition::ServiceStarted,
            restart,
            required: Some(true),
            extensions: Extensions::default(),
        });
    }
}

/// Reads `env_file` into `environment` and `label_file` into `labels`, for services that are there.
pub fn with_files(spec: &mut Spec, tree: &Node, sources: &Sources<'_>, read: &mut Vec<Utf8PathBuf>, said: &mut Told) {
    let mut texts = Texts { sources, read, known: BTreeMap::new(), left: MOST };
    for (name, service) in &mut spec.services {
        if texts.left == 0 {
            break;
        }
        let written = tree.get("services").and_then(|services| services.get(name));
        let place = |key: &str, index: usize| {
            let item = written?.get(key)?.as_list()?.get(index)?;
            Some(item.get("path").unwrap_or(item).place.clone())
        };
        variables(service, &place, &mut texts, said);
        labels(service, &place, &mut texts, said);
    }
}

type PlaceOf<'a> = dyn Fn(&str, usize) -> Option<Place> + 'a;

fn variables(service: &mut Service, place: &PlaceOf<'_>, texts: &mut Texts<'_, '_>, said: &mut Told) {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for (index, EnvFile { path, required, format }) in mem::take(&mut service.env_file).into_iter().enumerate() {
        let place = place("env_file", index);
        if required == Some(false) && !texts.sources.reader.exists(Utf8Path::new(&path)) {
            continue;
        }
        let format = match format.as_deref() {
            None | Some("") => Format::Dotenv,
            Some("raw") => Format::Raw,
            Some(other) => {
                let message = format!("`{other}` is no format of variables");
                let told =
                    Diagnostic::error(code::WRONG_VALUE, message).help("there is `raw`; without a format it is dotenv");
                said.push(match place {
                    Some(place) => told.at(place, ""),
                    None => told,
                });
                continue;
            }
        };
        let sources = texts.sources;
        let lookup = |name: &str| {
            let project = sources.variables.get(name).cloned();
            project.or_else(|| service.environment.get(name).cloned().flatten().map(|text| text.0))
        };
        match texts.over(found.clone(), &path, format, place.as_ref(), &lookup) {
            Ok(read) => found = read,
            Err(diagnostic) => said.push(*diagnostic),
        }
    }
    for (name, value) in found {
        service.environment.entry(name).or_insert_with(|| Some(Text(value)));
    }
}

fn labels(service: &mut Service, place: &PlaceOf<'_>, texts: &mut Texts<'_, '_>, said: &mut Told) {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for (index, path) in mem::take(&mut service.label_file).into_iter().enumerate() {
        let place = place("label_file", index);
        // Labels are no variables: Compose does not fill them from the environment.
        let lookup = |_: &str| None;
        match texts.over(found.clone(), &path, Format::Dotenv, place.as_ref(), &lookup) {
            Ok(read) => found = read,
            Err(diagnostic) => said.push(*diagnostic),
        }
    }
    for (name, value) in found {
        service.labels.entry(name).or_insert(Text(value));
    }
}

/// The texts of files, each read once.
struct Texts<'a, 'b> {
    sources: &'a Sources<'a>,
    read: &'b mut Vec<Utf8PathBuf>,
    known: BTreeMap<String, Arc<Source>>,
    /// Bytes that may still be taken from them, each as often as a service names it.
    left: usize,
}

/// Most bytes that files of variables and labels give to services, a variable counting for [`EACH`].
const MOST: usize = 64 << 20;
const EACH: usize = 256;

impl Texts<'_, '_> {
    fn text(&mut self, path: &str, asked: Option<&Place>) -> Result<Arc<Source>, Box<Diagnostic>> {
        if let Some(known) = self.known.get(path).map(Arc::clone) {
            self.take(known.text.len(), asked)?;
            return Ok(known);
        }
        let at = Utf8Path::new(path);
        let source = file::read(at, shown(at, self.sources.shown_from), self.sources.reader, asked)
            .map_err(|diagnostic| Box::new(Diagnostic { code: code::ENV_FILE, ..*diagnostic }))?;
        self.read.push(at.to_owned());
        self.known.insert(path.to_owned(), Arc::clone(&source));
        self.take(source.text.len(), asked)?;
        Ok(source)
    }

    /// The variables or labels of one more file over those of earlier ones.
    fn over(
        &mut self,
        earlier: BTreeMap<String, String>,
        path: &str,
        format: Format,
        asked: Option<&Place>,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Result<BTreeMap<String, String>, Box<Diagnostic>> {
        let source = self.text(path, asked)?;
        let known = earlier.len();
        let found = environment::parse(&source, format, earlier, lookup)?;
        self.take(EACH * (found.len() - known), asked)?;
        Ok(found)
    }

    fn take(&mut self, bytes: usize, asked: Option<&Place>) -> Result<(), Box<Diagnostic>> {
        let left = self.left.checked_sub(bytes);
        self.left = left.unwrap_or_default();
        left.map(drop).ok_or_else(|| {
            let message = "files of variables and labels give services more than 64 MiB";
            let told = Diagnostic::error(code::TOO_MUCH, message).help("name fewer, or smaller ones");
            Box::new(match asked {
                Some(place) => told.at(place.clone(), ""),
                None => told,
            })
        })
    }
}

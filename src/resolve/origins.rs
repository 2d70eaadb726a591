//! Which text asks for what: the places of the spec under the names of the model.

use std::collections::BTreeMap;

use super::places::{self, Places};
use super::{devices, files};
use crate::model::{
    Address, FileKind, ImageRef, ModelKey, NetworkKey, Origins, ServiceName, VolumeKey, field_of_key, replaced,
};
use crate::place::Place;
use crate::spec::Spec;
use crate::spec::types::{Grant, MountKind, Service};
use crate::yaml::Node;

/// Keys of a mount whose own keys the model has without them.
const OF_MOUNT: &[&str] = &["bind", "volume", "tmpfs", "image"];

/// The places of everything in the project.
pub(super) fn origins(spec: &Spec, places: Places<'_>) -> Origins {
    let mut origins = Origins::default();
    origins.insert(Address::Project, "", places.nearest(&["name"]));
    for (name, service) in &spec.services {
        let mut of = Of::default();
        of.note("", places.nearest(&["services", name]));
        of_service(name, service, places, &mut of);
        if let (Some(image), Some(place)) = (&service.image, of.0.get("image")) {
            origins.insert(Address::Image(ImageRef::new(image)), "", place.clone());
        }
        origins.extend(Address::Service(ServiceName::new(name)), of.0);
    }
    for key in spec.networks.keys() {
        let mut of = Of::default();
        of_object("networks", key, places, &mut of);
        origins.extend(Address::Network(NetworkKey::new(key)), of.0);
    }
    for key in spec.models.keys() {
        let mut of = Of::default();
        of_object("models", key, places, &mut of);
        origins.extend(Address::Model(ModelKey::new(key)), of.0);
    }
    for key in spec.volumes.keys() {
        let mut of = Of::default();
        of_object("volumes", key, places, &mut of);
        origins.extend(Address::Volume(VolumeKey::new(key)), of.0);
    }
    origins
}

/// The places of one thing, by field.
#[derive(Default)]
struct Of(BTreeMap<String, Place>);

impl Of {
    fn note(&mut self, field: impl Into<String>, place: Place) {
        self.0.insert(field.into(), place);
    }

    /// Notes every key below a map, by its path. A list is one value: the model compares it as a whole.
    fn walk(&mut self, node: &Node, path: &str, rename: &dyn Fn(&str) -> String) {
        let Some(map) = node.as_map() else { return };
        for (key, child) in map {
            let path = join(path, &key.text);
            self.note(rename(&path), places::own(&key.place, child).clone());
            self.walk(child, &path, rename);
        }
    }
}

fn of_object(section: &str, key: &str, places: Places<'_>, of: &mut Of) {
    // The network `default` may be nowhere in the text.
    if let Some(node) = places.get(&[section, key]) {
        of.note("", places.nearest(&[section, key]));
        of.walk(node, "", &str::to_owned);
    }
}

fn of_service(name: &str, service: &Service, places: Places<'_>, of: &mut Of) {
    let Some(node) = places.get(&["services", name]) else { return };
    of.walk(node, "", &field_of_key);
    of_lines("environment", service.environment.keys(), "env_file", node, of);
    of_lines("labels", service.labels.keys(), "label_file", node, of);
    let image = places.nearest(&["services", name, if service.image.is_some() { "image" } else { "build" }]);
    of.note("image", image);
    for (mount, entry) in service.volumes.iter().zip(entries(node, "volumes")) {
        let path = join("mounts", mount.target.as_deref().unwrap_or_default());
        of.note(&path, entry.place.clone());
        of.walk(entry, "", &|key| join(&path, of_mount(key).trim_start_matches('.')));
        if let (MountKind::Volume, Some(source)) = (mount.kind, entry.get("source")) {
            of.note(join(&path, "name"), source.place.clone());
        }
    }
    if let Some((_, entry)) =
        service.devices.iter().zip(entries(node, "devices")).find(|(device, _)| devices::cdi_name(device).is_some())
    {
        of.0.entry("device_requests".to_owned()).or_insert_with(|| entry.place.clone());
    }
    for (line, entry) in service.tmpfs.iter().zip(entries(node, "tmpfs")) {
        let target = line.split_once(':').map_or(line.as_str(), |(target, _)| target);
        of.note(join("tmpfs", target), entry.place.clone());
    }
    of_files(FileKind::Config, "configs", &service.configs, node, places, of);
    of_files(FileKind::Secret, "secrets", &service.secrets, node, places, of);
}

/// Variables and labels that a file brought point at the key that names the file.
fn of_lines<'a>(section: &str, names: impl Iterator<Item = &'a String>, from: &str, node: &Node, of: &mut Of) {
    let Some((file, _)) = node.as_map().and_then(|map| map.get_key_value(from)) else { return };
    let own = node.get(section);
    for name in names.filter(|name| own.is_none_or(|own| own.get(name).is_none())) {
        of.note(join(section, name), file.place.clone());
    }
}

fn of_files(kind: FileKind, section: &str, grants: &[Grant], node: &Node, places: Places<'_>, of: &mut Of) {
    for (grant, entry) in grants.iter().zip(entries(node, section)) {
        let path = join("files", &files::target(kind, grant));
        of.note(&path, entry.place.clone());
        of.walk(entry, "", &|key| join(&path, key));
        let Some(source) = &grant.source else { continue };
        let said = ["content", "environment", "file"].into_iter().find_map(|key| places.get(&[section, source, key]));
        let content = said.map_or_else(|| places.nearest(&[section, source]), |said| said.place.clone());
        of.note(join(&path, "content"), content);
    }
}

fn entries<'a>(service: &'a Node, key: &str) -> &'a [Node] {
    service.get(key).and_then(Node::as_list).unwrap_or_default()
}

fn of_mount(key: &str) -> String {
    OF_MOUNT.iter().find_map(|kind| replaced(key, kind, "")).unwrap_or_else(|| key.to_owned())
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

//! Volumes, binds, memory, images: what is mounted, by target.

use std::collections::BTreeMap;

use super::context::Scope;
use super::{names, refused};
use crate::model::{Mount, MountKind, Tmpfs, VolumesFrom};
use crate::spec::types::{self, BindOptions, Recursive, Selinux};

/// `volumes`
pub(super) fn mounts(list: &[types::Mount], scope: &mut Scope<'_, '_>) -> BTreeMap<String, Mount> {
    let mut mounts = BTreeMap::new();
    for (at, own) in list.iter().enumerate() {
        let types::Mount { kind, source, target, read_only, consistency, bind, volume, tmpfs, image, extensions: _ } =
            own;
        if !refused::mount(own, at, scope) {
            continue;
        }
        let source = source.clone().filter(|source| !source.is_empty());
        let kind = match (*kind, source) {
            (types::MountKind::Bind, source) => self::bind(source.unwrap_or_default(), bind.as_ref()),
            (types::MountKind::Volume, Some(key)) => MountKind::Volume {
                name: names::volume(scope.context.spec, &key),
                nocopy: volume.as_ref().is_some_and(|options| options.nocopy),
                subpath: volume.as_ref().and_then(|options| options.subpath.clone()),
            },
            (types::MountKind::Volume, None) => {
                MountKind::Anonymous { nocopy: volume.as_ref().is_some_and(|options| options.nocopy) }
            }
            (types::MountKind::Tmpfs, _) => MountKind::Tmpfs {
                size: tmpfs.as_ref().and_then(|options| options.size).map(|size| size.0).filter(|size| *size > 0),
                mode: tmpfs.as_ref().map(|options| options.mode.0).filter(|mode| *mode > 0),
            },
            (types::MountKind::Image, source) => MountKind::Image {
                source: source.unwrap_or_default(),
                subpath: image.as_ref().and_then(|options| options.subpath.clone()),
            },
            (types::MountKind::Npipe, source) => MountKind::Npipe { source: source.unwrap_or_default() },
            (types::MountKind::Cluster, source) => MountKind::Cluster { source: source.unwrap_or_default() },
        };
        let mount = Mount { kind, read_only: *read_only, consistency: consistency.clone() };
        mounts.insert(target.clone().unwrap_or_default(), mount);
    }
    mounts
}

fn bind(source: String, options: Option<&BindOptions>) -> MountKind {
    let Some(options) = options else {
        return MountKind::Bind { source, create_host_path: true, propagation: None, recursive: None, selinux: None };
    };
    let BindOptions { selinux, propagation, create_host_path, recursive, extensions: _ } = options;
    let recursive = recursive.map(|recursive| match recursive {
        Recursive::Enabled => "enabled",
        Recursive::Disabled => "disabled",
        Recursive::Writable => "writable",
        Recursive::Readonly => "readonly",
    });
    let selinux = selinux.map(|label| match label {
        Selinux::Shared => "z",
        Selinux::Private => "Z",
    });
    MountKind::Bind {
        source,
        create_host_path: create_host_path.unwrap_or(true),
        propagation: propagation.clone().filter(|spread| !spread.is_empty()),
        recursive: recursive.map(str::to_owned),
        selinux: selinux.map(str::to_owned),
    }
}

/// `tmpfs`: a path, and its options behind a colon.
pub(super) fn tmpfs(list: &[String]) -> Tmpfs {
    let split = |entry: &String| {
        let (path, options) = entry.split_once(':').unwrap_or((entry, ""));
        (path.to_owned(), options.to_owned())
    };
    list.iter().map(split).collect()
}

/// `volumes_from`: `NAME[:ro]`, `container:NAME[:ro]`
pub(super) fn volumes_from(list: &[String]) -> Vec<VolumesFrom> {
    let parse = |entry: &String| {
        let (container, rest) = entry.strip_prefix("container:").map_or((false, entry.as_str()), |rest| (true, rest));
        let (name, mode) = rest.split_once(':').unwrap_or((rest, "rw"));
        let (name, read_only) = (name.to_owned(), mode == "ro");
        if container {
            VolumesFrom::Container { container: name, read_only }
        } else {
            VolumesFrom::Service { service: name.as_str().into(), read_only }
        }
    };
    list.iter().map(parse).collect()
}

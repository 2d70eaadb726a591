//! Converters for what is mounted. The engine has two spellings: `Binds` makes a missing folder of the host and
//! knows SELinux labels; `Mounts` knows everything else, and labels for the volumes that it makes.

use super::super::wire::API_SOCKET;
use crate::state::own;

/// A name that the engine gave: 64 hexadecimal digits.
pub fn is_anonymous(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Binds, volumes, memory, images.
pub mod mounts {
    use std::collections::BTreeMap;

    use bollard::models::{
        HostConfig, Mount as Wire, MountBindOptions, MountBindOptionsPropagationEnum as Propagation, MountImageOptions,
        MountTmpfsOptions, MountType, MountVolumeOptions,
    };

    use super::super::super::wire::Around;
    use super::{API_SOCKET, is_anonymous, own};
    use crate::model::{Mount, MountKind};

    pub fn write(model: &BTreeMap<String, Mount>, host: &mut HostConfig, around: &Around) {
        for (target, mount) in model {
            match line(target, mount) {
                Some(line) => host.binds.get_or_insert_default().push(line),
                None => host.mounts.get_or_insert_default().push(entry(target, mount, around)),
            }
        }
    }

    pub fn read(host: &HostConfig, _: &Around) -> BTreeMap<String, Mount> {
        let binds = host.binds.iter().flatten().filter_map(|bind| parse(bind));
        let own = |wire: &&Wire| {
            wire.typ == Some(MountType::BIND)
                && (wire.target.as_deref() == Some(API_SOCKET) || wire.source.as_deref().is_some_and(own::is_file_path))
        };
        let mounts = host.mounts.iter().flatten().filter(|wire| !own(wire)).filter_map(from_entry);
        binds.chain(mounts).collect()
    }

    /// The spelling in `Binds`, for what needs it.
    fn line(target: &str, mount: &Mount) -> Option<String> {
        let Mount { kind, read_only, consistency } = mount;
        let MountKind::Bind { source, create_host_path, propagation, recursive, selinux } = kind else { return None };
        let spelled = *create_host_path && recursive.is_none() && !source.contains(':') && !target.contains(':');
        if !spelled && selinux.is_none() {
            return None;
        }
        let options = [read_only.then_some("ro"), propagation.as_deref(), selinux.as_deref(), consistency.as_deref()];
        let options: Vec<_> = options.into_iter().flatten().collect();
        let options = if options.is_empty() { String::new() } else { format!(":{}", options.join(",")) };
        Some(format!("{source}:{target}{options}"))
    }

    /// A line of `Binds`, ours or somebody else's.
    fn parse(line: &str) -> Option<(String, Mount)> {
        let mut parts = line.splitn(3, ':');
        let (source, target, options) = (parts.next()?, parts.next()?, parts.next().unwrap_or_default());
        let (mut read_only, mut consistency, mut propagation, mut selinux, mut nocopy) =
            (false, None, None, None, false);
        for option in options.split(',') {
            match option {
                "ro" => read_only = true,
                "z" | "Z" => selinux = Some(option.to_owned()),
                "cached" | "delegated" | "consistent" => consistency = Some(option.to_owned()),
                "nocopy" => nocopy = true,
                "" | "rw" => {}
                other => propagation = Some(other.to_owned()),
            }
        }
        let kind = if source.starts_with('/') {
            MountKind::Bind { source: source.to_owned(), create_host_path: true, propagation, recursive: None, selinux }
        } else if is_anonymous(source) {
            MountKind::Anonymous { nocopy }
        } else {
            MountKind::Volume { name: source.into(), nocopy, subpath: None }
        };
        Some((target.to_owned(), Mount { kind, read_only, consistency }))
    }

    /// The spelling in `Mounts`.
    fn entry(target: &str, mount: &Mount, around: &Around) -> Wire {
        let Mount { kind, read_only, consistency } = mount;
        let wire = |typ: MountType, source: Option<String>| Wire {
            typ: Some(typ),
            source,
            target: Some(target.to_owned()),
            read_only: read_only.then_some(true),
            consistency: consistency.clone(),
            ..Default::default()
        };
        match kind {
            MountKind::Bind { source, create_host_path, propagation, recursive, selinux: _ } => Wire {
                bind_options: Some(MountBindOptions {
                    propagation: propagation.as_deref().and_then(|mode| mode.parse().ok()),
                    create_mountpoint: create_host_path.then_some(true),
                    non_recursive: match recursive.as_deref() {
                        Some("disabled") => Some(true),
                        Some("enabled") => Some(false),
                        _ => None,
                    },
                    read_only_non_recursive: (recursive.as_deref() == Some("writable")).then_some(true),
                    read_only_force_recursive: (recursive.as_deref() == Some("readonly")).then_some(true),
                }),
                ..wire(MountType::BIND, Some(source.clone()))
            },
            MountKind::Volume { name, nocopy, subpath } => Wire {
                volume_options: (*nocopy || subpath.is_some()).then(|| MountVolumeOptions {
                    no_copy: nocopy.then_some(true),
                    subpath: subpath.clone(),
                    ..Default::default()
                }),
                ..wire(MountType::VOLUME, Some(name.to_string()))
            },
            MountKind::Anonymous { nocopy } => anonymous(target, *nocopy, *read_only, consistency.clone(), around),
            MountKind::Tmpfs { size, mode } => Wire {
                tmpfs_options: (size.is_some() || mode.is_some()).then(|| MountTmpfsOptions {
                    size_bytes: *size,
                    mode: mode.map(i64::from),
                    options: None,
                }),
                ..wire(MountType::TMPFS, None)
            },
            MountKind::Image { source, subpath } => Wire {
                image_options: subpath.clone().map(|subpath| MountImageOptions { subpath: Some(subpath) }),
                ..wire(MountType::IMAGE, Some(source.clone()))
            },
            MountKind::Npipe { source } => wire(MountType::NPIPE, Some(source.clone())),
            MountKind::Cluster { source } => wire(MountType::CLUSTER, Some(source.clone())),
        }
    }

    /// A volume without a name of the user's: the one that is carried over, or a new one with our labels.
    fn anonymous(target: &str, nocopy: bool, read_only: bool, consistency: Option<String>, around: &Around) -> Wire {
        let carried = around.carried.get(target);
        let labels = (carried.is_none() && !around.volume_labels.is_empty())
            .then(|| around.volume_labels.clone().into_iter().collect());
        Wire {
            typ: Some(MountType::VOLUME),
            source: carried.map(ToString::to_string),
            target: Some(target.to_owned()),
            read_only: read_only.then_some(true),
            consistency,
            volume_options: (nocopy || labels.is_some()).then(|| MountVolumeOptions {
                no_copy: nocopy.then_some(true),
                labels,
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    /// A `VOLUME` of the image, spelled out so that the volume carries our labels.
    pub fn of_image(target: &str, around: &Around) -> Wire {
        anonymous(target, false, false, None, around)
    }

    fn from_entry(wire: &Wire) -> Option<(String, Mount)> {
        let source = || wire.source.clone().unwrap_or_default();
        let kind = match wire.typ? {
            MountType::BIND => {
                let options = wire.bind_options.clone().unwrap_or_default();
                let recursive = match options {
                    MountBindOptions { read_only_force_recursive: Some(true), .. } => Some("readonly"),
                    MountBindOptions { read_only_non_recursive: Some(true), .. } => Some("writable"),
                    MountBindOptions { non_recursive: Some(true), .. } => Some("disabled"),
                    MountBindOptions { non_recursive: Some(false), .. } => Some("enabled"),
                    _ => None,
                };
                let propagation = options.propagation.filter(|mode| *mode != Propagation::EMPTY);
                MountKind::Bind {
                    source: source(),
                    create_host_path: options.create_mountpoint == Some(true),
                    propagation: propagation.map(|mode| mode.to_string()),
                    recursive: recursive.map(str::to_owned),
                    selinux: None,
                }
            }
            MountType::VOLUME => {
                let options = wire.volume_options.clone().unwrap_or_default();
                let nocopy = options.no_copy == Some(true);
                match wire.source.as_deref() {
                    None | Some("") => MountKind::Anonymous { nocopy },
                    Some(name) if is_anonymous(name) => MountKind::Anonymous { nocopy },
                    Some(name) => MountKind::Volume { name: name.into(), nocopy, subpath: options.subpath },
                }
            }
            MountType::TMPFS => {
                let options = wire.tmpfs_options.clone().unwrap_or_default();
                MountKind::Tmpfs { size: options.size_bytes, mode: options.mode.and_then(|mode| mode.try_into().ok()) }
            }
            MountType::IMAGE => {
                let subpath = wire.image_options.clone().and_then(|options| options.subpath);
                MountKind::Image { source: source(), subpath }
            }
            MountType::NPIPE => MountKind::Npipe { source: source() },
            MountType::CLUSTER => MountKind::Cluster { source: source() },
        };
        let mount = Mount { kind, read_only: wire.read_only == Some(true), consistency: wire.consistency.clone() };
        Some((wire.target.clone()?, mount))
    }
}

/// Configs and secrets: files `0`, `1`, … of a volume, bound by the path that the volume has on the engine's host.
/// Nothing is read back, since the engine does not know what they hold. In `Mounts`, since a line of `Binds` whose
/// source is gone mounts an empty folder instead of failing.
pub mod files {
    use std::collections::BTreeMap;

    use bollard::models::{Mount as Wire, MountType};

    use super::super::super::wire::Around;
    use crate::model::FileMount;

    pub fn write(model: &BTreeMap<String, FileMount>, wire: &mut Option<Vec<Wire>>, around: &Around) {
        let Some(root) = &around.files else { return };
        for (number, target) in model.keys().enumerate() {
            wire.get_or_insert_default().push(Wire {
                typ: Some(MountType::BIND),
                source: Some(format!("{root}/{number}")),
                target: Some(target.clone()),
                read_only: Some(true),
                ..Default::default()
            });
        }
    }

    pub fn read(_: &Option<Vec<Wire>>, _: &Around) -> BTreeMap<String, FileMount> {
        BTreeMap::new()
    }
}

/// All mounts of others, in order.
pub mod volumes_from {
    use super::super::super::wire::Around;
    use crate::model::VolumesFrom;

    pub fn write(model: &[VolumesFrom], wire: &mut Option<Vec<String>>, around: &Around) {
        let line = |from: &VolumesFrom| {
            let (container, read_only) = match from {
                VolumesFrom::Service { service, read_only } => (around.container(service), *read_only),
                VolumesFrom::Container { container, read_only } => (container.as_str(), *read_only),
            };
            format!("{container}{}", if read_only { ":ro" } else { "" })
        };
        *wire = (!model.is_empty()).then(|| model.iter().map(line).collect());
    }

    pub fn read(wire: &Option<Vec<String>>, around: &Around) -> Vec<VolumesFrom> {
        let from = |line: &String| {
            let (container, mode) = line.split_once(':').unwrap_or((line, ""));
            let read_only = mode == "ro";
            match around.service(container) {
                Some(service) => VolumesFrom::Service { service: service.clone(), read_only },
                None => VolumesFrom::Container { container: container.to_owned(), read_only },
            }
        };
        wire.iter().flatten().map(from).collect()
    }
}

/// The engine's own socket. It is spelled in `Mounts` so that a bind of the user's, in `Binds`, is told from it.
pub mod api_socket {
    use bollard::models::{Mount as Wire, MountType};

    use super::super::super::wire::Around;
    use super::API_SOCKET;

    pub fn write(model: &bool, wire: &mut Option<Vec<Wire>>, around: &Around) {
        if *model {
            wire.get_or_insert_default().push(Wire {
                typ: Some(MountType::BIND),
                source: Some(around.socket.clone()),
                target: Some(API_SOCKET.to_owned()),
                ..Default::default()
            });
        }
    }

    pub fn read(wire: &Option<Vec<Wire>>, _: &Around) -> bool {
        let socket = |mount: &Wire| mount.typ == Some(MountType::BIND) && mount.target.as_deref() == Some(API_SOCKET);
        wire.iter().flatten().any(socket)
    }
}

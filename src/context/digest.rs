//! The digest of everything that shapes an image.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use blake3::Hasher;
use serde_json::json;

use super::folder::{self, Folder, IGNORE_FILE};
use super::hashes::{Hashes, Table};
use super::walk::{Entry, Kind};
use super::{ContextError, dockerfile, regular};
use crate::model::{Build, Dockerfile};

/// Changes with the meaning of the digest.
const VERSION: &[u8] = b"dsenv build 2";

/// 64 hexadecimal digits over the context's files (path, kind, mode, content) that an instruction can reach, the
/// Dockerfile, and those parts of the build that shape the image. A context that the engine fetches counts with its address only.
/// Files whose contents `hashes` knows are not read.
pub fn digest(build: &Build, hashes: &Hashes) -> Result<String, ContextError> {
    let Build {
        context,
        dockerfile,
        args,
        target,
        labels,
        tags,
        network,
        extra_hosts,
        shm_size,
        ulimits,
        isolation,
        platforms,
        additional_contexts,
        secrets,
        privileged,
        provenance,
        sbom,
        // How it is built, not what.
        cache_from: _,
        cache_to: _,
        no_cache: _,
        no_cache_filter: _,
        pull: _,
        ssh: _,
        entitlements: _,
    } = build;
    let mut hasher = Hasher::new();
    hasher.update(VERSION);
    let shape = json!({
        "args": args,
        "target": target,
        "labels": labels,
        "tags": tags,
        "network": network,
        "extra_hosts": extra_hosts,
        "shm_size": shm_size,
        "ulimits": ulimits,
        "isolation": isolation,
        "platforms": platforms,
        "additional_contexts": additional_contexts,
        // What a secret holds is no input, as for the builder's own cache: its value is in no digest.
        "secrets": secrets.keys().map(|id| (id, ())).collect::<BTreeMap<_, _>>(),
        "privileged": privileged,
        "provenance": provenance,
        "sbom": sbom,
    });
    add(&mut hasher, shape.to_string().as_bytes());
    source(&mut hasher, context, dockerfile, hashes)?;
    // What is taken from these is not looked for in the Dockerfile, so all of it counts.
    for context in additional_contexts.values().filter(|context| is_local(context)) {
        source(&mut hasher, context, &Dockerfile::Inline(String::new()), hashes)?;
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// What a build's Dockerfile asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The images that it names.
    pub images: BTreeSet<String>,
    /// What Docker's classic builder does not read, each kind once with its line: `RUN --mount` (line 3).
    pub only_buildkit: Vec<String>,
}

/// What a build's Dockerfile asks for. `None` where it is not on this machine, or cannot be read.
pub fn asked(build: &Build) -> Option<Asked> {
    let text = match &build.dockerfile {
        Dockerfile::Inline(text) => text.clone(),
        Dockerfile::Path(_) if !is_local(&build.context) => return None,
        Dockerfile::Path(path) => {
            let path = folder::existing(Path::new(&build.context).join(path)).ok()?;
            String::from_utf8_lossy(&regular::read(&path).ok()?).into_owned()
        }
    };
    Some(Asked {
        images: dockerfile::images(&text, &build.args),
        only_buildkit: dockerfile::only_buildkit(&text, build.target.as_deref()),
    })
}

/// The digest of a build that is made from other images, from theirs. Without any it stays as it is.
pub fn joined(own: &str, others: impl Iterator<Item = String>) -> String {
    let mut others = others.peekable();
    if others.peek().is_none() {
        return own.to_owned();
    }
    let mut hasher = Hasher::new();
    std::iter::once(own.to_owned()).chain(others).for_each(|each| add(&mut hasher, each.as_bytes()));
    hasher.finalize().to_hex().to_string()
}

/// Whether a context is a folder of this machine, and no address.
pub fn is_local(context: &str) -> bool {
    Path::new(context).is_absolute()
}

fn source(hasher: &mut Hasher, context: &str, dockerfile: &Dockerfile, hashes: &Hashes) -> Result<(), ContextError> {
    if !is_local(context) {
        add(hasher, context.as_bytes());
        let text = match dockerfile {
            Dockerfile::Path(path) => path.as_str(),
            Dockerfile::Inline(text) => text,
        };
        add(hasher, text.as_bytes());
        return Ok(());
    }
    let folder = Folder::open(Path::new(context), dockerfile)?;
    add(hasher, folder.dockerfile.as_bytes());
    let text = folder.dockerfile_text()?;
    add(hasher, &text);
    let reach = dockerfile::reach(&String::from_utf8_lossy(&text)).among(&folder.entries);
    let seen = |entry: &&Entry| {
        // Sent for the engine's sake only.
        let sent = entry.path.to_str() == Some(IGNORE_FILE) && folder.ignore.excludes(IGNORE_FILE);
        !sent && reach.covers(&entry.path.to_string_lossy())
    };
    let mut table = hashes.take(&folder.root);
    let added =
        folder.entries.iter().filter(seen).try_for_each(|entry| add_entry(hasher, &folder.root, entry, &mut table));
    hashes.give(&folder.root, table);
    added
}

fn add_entry(hasher: &mut Hasher, root: &Path, entry: &Entry, table: &mut Table) -> Result<(), ContextError> {
    let Entry { path, kind, mode, stamp } = entry;
    add(hasher, path.as_os_str().as_bytes());
    hasher.update(&mode.to_le_bytes());
    match kind {
        Kind::Folder => {
            hasher.update(b"d");
        }
        Kind::Link(target) => {
            hasher.update(b"l");
            add(hasher, target.as_os_str().as_bytes());
        }
        Kind::File => {
            hasher.update(b"f");
            let full = root.join(path);
            hasher.update(&table.digest(&full, *stamp).map_err(ContextError::unreadable(&full))?);
        }
    }
    Ok(())
}

/// With its length, so that no two sequences of texts are the same bytes.
fn add(hasher: &mut Hasher, bytes: &[u8]) {
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

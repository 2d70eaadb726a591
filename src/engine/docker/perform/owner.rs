//! Whose files a container's files are, and where in it an archive can be unpacked.

use std::collections::BTreeSet;

use super::super::Docker;
use super::fetch::fetch;
use crate::engine::{EngineError, held};
use crate::plan::CopiedKind;
use crate::state::ContainerId;

/// Bytes that a list of users may have: it is the container's.
const MOST: usize = 4 << 20;

/// A user of a container, by numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Owner {
    pub uid: u32,
    pub gid: u32,
}

/// What copying needs to know of a container. Nothing of it changes while the container lives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in super::super) struct About {
    pub owner: Owner,
    /// Mount points. Where the root file system is read-only the engine takes archives for nothing else.
    mounts: BTreeSet<String>,
}

impl About {
    /// The folder at which an archive with this path is unpacked: the mount point above it, so that all of an archive
    /// is one file system's.
    pub fn root(&self, path: &str) -> &str {
        let holds = |mount: &&String| {
            path.strip_prefix(mount.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.mounts.iter().filter(holds).max_by_key(|mount| mount.len()).map_or("/", String::as_str)
    }
}

pub(super) async fn about(docker: &Docker, id: &ContainerId) -> Result<About, EngineError> {
    if let Some(about) = docker.known.container(id) {
        return Ok(about);
    }
    let inspect = docker.inspect(id).await?;
    let user = inspect.config.and_then(|config| config.user).unwrap_or_default();
    let mounts = inspect.mounts.unwrap_or_default().into_iter().filter_map(|mount| mount.destination);
    let about = About { owner: owner(docker, id, &user).await?, mounts: mounts.collect() };
    docker.known.learn_container(id, about.clone());
    Ok(about)
}

/// The numbers behind `user[:group]`. Names, and the group of a user without one, are in the container's own files.
async fn owner(docker: &Docker, id: &ContainerId, text: &str) -> Result<Owner, EngineError> {
    let (user, group) = text.split_once(':').map_or((text, None), |(user, group)| (user, Some(group)));
    if user.is_empty() {
        return Ok(Owner::default());
    }
    let uid: Option<u32> = user.parse().ok();
    let gid: Option<u32> = group.and_then(|group| group.parse().ok());
    if let (Some(uid), Some(gid)) = (uid, gid) {
        return Ok(Owner { uid, gid });
    }
    let users = read(docker, id, "/etc/passwd").await?;
    let line = users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|line| {
        line.first() == Some(&user) || uid.is_some() && line.get(2).and_then(|field| field.parse().ok()) == uid
    });
    let field = |at: usize| line.as_ref().and_then(|line| line.get(at)).and_then(|field| field.parse().ok());
    let uid = uid.or_else(|| field(2)).ok_or_else(|| {
        EngineError::Refused(format!("the container's user `{user}` is not in its /etc/passwd, so files cannot be its"))
    })?;
    let gid = match (gid, group) {
        (Some(gid), _) => gid,
        (None, None) => field(3).unwrap_or_default(),
        (None, Some(name)) => {
            let groups = read(docker, id, "/etc/group").await?;
            let line = groups.lines().find(|line| line.split(':').next() == Some(name));
            line.and_then(|line| line.split(':').nth(2)).and_then(|field| field.parse().ok()).unwrap_or_default()
        }
    };
    Ok(Owner { uid, gid })
}

/// A file of a container as text; empty where there is none.
async fn read(docker: &Docker, id: &ContainerId, path: &str) -> Result<String, EngineError> {
    let files = match fetch(docker, id, path).await {
        Ok(parts) => held(parts, MOST).await?,
        Err(EngineError::NotFound(_)) => return Ok(String::new()),
        Err(error) => return Err(error),
    };
    let text = files.into_iter().find_map(|file| match file.kind {
        CopiedKind::File(content) => Some(String::from_utf8_lossy(content.bytes()).into_owned()),
        CopiedKind::Folder | CopiedKind::Link(_) | CopiedKind::Source(_) => None,
    });
    Ok(text.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mount_is_a_root_of_its_own() {
        let mut about = About::default();
        assert_eq!(about.root("/data/x"), "/");
        about.mounts = ["/data", "/data/in", "/d"].map(str::to_owned).into();
        assert_eq!(
            (about.root("/data/x"), about.root("/data/in/y"), about.root("/database")),
            ("/data", "/data/in", "/")
        );
    }
}

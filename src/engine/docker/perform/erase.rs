//! Deleting files in a container, whether it runs or not, whoever its user is, and whatever its image holds.
//!
//! The engine has no call for it. But where it unpacks an archive it first removes what is in the way of an entry, and
//! then makes the entry. An entry that cannot be made, a second name for a file that is not there, thus deletes; the
//! error that follows names that file, which shows that the deletion came before it. Tried on Engines 20.10 and 28. It
//! is one call a path, so where there are many and `rm` is at hand, that does it.

use super::super::{Docker, exec};
use super::copy::{below, upload};
use super::owner;
use crate::engine::{Done, EngineError, Exec};
use crate::state::ContainerId;

/// From so many paths on a command is worth trying.
const MANY: usize = 4;
/// Paths that one command gets.
const AT_ONCE: usize = 500;
/// No file has this name.
const NOTHING: &str = ".dsenv-there-is-no-such-file";

pub(super) async fn erase(docker: &Docker, id: &ContainerId, paths: &[String]) -> Result<Done, EngineError> {
    if paths.len() >= MANY && by_command(docker, id, paths).await {
        return Ok(Done::Nothing);
    }
    let about = owner::about(docker, id).await?;
    for path in paths {
        let root = about.root(path);
        match upload(docker, id, root, obstacle(below(root, path))).await {
            Ok(()) => {}
            Err(EngineError::Refused(message) | EngineError::NotFound(message)) if message.contains(NOTHING) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Done::Nothing)
}

/// Whether it is done. An image without `rm`, a user that root may not act for and a container that does not run are
/// all no: the other way is open.
async fn by_command(docker: &Docker, id: &ContainerId, paths: &[String]) -> bool {
    for paths in paths.chunks(AT_ONCE) {
        let command = ["rm", "-rf", "--"].map(str::to_owned).into_iter().chain(paths.iter().cloned()).collect();
        let exec = Exec { command, user: Some("0:0".to_owned()), working_dir: Some("/".to_owned()), ..Exec::default() };
        if !matches!(exec::run(docker, id, &exec, |_| {}).await, Ok(0)) {
            return false;
        }
    }
    true
}

/// An archive of one entry that cannot be made.
fn obstacle(name: &str) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Link);
    header.set_size(0);
    header.set_mode(0);
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_link(&mut header, name, NOTHING).expect("writing into memory does not fail");
    archive.into_inner().expect("writing into memory does not fail")
}

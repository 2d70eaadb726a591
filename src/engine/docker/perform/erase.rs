//! Deleting files in a container, whether it runs or not, whoever its user is, and whatever its image holds.
//!
//! The engine has no call for it. But where it unpacks an archive it first removes what is in the way of an entry, and
//! then makes the entry. An entry of a kind that nobody knows cannot be made, and thus only deletes; the engine's word
//! that it does not know this kind shows that the deletion came before it. Tried on Engines 20.10 and 28.5. It is one
//! call a path, so where there are many and `rm` is at hand, that does it.

use super::super::{Docker, exec};
use super::copy::{below, header, upload};
use super::owner::{self, Owner};
use super::pipe;
use crate::engine::{Done, EngineError, Exec};
use crate::state::ContainerId;

/// From so many paths on a command is worth trying.
const MANY: usize = 4;
/// Paths that one command gets.
const AT_ONCE: usize = 500;
/// A kind of entry that does not exist, and how the engine says so.
pub(super) const KIND: u8 = b'Z';
pub(super) const UNKNOWN: &str = "unhandled tar header type 90";

pub(super) async fn erase(docker: &Docker, id: &ContainerId, paths: &[String]) -> Result<Done, EngineError> {
    if paths.len() >= MANY && by_command(docker, id, paths).await {
        return Ok(Done::Nothing);
    }
    let about = owner::about(docker, id).await?;
    for path in paths {
        let root = about.root(path);
        match upload(docker, id, root, pipe::whole(obstacle(below(root, path))?), false).await {
            // An engine that leaves out what it does not know has deleted nothing.
            Ok(()) => return Err(EngineError::Refused(format!("this engine deletes no files, so {path} stays"))),
            Err(EngineError::Refused(message)) if message.contains(UNKNOWN) => {}
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
fn obstacle(name: &str) -> Result<Vec<u8>, EngineError> {
    let mut header = header(tar::EntryType::new(KIND), 0, Owner::default());
    let mut archive = tar::Builder::new(Vec::new());
    let made = archive.append_data(&mut header, name, std::io::empty()).and_then(|()| archive.into_inner());
    made.map_err(|error| EngineError::Refused(format!("{name} is no path in a container: {error}")))
}

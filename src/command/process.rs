//! This process, for the lock: who holds it, and whether another holder still lives.

use std::collections::BTreeMap;
use std::fs;
use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

use camino::Utf8PathBuf;
use jiff::Timestamp;

use crate::execute::Processes;
use crate::model::ProjectName;
use crate::state::LockHolder;

/// The processes of this machine, as `/proc` shows them.
#[derive(Debug, Clone, Copy)]
pub struct Machine;

impl Processes for Machine {
    fn started(&self, pid: u32) -> Option<u64> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The second field is the program's name in parentheses and may hold anything; the start time is the 22nd.
        stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
    }
}

/// `user@host`, for messages and records.
pub fn by(environment: &BTreeMap<String, String>) -> String {
    let named = ["USER", "LOGNAME"].iter().find_map(|name| environment.get(*name).cloned());
    format!("{}@{}", named.unwrap_or_else(account), host())
}

/// The name of the account that this runs under, or its number.
fn account() -> String {
    let uid = rustix::process::getuid().as_raw().to_string();
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let mut lines = accounts.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let name = lines.find(|fields| fields.get(2) == Some(&uid.as_str())).map(|fields| fields[0].to_owned());
    name.unwrap_or(uid)
}

/// This process as the holder of a lock, with a token that no other has.
pub fn holder(environment: &BTreeMap<String, String>) -> LockHolder {
    let pid = process::id();
    // Processes of another namespace cannot be seen: they count as on another host.
    let space = fs::read_link("/proc/self/ns/pid").map(|link| format!("/{}", link.display())).unwrap_or_default();
    let boot_id = read("/proc/sys/kernel/random/boot_id");
    let started = Machine.started(pid).unwrap_or(0);
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_nanos());
    let token = blake3::hash(format!("{}{space} {boot_id} {pid} {started} {nanos}", host()).as_bytes());
    LockHolder {
        token: token.to_hex()[..16].to_owned(),
        host: format!("{}{space}", host()),
        boot_id,
        pid,
        started,
        by: by(environment),
        since: format!("{:.0}", Timestamp::now()),
    }
}

/// The file of the local lock: of this user, this project and this engine.
pub fn lock_file(environment: &BTreeMap<String, String>, project: &ProjectName, engine: &str) -> Utf8PathBuf {
    let folder = ["XDG_RUNTIME_DIR", "TMPDIR"].iter().find_map(|name| environment.get(*name)).map(Utf8PathBuf::from);
    let folder = folder.filter(|folder| folder.is_dir()).unwrap_or_else(|| "/tmp".into());
    let user = rustix::process::getuid().as_raw();
    let which = blake3::hash(format!("{user} {engine}").as_bytes()).to_hex();
    folder.join(format!("dsenv-{project}-{}.lock", &which[..12]))
}

fn host() -> String {
    Some(read("/proc/sys/kernel/hostname")).filter(|name| !name.is_empty()).unwrap_or_else(|| "localhost".to_owned())
}

fn read(path: &str) -> String {
    fs::read_to_string(path).map(|text| text.trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_a_start_and_one_that_is_not_there_has_none() {
        assert!(Machine.started(process::id()).is_some_and(|ticks| ticks > 0));
        assert_eq!(Machine.started(u32::MAX), None);
    }

    #[test]
    fn two_holds_have_two_tokens() {
        assert_ne!(holder(&BTreeMap::new()).token, holder(&BTreeMap::new()).token);
    }
}

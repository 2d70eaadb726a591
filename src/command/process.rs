//! This process, for the lock: who holds it, and whether another holder still lives.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

use crate::execute::{Nook, Processes, Sight};
use crate::model::ProjectName;
use crate::state::LockHolder;

/// The processes of this machine, as `/proc` shows them.
#[derive(Debug, Clone, Copy)]
pub struct Machine;

impl Processes for Machine {
    fn look(&self, pid: u32, started: u64) -> Sight {
        match stat(pid) {
            Some(stat) if stat.ended || stat.started != started => Sight::Gone,
            Some(_) => Sight::Runs,
            None => {
                // Where `/proc` hides the processes of others, they can still be asked for.
                let number = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
                match number.map(rustix::process::test_kill_process) {
                    Some(Err(rustix::io::Errno::SRCH)) => Sight::Gone,
                    Some(_) | None => Sight::Hidden,
                }
            }
        }
    }
}

/// What `/proc` shows of a process.
struct Stat {
    /// Whether it has ended, and only nobody has taken note of that yet.
    ended: bool,
    /// In clock ticks since boot.
    started: u64,
}

fn stat(pid: u32) -> Option<Stat> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in parentheses and may hold anything; the state is the third, the start
    // time the 22nd.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let ended = matches!(fields.next()?, "Z" | "X");
    Some(Stat { ended, started: fields.nth(18)?.parse().ok()? })
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
    let started = stat(pid).map_or(0, |stat| stat.started);
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
        beats: true,
    }
}

/// Where the local lock of this user, this project and this engine may lie.
pub fn lock_nook(environment: &BTreeMap<String, String>, project: &ProjectName, engine: &str) -> Nook {
    let user = rustix::process::getuid().as_raw();
    let at = |name: &str, below: &str| environment.get(name).map(|folder| PathBuf::from(folder).join(below));
    let shared = format!("dsenv-{user}");
    let folders = [
        at("XDG_RUNTIME_DIR", "dsenv"),
        at("TMPDIR", &shared),
        Some(PathBuf::from("/tmp").join(&shared)),
        at("HOME", ".cache/dsenv"),
    ];
    let name = blake3::hash(format!("{project} {engine}").as_bytes()).to_hex()[..32].to_owned();
    Nook { folders: folders.into_iter().flatten().filter(|folder| folder.is_absolute()).collect(), name }
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
    fn this_process_runs_and_one_that_is_not_there_is_gone() {
        let me = holder(&BTreeMap::new());
        assert_eq!(Machine.look(me.pid, me.started), Sight::Runs);
        assert_eq!(Machine.look(me.pid, me.started + 1), Sight::Gone, "its number was given to another");
        assert_eq!(Machine.look(i32::MAX as u32, 1), Sight::Gone);
        assert_eq!(Machine.look(u32::MAX, 1), Sight::Hidden, "no process can have that number, so nothing is known");
    }

    #[test]
    fn a_process_that_nobody_has_taken_note_of_is_gone() {
        let mut child = process::Command::new("true").stdin(process::Stdio::null()).spawn().unwrap();
        let started = loop {
            match stat(child.id()) {
                Some(stat) if stat.ended => break stat.started,
                _ => std::thread::sleep(std::time::Duration::from_millis(5)),
            }
        };
        assert_eq!(Machine.look(child.id(), started), Sight::Gone);
        child.wait().unwrap();
    }

    #[test]
    fn the_name_of_a_local_lock_is_short_however_long_the_project_is() {
        let name = |project: &str| lock_nook(&BTreeMap::new(), &project.into(), "unix:///a").name;
        assert_eq!(name(&"p".repeat(300)).len(), 32);
        assert_ne!(name("a"), name("b"));
    }

    #[test]
    fn two_holds_have_two_tokens() {
        assert_ne!(holder(&BTreeMap::new()).token, holder(&BTreeMap::new()).token);
    }
}

//! Processes: the state of a container, and the commands that the tiny shell knows.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::clock::Moment;
use super::file::File;
use super::script::{Script, seconds};
use super::world::World;
use crate::state::{ContainerId, Health};

/// The command by which a script asks the kernel to kill it for its memory.
pub(super) const OOM: &str = "out-of-memory";

/// What a container is doing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Phase {
    /// Never started.
    Created,
    /// Its processes exist.
    Up(Box<Up>),
    /// Its restart policy will start it again.
    Restarting { at: Moment, code: i64, pause: Duration },
    /// It ended.
    Exited { code: i64, oom: bool },
}

/// A container whose processes exist.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Up {
    pub(super) process: Process,
    /// When the process goes on; `None`: never by itself.
    pub(super) wake: Option<Moment>,
    /// When a stop ends it, and with which code.
    pub(super) end: Option<(Moment, i64)>,
    pub(super) checkup: Option<Checkup>,
    pub(super) paused: bool,
    /// How long the next restart waits.
    pub(super) pause: Duration,
}

/// A health check at work.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Checkup {
    pub(super) next: Moment,
    /// Probes that failed in a row.
    pub(super) failures: i64,
    /// Whether the last count made it healthy or unhealthy.
    pub(super) verdict: Verdict,
    /// What the last probe gave and printed.
    pub(super) last: Option<(i64, String)>,
}

/// What a health check has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Verdict {
    Starting,
    Healthy,
    Unhealthy,
}

impl Checkup {
    pub(super) fn health(&self) -> Health {
        match self.verdict {
            Verdict::Starting => Health::Starting,
            Verdict::Healthy => Health::Healthy,
            Verdict::Unhealthy => {
                Health::Unhealthy { output: self.last.as_ref().map(|(_, text)| text.clone()).unwrap_or_default() }
            }
        }
    }
}

/// A script at work.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Process {
    script: Script,
    next: usize,
    status: i64,
    /// Variables beside the container's own.
    environment: BTreeMap<String, String>,
    /// Somebody waits for its end, so programs that are not known have done their work.
    #[serde(default)]
    awaited: bool,
}

/// Where a process stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halt {
    /// It goes on after this time; `None`: never.
    Sleeps(Option<Duration>),
    /// It ended.
    Ended(i64),
    /// The kernel killed it.
    OutOfMemory,
}

/// A line that a process printed, and whether on standard error.
pub(super) type Printed = (bool, String);

impl Process {
    pub(super) fn new(script: Script) -> Self {
        Self { script, ..Self::default() }
    }

    /// Somebody waits for its end. True if it stands still in a program that is not known, which now has an end.
    pub(super) fn is_released(&mut self) -> bool {
        self.awaited = true;
        let at = self.next.checked_sub(1).and_then(|last| self.script.0.get(last));
        at.is_some_and(|clause| clause.words.first().is_none_or(|word| word != "sleep" && word != OOM))
    }

    pub(super) fn with(self, environment: BTreeMap<String, String>) -> Self {
        Self { environment, ..self }
    }
}

impl World {
    /// Runs a process of a container until it sleeps or ends. A program that is not known serves when it is the
    /// container's own (`serves`), and does nothing otherwise.
    pub(super) fn run(
        &mut self,
        id: &ContainerId,
        process: &mut Process,
        serves: bool,
        printed: &mut Vec<Printed>,
    ) -> Halt {
        while let Some(clause) = process.script.0.get(process.next).cloned() {
            process.next += 1;
            if !clause.joint.allows(process.status) {
                continue;
            }
            let words: Vec<&str> = clause.words.iter().map(String::as_str).collect();
            match words.as_slice() {
                ["exit"] => return Halt::Ended(process.status),
                ["exit", code, ..] => return Halt::Ended(code.parse().unwrap_or(2)),
                [OOM] => return Halt::OutOfMemory,
                ["sleep", time] => {
                    process.status = 0;
                    let time = seconds(time);
                    if time != Some(Duration::ZERO) {
                        return Halt::Sleeps(time);
                    }
                }
                words => match self.command(id, &process.environment, words, printed) {
                    Some(status) => process.status = status,
                    None if serves && !process.awaited => return Halt::Sleeps(None),
                    None => process.status = 0,
                },
            }
        }
        Halt::Ended(process.status)
    }

    /// One command that takes no time, and its status; `None` if it is not known.
    fn command(
        &mut self,
        id: &ContainerId,
        extra: &BTreeMap<String, String>,
        words: &[&str],
        printed: &mut Vec<Printed>,
    ) -> Option<i64> {
        let variable = |world: &Self, name: &str| {
            let own = world.containers.get(id).and_then(|container| container.environment.get(name));
            extra.get(name).or(own).cloned()
        };
        let (words, target) = redirection(words);
        let mut out = Vec::new();
        let status = match words.as_slice() {
            ["true" | ":"] => 0,
            ["false"] => 1,
            ["echo", rest @ ..] => {
                out.push(expand(&rest.join(" "), |name| variable(self, name)));
                0
            }
            ["printenv", name] => match variable(self, name) {
                Some(value) => {
                    out.push(value);
                    0
                }
                None => 1,
            },
            ["cat", path] => match self.file(id, path) {
                Some(file) => {
                    out.extend(String::from_utf8_lossy(&file.content).lines().map(str::to_owned));
                    0
                }
                None => {
                    printed.push((true, format!("cat: can't open '{path}': No such file or directory")));
                    1
                }
            },
            ["test", "-e" | "-f", path] => i64::from(self.file(id, path).is_none()),
            ["stat", "-c", "%u %g %a", path] => match self.file(id, path) {
                Some(file) => {
                    out.push(format!("{} {} {:o}", file.uid, file.gid, file.mode));
                    0
                }
                None => 1,
            },
            ["nslookup", name, ..] => match self.resolve(id, name) {
                Some(address) => {
                    out.push(format!("Address: {address}"));
                    0
                }
                None => 1,
            },
            _ => return None,
        };
        match target {
            None => printed.extend(out.into_iter().map(|line| (false, line))),
            Some(Target::Stderr) => printed.extend(out.into_iter().map(|line| (true, line))),
            Some(Target::File { path, append }) => {
                let old = self.file(id, path).filter(|_| append).map(|file| file.content.clone());
                let mut content = old.unwrap_or_default();
                out.iter().for_each(|line| content.extend(format!("{line}\n").bytes()));
                if !self.put_file(id, path, File::new(content)) {
                    printed.push((true, format!("sh: can't create {path}: Read-only file system")));
                    return Some(1);
                }
            }
        }
        Some(status)
    }
}

/// Puts values for `$NAME`.
fn expand(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut parts = text.split('$');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(part.len());
        whole += &value(&part[..end]).unwrap_or_default();
        whole += &part[end..];
    }
    whole
}

enum Target<'a> {
    Stderr,
    File { path: &'a str, append: bool },
}

/// Takes `> path`, `>> path` and `>&2` off a command.
fn redirection<'a>(words: &[&'a str]) -> (Vec<&'a str>, Option<Target<'a>>) {
    let Some(at) = words.iter().position(|word| word.starts_with('>') || *word == "1>&2") else {
        return (words.to_vec(), None);
    };
    let target = match words[at] {
        ">&2" | "1>&2" => Target::Stderr,
        sign => {
            let path = sign.trim_start_matches('>');
            let path = if path.is_empty() { words.get(at + 1).copied().unwrap_or("/dev/null") } else { path };
            Target::File { path, append: sign.starts_with(">>") }
        }
    };
    (words[..at].to_vec(), Some(target))
}

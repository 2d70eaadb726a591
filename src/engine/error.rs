//! Why an engine did not do what it was asked.

use std::time::Duration;

use thiserror::Error;

use crate::model::VolumeName;
use crate::state::label::{self, Labels};
use crate::state::own;

/// Why a call failed. The texts fit after "failed: "; the service's name is added by who knows it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EngineError {
    /// Nobody answers.
    #[error("no engine answers at {address}: {cause}")]
    Unreachable {
        /// What was tried.
        address: String,
        /// The system's words.
        cause: String,
        /// What to do next.
        hints: Vec<String>,
    },
    /// The connection broke: whether the engine acted is not known.
    #[error("the connection to the engine broke: {0}")]
    Broken(String),
    /// The object is not there.
    #[error("{0}")]
    NotFound(String),
    /// The name or the state forbids it.
    #[error("{0}")]
    Conflict(String),
    /// A host port is in use.
    #[error("port {port} of the host is in use")]
    PortTaken {
        /// The port, possibly with its address.
        port: String,
        /// The engine's words.
        cause: String,
    },
    /// An image that no registry gives.
    #[error("image {image} cannot be pulled: {cause}")]
    NoImage {
        /// The reference.
        image: String,
        /// The registry's words.
        cause: String,
    },
    /// A build that failed.
    #[error("{message}")]
    Build {
        /// The failing instruction's words.
        message: String,
        /// The last lines of output.
        output: String,
    },
    /// The container cannot reach what was waited for.
    #[error("{0}")]
    Gate(GateFailure),
    /// It took longer than allowed.
    #[error("not {what} within {seconds} s")]
    Timeout {
        /// What was waited for.
        what: String,
        /// How long.
        seconds: u64,
        /// What the last health probe printed.
        output: Option<String>,
    },
    /// A hook or command ended with something else than 0.
    #[error("`{command}` exited with {code}")]
    Exit {
        /// What ran.
        command: String,
        /// Its exit code.
        code: i64,
        /// What it printed last.
        output: String,
    },
    /// The engine refused, in its own words.
    #[error("{0}")]
    Refused(String),
    /// A local file stood in the way.
    #[error("{0}")]
    Local(String),
}

impl EngineError {
    /// Whether the engine's disk is full.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::Refused(words) | Self::Conflict(words) if words.contains("no space left on device"))
    }

    /// Refuses to take for dsenv's own a volume that was there already and is somebody else's. What a lock finds is for
    /// the lock to judge.
    pub(super) fn unless_ours(name: &VolumeName, asked: &Labels, found: &Labels) -> Result<(), Self> {
        let is_lock = asked.get(label::KIND).is_some_and(|kind| kind == label::KIND_LOCK);
        if is_lock || !own::is_taken(name, asked, found) {
            return Ok(());
        }
        Err(Self::Conflict(format!(
            "the volume {name} has a name of dsenv's own and not its labels, so it is not touched; remove it by hand if \
             nobody needs what is in it"
        )))
    }
}

/// Why a container does not pass its gate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GateFailure {
    /// It ended.
    #[error("exited with {code}{}", ending(*code, *oom))]
    Exited {
        /// The exit code.
        code: i64,
        /// Whether the kernel killed it for its memory.
        oom: bool,
    },
    /// It ended as often as its restart policy tries.
    #[error("exited with {code}{} after {} by its policy", ending(*code, false), tries(*restarts))]
    GivenUp {
        /// The exit code of the last run.
        code: i64,
        /// How often it was started again.
        restarts: i64,
    },
    /// The engine started it again and again until the wait was over.
    #[error("restarted {} and still not {what} after {} s{}", times(*restarts), within.as_secs_f64(), last(*code))]
    Restarting {
        /// What was waited for.
        what: String,
        /// The exit code of the last run, where it is known.
        code: Option<i64>,
        /// How often since somebody started it.
        restarts: i64,
        /// How long the wait was.
        within: Duration,
    },
    /// The engine started it again and again, and it was never up for a while.
    #[error("restarted {} within {} s and never up for {} s{}", times(*restarts), within.as_secs(), up.as_secs(), last(*code))]
    Looping {
        /// The exit code of the last run, where it is known.
        code: Option<i64>,
        /// How often since somebody started it.
        restarts: i64,
        /// How long it was waited for.
        within: Duration,
        /// What would have been a while.
        up: Duration,
    },
    /// Its health check fails.
    #[error("is unhealthy")]
    Unhealthy {
        /// What the last probe printed.
        output: String,
    },
    /// Healthy was asked of a container without a health check.
    #[error("has no health check")]
    NoHealthcheck,
    /// It is gone.
    #[error("was removed by somebody else")]
    Gone,
}

/// How often, in words.
pub(super) fn times(count: i64) -> String {
    match count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}

/// How many, in words.
fn tries(restarts: i64) -> String {
    format!("{restarts} restart{}", if restarts == 1 { "" } else { "s" })
}

/// The exit code of the last run, where it is known.
pub(super) fn last(code: Option<i64>) -> String {
    code.map_or_else(String::new, |code| format!("; the last exit code was {code}{}", ending(code, false)))
}

/// What lies behind an exit code, where it is the kernel's: 128 and the number of a signal.
fn ending(code: i64, oom: bool) -> &'static str {
    match code {
        _ if oom => " (out of memory)",
        130 => " (SIGINT)",
        131 => " (SIGQUIT)",
        132 => " (SIGILL)",
        134 => " (SIGABRT)",
        135 => " (SIGBUS)",
        136 => " (SIGFPE)",
        137 => " (SIGKILL)",
        139 => " (SIGSEGV)",
        143 => " (SIGTERM)",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::GateFailure;

    #[test]
    fn an_exit_code_tells_of_the_signal_behind_it() {
        let said = |code, oom| GateFailure::Exited { code, oom }.to_string();
        assert_eq!(said(3, false), "exited with 3");
        assert_eq!(said(139, false), "exited with 139 (SIGSEGV)");
        assert_eq!(said(137, true), "exited with 137 (out of memory)");
        let given_up = |restarts| GateFailure::GivenUp { code: 9, restarts }.to_string();
        assert_eq!(given_up(1), "exited with 9 after 1 restart by its policy");
        assert_eq!(given_up(5), "exited with 9 after 5 restarts by its policy");
    }
}

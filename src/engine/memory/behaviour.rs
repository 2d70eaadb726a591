//! What a program does, as a word that a spec or an image can carry.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::script::{Clause, Joint, Script, seconds};

/// The variable that tells a container of the twin what to do, whatever its command says.
pub const VARIABLE: &str = "DSENV_TWIN";

/// What a program does. Its text is what [`VARIABLE`] holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Behaviour {
    /// `serve`: runs until it is stopped, probes pass.
    Serve,
    /// `exit:CODE[:AFTER]`: ends by itself.
    Exit {
        /// The exit code.
        code: i64,
        /// How long after its start; at once by default.
        after: Duration,
    },
    /// `crash`: ends with 1 after 0.1 s, at every start.
    Crash,
    /// `oom[:AFTER]`: the kernel kills it for its memory.
    OutOfMemory {
        /// How long after its start; at once by default.
        after: Duration,
    },
    /// `healthy:AFTER`: probes fail until then.
    HealthyAfter(Duration),
    /// `unhealthy[:AFTER]`: probes fail from then on; from the start by default.
    UnhealthyAfter(Duration),
    /// `stubborn`: does not hear the stop signal and is killed after the grace period.
    Stubborn,
    /// `nostart`: the engine cannot start it (a program that is not in the image).
    NoStart,
}

impl Behaviour {
    /// Reads the text; `None` if it says nothing known.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let word = parts.next()?;
        let mut next = || parts.next();
        Some(match word {
            "serve" => Self::Serve,
            "exit" => Self::Exit { code: next()?.parse().ok()?, after: time(next())? },
            "crash" => Self::Crash,
            "oom" => Self::OutOfMemory { after: time(next())? },
            "healthy" => Self::HealthyAfter(time(next())?),
            "unhealthy" => Self::UnhealthyAfter(time(next())?),
            "stubborn" => Self::Stubborn,
            "nostart" => Self::NoStart,
            _ => return None,
        })
    }

    /// The commands that behave so.
    pub(super) fn script(&self) -> Script {
        let sleep = |time: Duration| vec!["sleep".to_owned(), time.as_secs_f64().to_string()];
        let commands = match self {
            Self::Exit { code, after } => vec![sleep(*after), vec!["exit".to_owned(), code.to_string()]],
            Self::Crash => vec![sleep(Duration::from_millis(100)), vec!["exit".to_owned(), "1".to_owned()]],
            Self::OutOfMemory { after } => vec![sleep(*after), vec![super::process::OOM.to_owned()]],
            Self::Serve | Self::HealthyAfter(_) | Self::UnhealthyAfter(_) | Self::Stubborn | Self::NoStart => {
                vec![vec!["sleep".to_owned(), "infinity".to_owned()]]
            }
        };
        Script(commands.into_iter().map(|words| Clause { joint: Joint::Always, words }).collect())
    }

    /// What a probe says so long after the start; `None` leaves it to the probe's own command.
    pub(super) fn probe(&self, age: Duration) -> Option<bool> {
        match self {
            Self::HealthyAfter(time) => Some(age >= *time),
            Self::UnhealthyAfter(time) => Some(age < *time),
            Self::Serve => Some(true),
            Self::Exit { .. } | Self::Crash | Self::OutOfMemory { .. } | Self::Stubborn | Self::NoStart => None,
        }
    }
}

fn time(text: Option<&str>) -> Option<Duration> {
    match text {
        None => Some(Duration::ZERO),
        Some(text) => match text.strip_suffix("ms") {
            Some(number) => Some(Duration::from_millis(number.parse().ok()?)),
            None => seconds(text),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_behaviour_is_read() {
        let after = Duration::from_millis(500);
        assert_eq!(Behaviour::parse("exit:1:500ms"), Some(Behaviour::Exit { code: 1, after }));
        assert_eq!(Behaviour::parse("exit:0"), Some(Behaviour::Exit { code: 0, after: Duration::ZERO }));
        assert_eq!(Behaviour::parse("healthy:5s"), Some(Behaviour::HealthyAfter(Duration::from_secs(5))));
        assert_eq!(Behaviour::parse("dance"), None);
    }
}

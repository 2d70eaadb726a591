//! When the engine restarts a container.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use serde::{Serialize, Serializer};

/// When the engine restarts a container that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// Never.
    No,
    /// Always, after a start of the engine too.
    Always,
    /// After an exit code other than 0.
    OnFailure {
        /// How often at most; for ever when unset.
        attempts: Option<u32>,
    },
    /// Always, unless it was stopped by hand.
    UnlessStopped,
}

impl Restart {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "no" => Self::No,
            "always" => Self::Always,
            "on-failure" => Self::OnFailure { attempts: None },
            "unless-stopped" => Self::UnlessStopped,
            _ => Self::OnFailure { attempts: Some(text.strip_prefix("on-failure:")?.parse().ok()?) },
        })
    }
}

impl fmt::Display for Restart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::No => f.write_str("no"),
            Self::Always => f.write_str("always"),
            Self::OnFailure { attempts: None } => f.write_str("on-failure"),
            Self::OnFailure { attempts: Some(attempts) } => write!(f, "on-failure:{attempts}"),
            Self::UnlessStopped => f.write_str("unless-stopped"),
        }
    }
}

impl Serialize for Restart {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Restart {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Policy;
        impl Visitor<'_> for Policy {
            type Value = Restart;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a restart policy, such as \"no\", always, unless-stopped, on-failure or on-failure:3")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Restart, E> {
                Restart::parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Policy)
    }
}

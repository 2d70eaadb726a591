//! When to pull an image.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use serde::{Serialize, Serializer};

use super::Duration;

/// When to pull an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PullPolicy {
    /// Each time.
    Always,
    /// Never; the image must be there.
    Never,
    /// When it is not there. Also written `if_not_present`.
    Missing,
    /// Never; the image is built each time.
    Build,
    /// When `pull_refresh_after` has passed since the last pull.
    Refresh,
    /// When a day has passed since the last pull.
    Daily,
    /// When a week has passed since the last pull.
    Weekly,
    /// When some time has passed since the last pull.
    Every {
        /// How much.
        age: Duration,
        /// As it was written, such as `12h`.
        written: String,
    },
}

impl PullPolicy {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "always" => Self::Always,
            "never" => Self::Never,
            "missing" | "if_not_present" => Self::Missing,
            "build" => Self::Build,
            "refresh" => Self::Refresh,
            "daily" => Self::Daily,
            "weekly" => Self::Weekly,
            _ => {
                let written = text.strip_prefix("every_")?;
                Self::Every { age: Duration::parse(written)?, written: written.to_owned() }
            }
        })
    }
}

impl fmt::Display for PullPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => f.write_str("always"),
            Self::Never => f.write_str("never"),
            Self::Missing => f.write_str("missing"),
            Self::Build => f.write_str("build"),
            Self::Refresh => f.write_str("refresh"),
            Self::Daily => f.write_str("daily"),
            Self::Weekly => f.write_str("weekly"),
            Self::Every { age: _, written } => write!(f, "every_{written}"),
        }
    }
}

impl Serialize for PullPolicy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PullPolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Policy;
        impl Visitor<'_> for Policy {
            type Value = PullPolicy;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a pull policy, such as always, never, missing, build, daily, weekly or every_12h")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<PullPolicy, E> {
                PullPolicy::parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Policy)
    }
}

//! `ulimits.*`: a limit of the kernel on processes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

/// A limit of the kernel on processes, such as `nofile`; -1 is no limit. The short form is one number for both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Ulimit {
    /// One number for both; 0 when they are given one by one.
    #[schemars(skip)]
    pub single: i64,
    /// The limit that holds, which a process may raise.
    pub soft: i64,
    /// The limit of raising.
    pub hard: i64,
}

impl Ulimit {
    /// The limit that holds, and the limit of raising it.
    pub fn soft_and_hard(self) -> (i64, i64) {
        let Self { single, soft, hard } = self;
        if single == 0 { (soft, hard) } else { (single, single) }
    }
}

impl Serialize for Ulimit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct SoftAndHard {
            soft: i64,
            hard: i64,
        }
        match *self {
            Self { single: 0, soft, hard } => SoftAndHard { soft, hard }.serialize(serializer),
            Self { single, .. } => single.serialize(serializer),
        }
    }
}

//! How a line looks, and what it says.

use super::picture::EdgeKind;
use crate::model::Condition;

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    pub class: &'static str,
    pub dash: &'static str,
    pub arrow: bool,
}

impl Look {
    pub const SOLID: Self = Self { class: "", dash: "", arrow: true };
}

pub fn look(kind: EdgeKind) -> Look {
    match kind {
        EdgeKind::Waits { condition: Condition::ServiceHealthy, .. } => Look::SOLID,
        EdgeKind::Waits { condition: Condition::ServiceCompletedSuccessfully, .. } => {
            Look { dash: " stroke-dasharray=\"9 4\"", ..Look::SOLID }
        }
        EdgeKind::Waits { condition: Condition::ServiceStarted, .. } => {
            Look { dash: " stroke-dasharray=\"3 4\"", ..Look::SOLID }
        }
        EdgeKind::Joins | EdgeKind::Mounts { .. } => {
            Look { class: " mount", dash: " stroke-dasharray=\"1 3\"", arrow: false }
        }
    }
}

/// What a line says, if it needs to say anything.
pub fn label(kind: EdgeKind) -> Option<String> {
    match kind {
        EdgeKind::Waits { condition, required } => {
            Some(format!("{}{}", condition_word(condition), if required { "" } else { ", optional" }))
        }
        EdgeKind::Mounts { read_only: true } => Some("read-only".to_owned()),
        EdgeKind::Mounts { read_only: false } | EdgeKind::Joins => None,
    }
}

/// `healthy`
pub fn condition_word(condition: Condition) -> &'static str {
    match condition {
        Condition::ServiceStarted => "started",
        Condition::ServiceHealthy => "healthy",
        Condition::ServiceCompletedSuccessfully => "completed",
    }
}

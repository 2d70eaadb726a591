//! From a fault of YAML to a diagnostic.

use super::code;
use crate::diagnostic::Diagnostic;
use crate::yaml::{Fault, FaultKind};

/// The diagnostic of a fault.
pub fn diagnostic(fault: Fault) -> Diagnostic {
    let Fault { kind, message, place, related, help, path } = fault;
    let code = match kind {
        FaultKind::Syntax => code::SYNTAX,
        FaultKind::TooMuch => code::TOO_MUCH,
        FaultKind::DuplicateKey => code::DUPLICATE_KEY,
        FaultKind::KeyNotText => code::KEY_NOT_TEXT,
        FaultKind::Alias => code::ALIAS,
        FaultKind::UnknownKey => code::UNKNOWN_KEY,
        FaultKind::WrongType => code::WRONG_TYPE,
        FaultKind::WrongValue => code::WRONG_VALUE,
        FaultKind::MissingKey => code::MISSING_KEY,
    };
    let mut diagnostic = Diagnostic::error(code, message);
    if let Some(place) = place {
        diagnostic = diagnostic.at(place, path.to_string());
    }
    if let Some((place, label)) = related {
        diagnostic = diagnostic.related(place, label);
    }
    if help.is_empty() { diagnostic } else { diagnostic.help(help) }
}

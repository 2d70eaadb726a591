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
    let help =
        if kind == FaultKind::MissingKey || help.is_empty() { better(kind, &diagnostic.message, help) } else { help };
    if help.is_empty() { diagnostic } else { diagnostic.help(help) }
}

/// What to do about a key, where more is known of it than its type says.
fn better(kind: FaultKind, message: &str, help: String) -> String {
    let key = message.split('`').nth(1).unwrap_or_default();
    let words = match (kind, key) {
        (FaultKind::MissingKey, "action") => "add `action: sync`, `rebuild`, `restart`, `sync+restart` or `sync+exec`",
        (FaultKind::MissingKey, "condition") => "add `condition: service_started` or `service_healthy`",
        (FaultKind::MissingKey, "type") => "add `type: bind`, `volume`, `tmpfs` or `image`",
        (FaultKind::UnknownKey, "replicas" | "placement" | "update_config" | "restart_policy" | "endpoint_mode") => {
            "it belongs under `deploy`"
        }
        (FaultKind::UnknownKey, "resources" | "limits" | "reservations") => "it belongs under `deploy.resources`",
        (FaultKind::UnknownKey, "memory" | "mem") => "for a limit write `mem_limit`",
        (FaultKind::UnknownKey, "cpu") => "for a limit write `cpus`",
        (FaultKind::UnknownKey, "env" | "envs" | "vars" | "variables") => "variables stand under `environment`",
        (FaultKind::UnknownKey, "context" | "dockerfile" | "args" | "target") => "it belongs under `build`",
        (FaultKind::UnknownKey, "watch") => "it belongs under `develop`",
        (FaultKind::UnknownKey, "interval" | "timeout" | "retries" | "test" | "start_period") => {
            "it belongs under `healthcheck`"
        }
        (FaultKind::UnknownKey, "aliases" | "ipv4_address") => "it belongs under `networks`, below the network's name",
        (FaultKind::UnknownKey, "name") => "a service is named by its key; a container by `container_name`",
        (FaultKind::UnknownKey, "mounts" | "binds") => "mounts stand under `volumes`",
        (FaultKind::UnknownKey, "cmd" | "args_list") => "it is called `command`",
        (FaultKind::UnknownKey, _) if help.is_empty() => "the key is not known here; keys of your own begin with `x-`",
        _ => return help,
    };
    words.to_owned()
}

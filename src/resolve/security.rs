//! `security_opt`: a seccomp profile's file is read here, since the engine has only its content.

use std::collections::BTreeSet;

use super::context::Scope;
use crate::diagnostic::Diagnostic;
use crate::spec::code;

/// The largest profile; Docker's own is 13 kB.
const LARGEST: u64 = 1 << 20;

/// The options, each as `NAME=VALUE`; a profile as JSON without spaces, so that its layout is no change.
pub(super) fn options(list: &[String], scope: &mut Scope<'_, '_>) -> BTreeSet<String> {
    list.iter().enumerate().filter_map(|(at, option)| self::option(at, option, scope)).collect()
}

fn option(at: usize, option: &str, scope: &mut Scope<'_, '_>) -> Option<String> {
    // The form with a colon is Docker's older one.
    let Some((name, value)) = option.split_once(['=', ':']) else { return Some(option.to_owned()) };
    if name != "seccomp" || matches!(value, "unconfined" | "builtin") {
        return Some(format!("{name}={value}"));
    }
    match profile(value, scope) {
        Ok(json) => Some(format!("seccomp={json}")),
        Err(why) => {
            let message = format!("service `{}` has a seccomp profile that cannot be used: {why}", scope.name);
            let help = "name a JSON file, starting from the spec's folder, or `unconfined`";
            let finding = Diagnostic::error(code::SECCOMP, message).help(help);
            scope.report(finding, &["security_opt", &at.to_string()], "this profile");
            None
        }
    }
}

fn profile(path: &str, scope: &Scope<'_, '_>) -> Result<String, String> {
    let path = scope.context.spec.folder.join(path);
    let bytes = scope.context.reader.read(&path, LARGEST).map_err(|error| format!("{path}: {error}"))?;
    let json: serde_json::Value = serde_json::from_slice(&bytes).map_err(|error| format!("{path}: {error}"))?;
    Ok(json.to_string())
}

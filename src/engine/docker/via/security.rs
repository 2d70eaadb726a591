//! Converters for security options, which carry more than one field.

const CREDENTIAL_SPEC: &str = "credentialspec=";
/// Compose's way to say that nothing of `/proc` and `/sys` is masked; the engine has two lists for it.
const UNCONFINED: &str = "systempaths=unconfined";

/// Options of the user.
pub mod security_opt {
    use std::collections::BTreeSet;

    use bollard::models::HostConfig;

    use super::super::super::wire::Around;
    use super::{CREDENTIAL_SPEC, UNCONFINED};

    pub fn write(model: &BTreeSet<String>, host: &mut HostConfig, _: &Around) {
        if model.contains(UNCONFINED) {
            host.masked_paths = Some(Vec::new());
            host.readonly_paths = Some(Vec::new());
        }
        let options = model.iter().filter(|option| *option != UNCONFINED).cloned().collect::<Vec<_>>();
        if !options.is_empty() {
            host.security_opt.get_or_insert_default().extend(options);
        }
    }

    pub fn read(host: &HostConfig, _: &Around) -> BTreeSet<String> {
        let empty = |paths: &Option<Vec<String>>| paths.as_ref().is_some_and(Vec::is_empty);
        let unconfined = empty(&host.masked_paths) && empty(&host.readonly_paths);
        let options = host.security_opt.iter().flatten().filter(|option| !option.starts_with(CREDENTIAL_SPEC));
        options.cloned().chain(unconfined.then(|| UNCONFINED.to_owned())).collect()
    }
}

/// Credentials of a Windows service.
pub mod credential_spec {
    use super::super::super::wire::Around;
    use super::CREDENTIAL_SPEC;

    pub fn write(model: &Option<String>, wire: &mut Option<Vec<String>>, _: &Around) {
        if let Some(spec) = model {
            wire.get_or_insert_default().push(format!("{CREDENTIAL_SPEC}{spec}"));
        }
    }

    pub fn read(wire: &Option<Vec<String>>, _: &Around) -> Option<String> {
        wire.iter().flatten().find_map(|option| option.strip_prefix(CREDENTIAL_SPEC)).map(str::to_owned)
    }
}

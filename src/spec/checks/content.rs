//! Configs and secrets have one source; volumes and networks that are external have no definition.

use std::collections::BTreeMap;

use super::Check;
use crate::spec::code;
use crate::spec::types::FileObject;

pub(super) fn check(check: &mut Check<'_>) {
    let spec = check.spec;
    objects(check, "secrets", &spec.secrets);
    objects(check, "configs", &spec.configs);
    for (key, volume) in &spec.volumes {
        let defined = volume.driver.is_some() || !volume.driver_opts.is_empty() || !volume.labels.is_empty();
        if volume.external && defined {
            let place = check.key(&["volumes"], key);
            let message = format!("the volume `{key}` is external, so it cannot be defined here too");
            check.error(code::EXCLUSIVE, message, place, "keep `external` and `name` only");
        }
    }
    for (key, network) in &spec.networks {
        let defined = network.driver.is_some() || !network.driver_opts.is_empty() || !network.labels.is_empty();
        if network.external && defined {
            let place = check.key(&["networks"], key);
            let message = format!("the network `{key}` is external, so it cannot be defined here too");
            check.warning(code::EXCLUSIVE, message, place, "keep `external` and `name` only");
        }
    }
    for (key, model) in &spec.models {
        if model.model.is_none() {
            let place = check.key(&["models"], key);
            check.error(code::MISSING_KEY, "`model` is missing: which artifact?", place, "such as `model: ai/smollm2`");
        }
    }
}

fn objects(check: &mut Check<'_>, kind: &'static str, objects: &BTreeMap<String, FileObject>) {
    let one = kind.trim_end_matches('s');
    for (key, object) in objects {
        let place = check.key(&[kind], key);
        if kind == "secrets" && object.content.is_some() {
            let message = format!("the secret `{key}` has its content in the spec");
            let help = "use `environment` or `file`: a spec is read by many";
            check.error(code::CONTENT, message, place, help);
            continue;
        }
        let variable = object.environment.as_ref().is_some_and(|name| !name.is_empty());
        let sources = [object.file.is_some(), variable, object.content.is_some()];
        let count = sources.iter().filter(|source| **source).count();
        let names = if kind == "secrets" { "`file` or `environment`" } else { "`file`, `environment` or `content`" };
        if count > 1 {
            let message = format!("the {one} `{key}` has {count} sources");
            check.error(code::CONTENT, message, place, format!("keep one of {names}"));
        } else if count == 0 && !object.external {
            let message = format!("the {one} `{key}` has no source");
            check.error(code::CONTENT, message, place, format!("add {names}, or `external: true`"));
        }
    }
}

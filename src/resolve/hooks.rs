//! Commands around start and stop.

use std::collections::BTreeMap;

use crate::model::{Hook, Hooks, ImageRef, StartHook};
use crate::spec::types;
use crate::spec::value::Text;

/// The hooks of a service.
pub(super) fn hooks(service: &types::Service) -> Hooks {
    Hooks {
        pre_start: service.pre_start.iter().map(start_hook).collect(),
        post_start: service.post_start.iter().map(hook).collect(),
        pre_stop: service.pre_stop.iter().map(hook).collect(),
    }
}

fn start_hook(own: &types::Hook) -> StartHook {
    StartHook { image: own.image.as_deref().map(ImageRef::from), hook: hook(own), per_replica: own.per_replica }
}

pub(super) fn hook(own: &types::Hook) -> Hook {
    // An image and a count of replicas are for pre_start only, see `start_hook`; the checks refuse them elsewhere.
    let types::Hook { command, image: _, user, privileged, working_dir, environment, per_replica: _, extensions: _ } =
        own;
    Hook {
        command: command.clone().unwrap_or_default(),
        user: user.clone(),
        privileged: *privileged,
        working_dir: working_dir.clone(),
        environment: variables(environment),
    }
}

/// Variables; a value that is set nowhere stays unset.
pub(super) fn variables(variables: &BTreeMap<String, Option<Text>>) -> BTreeMap<String, Option<String>> {
    variables.iter().map(|(name, value)| (name.clone(), value.as_ref().map(|value| value.0.clone()))).collect()
}

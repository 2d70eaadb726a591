//! Where a service's image comes from, and what it is called.

use std::time::Duration;

use super::context::Scope;
use super::{build, names};
use crate::diagnostic::Diagnostic;
use crate::model::{ImageRef, ImageSource, PullPolicy};
use crate::spec::code;
use crate::spec::types::Service;
use crate::spec::value;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The image and its source; `None` when there is neither, which is reported.
pub(super) fn image(service: &Service, scope: &mut Scope<'_, '_>) -> Option<(ImageRef, ImageSource)> {
    let policy = policy(service, scope);
    let named = service.image.as_deref().filter(|image| !image.is_empty()).map(ImageRef::from);
    match (&service.build, named) {
        (Some(own), named) => {
            let image = named.unwrap_or_else(|| names::built_image(&scope.context.spec.name, scope.name));
            let build = build::build(own, service.platform.as_deref(), scope);
            Some((image, ImageSource::Build(Box::new(build), policy)))
        }
        (None, Some(image)) => {
            if policy == PullPolicy::Build {
                let message = format!("service `{}` is to be built, and has no `build:`", scope.name);
                let finding = Diagnostic::error(code::PULL_POLICY, message).help("say how under `build:`");
                scope.report(finding, &["pull_policy"], "nothing to build");
            }
            Some((image, ImageSource::Pull(policy)))
        }
        (None, None) => {
            let message = format!("service `{}` has neither an image nor a build", scope.name);
            let finding = Diagnostic::error(code::NO_IMAGE, message).help("add `image:` or `build:`");
            scope.report(finding, &[], "");
            None
        }
    }
}

fn policy(service: &Service, scope: &mut Scope<'_, '_>) -> PullPolicy {
    match &service.pull_policy {
        None | Some(value::PullPolicy::Missing) => PullPolicy::Missing,
        Some(value::PullPolicy::Always) => PullPolicy::Always,
        Some(value::PullPolicy::Never) => PullPolicy::Never,
        Some(value::PullPolicy::Build) => PullPolicy::Build,
        Some(value::PullPolicy::Daily) => PullPolicy::Every(DAY),
        Some(value::PullPolicy::Weekly) => PullPolicy::Every(7 * DAY),
        Some(value::PullPolicy::Every { age, written: _ }) => PullPolicy::Every(age.to_std()),
        Some(value::PullPolicy::Refresh) => {
            let Some(after) = service.pull_refresh_after else {
                let message = format!("service `{}` refreshes its image, but not how often", scope.name);
                let finding = Diagnostic::error(code::PULL_POLICY, message);
                scope.report(finding.help("add `pull_refresh_after: 24h`"), &["pull_policy"], "after how long?");
                return PullPolicy::Missing;
            };
            PullPolicy::Every(after.to_std())
        }
    }
}

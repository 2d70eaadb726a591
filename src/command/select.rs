//! Flags that say what of the spec a plan is about; shared by `apply`, `plan` and `graph`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Desired, Failure, desired, variables};
use crate::model::{ServiceName, VolumeName};
use crate::plan::Options;
use crate::spec::Part;

/// What of the spec, and what beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
#[serde(deny_unknown_fields)]
pub struct Select {
    /// Consider only this service and what it needs; may be repeated
    #[arg(long = "target", value_name = "SERVICE")]
    pub targets: Vec<String>,
    /// Leave out this service; may be repeated
    #[arg(long, value_name = "SERVICE")]
    pub exclude: Vec<String>,
    /// Replace the containers of this service even if nothing differs; may be repeated
    #[arg(long, value_name = "SERVICE")]
    pub replace: Vec<String>,
    /// Replace the containers of this service and give them new anonymous volumes; the old ones are kept; may be repeated
    #[arg(long, value_name = "SERVICE")]
    #[serde(default)]
    pub renew: Vec<String>,
    /// Remove containers and networks of the environment that are not in the spec [env: DSENV_PRUNE]
    #[arg(long, visible_alias = "remove-orphans")]
    pub prune: bool,
    /// Build all images that the spec says how to build
    #[arg(long)]
    pub build: bool,
    /// Run this job again; may be repeated
    #[arg(long, value_name = "SERVICE")]
    pub rerun: Vec<String>,
    /// Allow the loss of this volume's data, or release what a provider holds for this service that has left the spec; may be
    /// repeated; no other flag allows it
    #[arg(long, value_name = "NAME")]
    pub destroy_data: Vec<String>,
    /// Go on without this key of the spec if the engine does not support it; may be repeated
    #[arg(long, value_name = "KEY", env = "DSENV_ALLOW_LOSSY", hide_env_values = true, value_delimiter = ',')]
    pub allow_lossy: Vec<String>,
}

impl Select {
    /// The keys that any service may go without.
    pub fn lossy(&self) -> BTreeSet<String> {
        self.allow_lossy.iter().cloned().collect()
    }

    /// As the reader of the spec wants it.
    pub fn part(&self) -> Part {
        let named = self.replace.iter().chain(&self.rerun).cloned().collect();
        let names = |list: &[String]| list.iter().cloned().collect();
        Part { targets: names(&self.targets), exclude: names(&self.exclude), named }
    }

    /// As the planner wants it.
    ///
    /// # Errors
    /// When a name is no service.
    pub fn options(&self, desired: &Desired) -> Result<Options, Failure> {
        let Desired { project, variables, .. } = desired;
        let Self { targets, exclude, replace, renew, prune, build, rerun, destroy_data, allow_lossy: _ } = self;
        // What is left as it is anyhow may be named all the same.
        let is_idle = |name: &&String| project.idle.contains_key(&ServiceName::new(name.as_str()));
        let (idle, there): (Vec<_>, Vec<_>) = exclude.iter().partition(is_idle);
        let there: Vec<_> = there.into_iter().cloned().collect();
        let idle = idle.into_iter().map(|name| ServiceName::new(name.as_str()));
        Ok(Options {
            renew: desired::services(project, renew, "--renew")?,
            prune: *prune || variables::value(variables, "COMPOSE_REMOVE_ORPHANS").is_some_and(variables::is_yes),
            targets: desired::named(project, targets, "--target")?,
            exclude: desired::named(project, &there, "--exclude")?.into_iter().chain(idle).collect(),
            replace: desired::services(project, replace, "--replace")?,
            build: *build,
            rerun: desired::services(project, rerun, "--rerun")?,
            destroy_data: destroy_data.iter().map(|name| VolumeName::new(name.as_str())).collect(),
            allow_lossy: self.lossy(),
            ..Options::at(super::session::now())
        })
    }
}

//! What may be written on the command line. The doc comments are the help.

use clap::{Parser, Subcommand};

use crate::command::{
    Global, apply, completions, config, destroy, drift, exec, explain, graph, history, logs, man, plan, rollback,
    status, unlock, validate, version, watch,
};

/// The declarative way to run a lab of containers.
///
/// Reads a YAML environment spec (a Compose file, with dsenv's own keys under `x-dsenv`), compares it with what
/// the engine runs, and makes the two agree.
#[derive(Debug, Parser)]
#[command(name = "dsenv", version, propagate_version = true, after_help = super::exit::HELP)]
pub struct Cli {
    /// Flags that every verb takes, before or after its name.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// One variant a verb; each verb's arguments stand in its own file.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Make the engine agree with the spec: show the plan, ask before anything stops, carry it out
    #[command(visible_alias = "up")]
    Apply(apply::Args),
    /// Show what apply would do, and why
    #[command(visible_alias = "diff")]
    Plan(plan::Args),
    /// Show what was changed outside dsenv since the last apply
    Drift(drift::Args),
    /// Show the services: state, health, addresses
    #[command(visible_alias = "ps")]
    Status(status::Args),
    /// Remove the containers and networks of the environment, and keep its volumes
    #[command(visible_alias = "down")]
    Destroy(destroy::Args),
    /// Show the logs of containers
    Logs(logs::Args),
    /// Run a command in a service's container
    Exec(exec::Args),
    /// Print the spec: merged, with variables filled in, in long form
    #[command(visible_alias = "convert")]
    Config(config::Args),
    /// Check the spec and show all its mistakes; needs no engine
    Validate(validate::Args),
    /// Explain a message by its code
    Explain(explain::Args),
    /// Draw the services and what they depend on
    Graph(graph::Args),
    /// Apply, then keep the environment equal to the files while you edit them
    Watch(watch::Args),
    /// List what was applied, when, and by whom
    History(history::Args),
    /// Go back to a state that was applied before; shows the plan first
    Rollback(rollback::Args),
    /// Remove a lock whose holder is gone
    Unlock(unlock::Args),
    /// Print a completion script for a shell
    Completions(completions::Args),
    /// Print a manual page
    Man(man::Args),
    /// Print the version
    Version(version::Args),
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_of_every_verb_stand_before_or_behind_its_name() {
        let before = Cli::try_parse_from(["dsenv", "-f", "a.yaml", "--profile", "x", "validate"]).expect("it is valid");
        let behind = Cli::try_parse_from(["dsenv", "validate", "-f", "a.yaml", "--profile", "x"]).expect("it is valid");
        assert_eq!((&before.global.files, &before.global.profiles), (&behind.global.files, &behind.global.profiles));
        assert_eq!(before.global.files, ["a.yaml"]);
    }

    #[test]
    fn a_list_of_profiles_is_no_profile() {
        let cli = Cli::try_parse_from(["dsenv", "--profile", "x", "config", "--profiles"]).expect("it is valid");
        assert_eq!(cli.global.profiles, ["x"]);
    }
}

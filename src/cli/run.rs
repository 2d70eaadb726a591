//! From the arguments to the exit code.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use super::{Cli, Verb, exit, spelling};
use crate::command::{
    Context, Failure, Global, Kind, Outcome, apply, completions, config, destroy, drift, exec, explain, graph, history,
    logs, man, plan, rollback, status, unlock, validate, version, watch,
};
use crate::report::{Shell, message};

/// Parses the arguments, runs the verb, reports its failure, and answers with the exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let (result, shell) = match Cli::try_parse_from(&args) {
        Ok(Cli { global, verb }) => {
            let shell = Shell::of_process(global.quiet, global.verbose);
            let result = match spelling::refuse(&args) {
                None => run(global, verb, &shell),
                Some((told, here)) => Err(Failure::new(Kind::Invalid, told).hint(here)),
            };
            (result, shell)
        }
        Err(asked) => {
            let shell = Shell::of_process(false, 0);
            if asked.use_stderr() {
                shell.complain(message::usage(&asked, &args));
                return exit::INVALID.into();
            }
            shell.data(message::usage(&asked, &args));
            (Ok(Outcome::Done), shell)
        }
    };
    let result = match shell.lost() {
        // What failed by itself has its own code.
        Some(why) if result.is_ok() => {
            Err(Failure::new(Kind::Error, format!("standard output cannot be written: {why}")))
        }
        _ => result,
    };
    if let Err(failure) = &result {
        shell.failure(&failure.message, &failure.hints, &failure.diagnostics);
    }
    exit::code(&result).into()
}

fn run(global: Global, verb: Verb, shell: &Shell) -> Result<Outcome, Failure> {
    let context = Context::of_process(global, shell)?;
    match verb {
        Verb::Apply(args) => apply::run(&args, &context),
        Verb::Plan(args) => plan::run(&args, &context),
        Verb::Drift(args) => drift::run(&args, &context),
        Verb::Status(args) => status::run(&args, &context),
        Verb::Destroy(args) => destroy::run(&args, &context),
        Verb::Logs(args) => logs::run(&args, &context),
        Verb::Exec(args) => exec::run(&args, &context),
        Verb::Config(args) => config::run(&args, &context),
        Verb::Validate(args) => validate::run(&args, &context),
        Verb::Graph(args) => graph::run(&args, &context),
        Verb::Watch(args) => watch::run(&args, &context),
        Verb::History(args) => history::run(&args, &context),
        Verb::Rollback(args) => rollback::run(&args, &context),
        Verb::Unlock(args) => unlock::run(&args, &context),
        Verb::Explain(args) => explain::run(&args, &context),
        Verb::Completions(args) => completions::run(&args, &context),
        Verb::Man(args) => man::run(&args, &context),
        Verb::Version(args) => version::run(&args, &context),
    }
}

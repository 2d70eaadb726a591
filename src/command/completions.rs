//! `dsenv completions`.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Context, Failure, Outcome};
use crate::cli::Cli;

/// Arguments of `completions`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Shell to print the script for
    pub shell: Shell,
}

/// Runs the verb.
///
/// # Errors
/// None.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "dsenv", &mut script);
    context.shell.data(String::from_utf8_lossy(&script).into_owned());
    Ok(Outcome::Done)
}

//! `dsenv version`.

use super::{Context, Failure, Outcome};
use crate::report::Form;

/// Arguments of `version`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Output format
    #[arg(long, value_enum, default_value_t, env = "DSENV_FORMAT", hide_env_values = true)]
    pub format: Form,
}

/// Runs the verb.
///
/// # Errors
/// None.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Outcome, Failure> {
    let version = env!("CARGO_PKG_VERSION");
    context.shell.data(&match args.format {
        Form::Human | Form::Plain => format!("dsenv {version}\n"),
        Form::Json => format!("{}\n", serde_json::json!({ "version": version })),
    });
    Ok(Outcome::Done)
}

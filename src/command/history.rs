//! `dsenv history`: what was applied, when, and by whom.

use super::{Context, Failure, Outcome, desired, engine, runtime, session};
use crate::engine::Observer;
use crate::report::{Form, history as printer};

/// Arguments of `history`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Spec file [default: env.yaml or compose.yaml, here or in a folder above]
    #[arg(value_name = "FILE")]
    pub file: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t, env = "DSENV_FORMAT", hide_env_values = true)]
    pub format: Form,
}

/// Runs the verb.
///
/// # Errors
/// When the environment is not known, or the engine is not there.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Outcome, Failure> {
    let project = desired::project_name(context, args.file.as_deref())?;
    runtime(async {
        let engine = engine::connect(context).await?;
        let observer: &dyn Observer = &*engine;
        let observed = observer.observe(&session::bare_scope(&project)).await?;
        context.shell.data(printer::render(&observed.records, args.format));
        Ok(Outcome::Done)
    })
}

//! `dsenv status`: what is there, beside what the spec asks for.

use super::patience::Patience;
use super::{Context, Desired, Failure, Outcome, desired, engine, perform, runtime, session};
use crate::engine::Observer;
use crate::plan::Options;
use crate::report::{Form, drift, status as printer};
use crate::state::Scope;

/// Arguments of `status`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Spec file [default: env.yaml or compose.yaml, here or in a folder above]
    #[arg(value_name = "FILE")]
    pub file: Option<String>,
    /// How long
    #[command(flatten)]
    pub patience: Patience,
    /// Output format
    #[arg(long, value_enum, default_value_t, env = "DSENV_FORMAT", hide_env_values = true)]
    pub format: Form,
}

/// Runs the verb.
///
/// # Errors
/// When the spec has mistakes, or the engine is not there.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Outcome, Failure> {
    let desired = desired::or_name(context, args.file.as_deref())?;
    runtime(async {
        let engine = engine::connect_within(context, &context.environment, args.patience.timeout).await?;
        let observer: &dyn Observer = &*engine;
        // What programs run cannot be looked at, so they are not asked.
        let scope = Scope { programs: None, models: false, host: false, lenient: true, ..session::scope_of(&desired) };
        let observed = observer.observe(&scope).await?;
        for call in &observed.unanswered {
            context.shell.note(format!("the engine does not answer {call}, so this is what containers alone tell"));
        }
        let desired = desired.unwrap_or_else(|name| Desired::applied(name, &observed));
        // What was not seen is no difference.
        let whole = observed.unanswered.is_empty();
        let drift = whole.then(|| session::drift(observer, &desired, &Options::at(session::now()), &observed));
        let drift = drift.flatten().unwrap_or_default();
        let rows = printer::rows(&desired.project, &observed, &drift::by_service(&drift));
        context.shell.data(printer::render(&rows, session::now(), &perform::style(args.format)));
        Ok(Outcome::Done)
    })
}

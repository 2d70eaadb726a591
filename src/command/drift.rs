//! `dsenv drift`: what is not as the last apply left it, apart from what the file asks for now.

use super::{Context, Desired, Failure, Outcome, desired, engine, perform, runtime, session};
use crate::engine::Observer;
use crate::plan::Options;
use crate::report::{Form, drift as printer};

/// Arguments of `drift`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Spec file [default: env.yaml or compose.yaml, here or in a folder above]
    #[arg(value_name = "FILE")]
    pub file: Option<String>,
    /// Exit with 2 if there is drift; it does so anyhow
    #[arg(long, hide = true)]
    pub detailed_exitcode: bool,
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
        let engine = engine::connect(context).await?;
        let observer: &dyn Observer = &*engine;
        let observed = observer.observe(&session::scope_of(&desired)).await?;
        let desired = desired.unwrap_or_else(|name| Desired::applied(name, &observed));
        let options = Options::at(session::now());
        let found = session::drift(observer, &desired, &options, &observed);
        let last = observed.records.last();
        if let (None, Some(record)) = (&found, last) {
            let told =
                format!("the record of the last apply ({}) cannot be read: another version left it", record.note);
            context.shell.note(format!("{told}; the next apply leaves a new one"));
        }
        let found = found.unwrap_or_default();
        let frame = session::bare_frame(observer);
        context.shell.data(printer::render(&found, last, &frame, &perform::style(args.format)));
        Ok(if found.is_empty() { Outcome::Done } else { Outcome::Changes })
    })
}

//! `dsenv unlock`: remove a lock whose holder is gone.

use super::{Context, Failure, Kind, Outcome, desired, engine, process, runtime, session};
use crate::execute::{self, Sight};
use crate::state::LockHolder;

/// Arguments of `unlock`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Spec file [default: env.yaml or compose.yaml, here or in a folder above]
    #[arg(value_name = "FILE")]
    pub file: Option<String>,
    /// Remove the lock even if its holder may still be at work
    #[arg(long)]
    pub force: bool,
}

/// Runs the verb.
///
/// # Errors
/// When the holder may still be at work, or the engine is not there.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Outcome, Failure> {
    let project = desired::project_name(context, args.file.as_deref())?;
    runtime(async {
        let engine = engine::connect(context).await?;
        let observed = engine.observe(&session::bare_scope(&project)).await?;
        let left = !observed.around_locks.is_empty();
        if observed.locks.is_empty() && !(args.force && left) {
            context.shell.note(format!("nobody holds the lock of `{project}`"));
            return Ok(Outcome::Done);
        }
        let me = process::holder(&context.environment);
        let is_gone = |holder: &&LockHolder| execute::sight(holder, &me, &process::Machine) == Sight::Gone;
        if let Some(holder) = observed.locks.values().find(|holder| !args.force && !is_gone(holder)) {
            let message = format!("{holder} holds the lock of `{project}`, and may still be at work");
            return Err(Failure::new(Kind::Locked, message).hint("if you are sure that it is not, pass --force"));
        }
        if !execute::break_locks(&*engine, &project, &me, &process::Machine, &observed).await? {
            return Err(Failure::new(Kind::Locked, "somebody else is removing the same lock; try again"));
        }
        match observed.locks.values().next() {
            Some(holder) => context.shell.note(format!("removed the lock of {holder}")),
            None => context.shell.note(format!("removed what a lock of `{project}` left")),
        }
        Ok(Outcome::Done)
    })
}

//! The question before a plan that replaces, stops or removes something.

use std::io::{self, BufRead, IsTerminal};

use super::{Context, Failure, Kind};
use crate::plan::{Action, Hazard, Plan};
use crate::report::Form;

/// What is said of a plan that the user does not want.
pub const NOTHING: &str = "nothing was changed";

/// Whether carrying a plan out needs the user's word: it replaces, stops or removes something. Creations never do.
pub fn needs_word(plan: &Plan) -> bool {
    plan.changes.iter().any(|change| {
        matches!(change.action, Action::Replace | Action::PerhapsReplace | Action::Delete)
            || change.hazards.iter().any(|hazard| matches!(hazard, Hazard::Downtime { .. } | Hazard::DataLoss { .. }))
    })
}

/// Asks, unless `--yes` has answered.
///
/// # Errors
/// When the answer is no, or there is nobody to ask.
pub fn ask(context: &Context<'_>, form: Form, question: &str, what: &str) -> Result<(), Failure> {
    if context.global.yes {
        return Ok(());
    }
    // A spec on standard input leaves no place for an answer, and a program that reads JSON gives none.
    let silent = form == Form::Json || context.global.files.iter().any(|file| file == "-");
    if silent || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::new(Kind::Refused, format!("{what}, and nobody is there to ask")).hint(match form {
            Form::Json => "look at it with `dsenv plan`, then pass --yes",
            Form::Human | Form::Plain => "read the plan above, then pass --yes",
        }));
    }
    context.shell.prompt(&format!("{question} [y/N] "));
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    if read.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Failure::new(Kind::Refused, format!("not confirmed; {NOTHING}")))
}

//! A plan for people, for scripts, and as JSON.

mod entry;
mod field;
mod human;
mod plain;
mod summary;
#[cfg(test)]
mod tests;
mod words;

use super::{Form, Printed, Style};
use crate::plan::{self, Frame, Plan};

pub use summary::{Summary, summary};

/// What would be done and why. `verbose` also lists what stays as it is. Of the frame a person sees sizes and contents, JSON all.
pub fn render(plan: &Plan, frame: &Frame<'_>, style: &Style, verbose: bool) -> Printed {
    match style.form {
        Form::Human => human::render(plan, frame, style, verbose),
        Form::Plain => plain::render(plan, frame, verbose).into(),
        Form::Json => format!("{:#}\n", plan::json(plan, frame)).into(),
    }
}

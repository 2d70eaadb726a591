//! `dsenv explain`.

use super::{Context, Failure, Kind, Outcome, variables};
use crate::diagnostic::Code;
use crate::{plan, spec};

/// Arguments of `explain`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Code of a message, such as DS0201, or `variables` for the variables of Compose [default: list all codes]
    pub code: Option<String>,
}

/// Runs the verb.
///
/// # Errors
/// When no message has that code.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Outcome, Failure> {
    let mut all = spec::code::ALL.iter().chain(plan::code::ALL);
    let text = match &args.code {
        Some(asked) if asked.eq_ignore_ascii_case("variables") => variables::text(),
        None => all.map(|Code { code, title, text: _ }| format!("{code}  {title}\n")).collect(),
        Some(asked) => match all.find(|known| known.code.eq_ignore_ascii_case(asked)) {
            Some(Code { code, title, text }) => format!("{code}: {title}\n\n{}\n", wrapped(text)),
            None => {
                let failure = Failure::new(Kind::Invalid, format!("no message has the code `{asked}`"));
                return Err(failure.hint("`dsenv explain` lists them all"));
            }
        },
    };
    context.shell.data(&text);
    Ok(Outcome::Done)
}

/// In lines that a terminal of 80 columns holds.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("it begins with a line");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > 78 {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}

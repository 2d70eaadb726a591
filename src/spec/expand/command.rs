//! Commands that may be written as one line.

use super::Said;
use super::words::{Words, split};
use crate::diagnostic::Diagnostic;
use crate::spec::code;
use crate::yaml::{Node, Value};

/// `command`, `entrypoint`: a line becomes its words; an empty one clears.
pub fn command(node: &mut Node, said: &mut Said<'_>) {
    let Value::Text(line) = &node.value else { return };
    let words = match split(line) {
        Words::Whole(words) => words,
        Words::Cut(words, sign) => {
            let message = format!("what follows `{sign}` is dropped: no shell reads this line");
            said.push(
                Diagnostic::warning(code::CUT_COMMAND, message).at(node.place.clone(), "").help(with_shell(line)),
            );
            words
        }
        Words::Broken(sign) => {
            let message = match sign {
                '(' | ')' => format!("`{sign}` has no meaning here: no shell reads this line"),
                '\\' => "nothing follows the last `\\`".to_owned(),
                _ => format!("the quote {sign} is not closed"),
            };
            let help = match sign {
                '(' | ')' => with_shell(line),
                '\\' => "write `\\\\` for a backslash".to_owned(),
                _ => "close it, or write the command as a list of words".to_owned(),
            };
            said.push(Diagnostic::error(code::WRONG_VALUE, message).at(node.place.clone(), "").help(help));
            Vec::new()
        }
    };
    node.value = Value::List(words.into_iter().map(|word| Node::new(node.place.clone(), word)).collect());
}

/// How to have a shell read the line.
fn with_shell(line: &str) -> String {
    let line = if line.len() > 40 || line.contains('\n') { "…" } else { line };
    format!("for a shell write `[sh, -c, {line:?}]`")
}

/// `healthcheck.test`: a text is a line for the shell.
pub fn health_test(node: &mut Node, _: &mut Said<'_>) {
    if let Value::Text(line) = &mut node.value {
        let line = std::mem::take(line);
        let place = node.place.clone();
        node.value = Value::List(vec![Node::new(place.clone(), "CMD-SHELL"), Node::new(place, line)]);
    }
}

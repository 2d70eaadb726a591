//! Variables in values: `$NAME` and `${NAME…}` are replaced in every text of a tree, keys excepted.

use std::collections::BTreeMap;

use super::code;
use super::template::{Form, Piece, Variable, parse};
use crate::diagnostic::Diagnostic;
use crate::place::Place;
use crate::yaml::suggest::did_you_mean;
use crate::yaml::{Node, Value};

/// Variables by name.
pub type Variables = BTreeMap<String, String>;

/// Defaults within defaults deeper than this are no spec.
const DEEPEST: usize = 32;

/// Replaces the variables in every text of a tree. Mistakes and unset variables are added to `said`.
pub fn tree(node: &mut Node, variables: &Variables, said: &mut Vec<Diagnostic>) {
    match &mut node.value {
        Value::Text(text) if text.contains('$') => match evaluate(text, &|name| variables.get(name).cloned(), 0) {
            Ok(Answer { text: answer, unset }) => {
                for written in unset {
                    said.push(unset_variable(&written, &node.place, variables));
                }
                *text = answer;
            }
            Err(refusal) => said.push(refusal.diagnostic(&node.place)),
        },
        Value::Map(map) => map.values_mut().for_each(|value| tree(value, variables, said)),
        Value::List(list) => list.iter_mut().for_each(|item| tree(item, variables, said)),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {}
    }
}

/// A text with its variables replaced.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The text.
    pub text: String,
    /// The variables that were not set and have no default, as written.
    pub unset: Vec<String>,
}

/// Why a text has no value.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No valid variable.
    Invalid {
        /// The part at fault.
        written: String,
    },
    /// A variable that must be set and is not.
    Missing {
        /// Its name.
        name: String,
        /// What the author says about it.
        message: String,
        /// As written.
        written: String,
    },
    /// Defaults within defaults without end.
    Deep,
}

/// Replaces the variables in a text.
///
/// # Errors
/// See [`Refusal`].
pub fn text(template: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Answer, Refusal> {
    evaluate(template, lookup, 0)
}

fn evaluate(template: &str, lookup: &dyn Fn(&str) -> Option<String>, depth: usize) -> Result<Answer, Refusal> {
    if depth > DEEPEST {
        return Err(Refusal::Deep);
    }
    let pieces = parse(template).map_err(|written| Refusal::Invalid { written: written.to_owned() })?;
    let mut answer = Answer::default();
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => answer.text.push_str(literal),
            Piece::Variable(variable) => {
                let Answer { text, unset } = value(variable, lookup, depth)?;
                answer.text.push_str(&text);
                answer.unset.extend(unset);
            }
        }
    }
    Ok(answer)
}

fn value(variable: Variable<'_>, lookup: &dyn Fn(&str) -> Option<String>, depth: usize) -> Result<Answer, Refusal> {
    let Variable { name, form, written } = variable;
    let value = lookup(name);
    let given = |or_empty: bool| value.clone().filter(|value| !or_empty || !value.is_empty());
    let known = |text: String| Answer { text, unset: Vec::new() };
    Ok(match form {
        Form::Plain => match value {
            Some(text) => known(text),
            None => Answer { text: String::new(), unset: vec![written.to_owned()] },
        },
        Form::Default { text, or_empty } => match given(or_empty) {
            Some(text) => known(text),
            None => evaluate(text, lookup, depth + 1)?,
        },
        Form::Alternate { text, or_empty } => match given(or_empty) {
            Some(_) => evaluate(text, lookup, depth + 1)?,
            None => Answer::default(),
        },
        Form::Required { message, or_empty } => match given(or_empty) {
            Some(text) => known(text),
            None => {
                let message = evaluate(message, lookup, depth + 1)?.text;
                return Err(Refusal::Missing { name: name.to_owned(), message, written: written.to_owned() });
            }
        },
    })
}

/// What is wrong with the text of a variable, and what to write.
fn invalid(written: &str) -> (String, String) {
    let plain = "; a plain `$` is written `$$`";
    let Some(inner) = written.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else {
        return (format!("the brace of `{written}` is not closed"), format!("write `{written}}}`{plain}"));
    };
    let name = inner.trim();
    let is_name = |text: &str| {
        text.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
            && text.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
    };
    if name.is_empty() {
        return (format!("`{written}` names no variable"), format!("write `${{NAME}}`{plain}"));
    }
    if name != inner && is_name(name) {
        return (format!("there are blanks in the braces of `{written}`"), format!("write `${{{name}}}`"));
    }
    if let Some((name, text)) = name.split_once(":=").or_else(|| name.split_once('=')).filter(|(name, _)| is_name(name))
    {
        let message = format!("`{written}` would set a variable, which a spec cannot");
        return (message, format!("for a default write `${{{name}:-{text}}}`"));
    }
    let end = name.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    if is_name(&name[..end]) && name[end..].starts_with([':', '/', '#', '%', '^', ',', '@', '[']) {
        let message = format!("`{}` is no form of a variable here", &name[end..]);
        return (message, "there is `${NAME:-default}`, `${NAME:?message}` and `${NAME:+text}`".to_owned());
    }
    (format!("`{name}` is no name of a variable"), format!("names have letters, digits and `_`, a letter first{plain}"))
}

impl Refusal {
    /// The message, pointing into the text at `place`.
    pub fn diagnostic(&self, place: &Place) -> Diagnostic {
        match self {
            Self::Invalid { written } => {
                let (message, help) = invalid(written);
                Diagnostic::error(code::INTERPOLATION, message).at(within(place, written), "").help(help)
            }
            Self::Missing { name, message, written } => {
                let said = if message.is_empty() { String::new() } else { format!(": {message}") };
                Diagnostic::error(code::REQUIRED_VARIABLE, format!("the variable {name} must be set{said}"))
                    .at(within(place, written), "")
                    .help(format!("set {name} in the environment, in `.env`, or in a file given by --env-file"))
            }
            Self::Deep => Diagnostic::error(code::INTERPOLATION, format!("defaults nest more than {DEEPEST} deep"))
                .at(place.clone(), ""),
        }
    }
}

fn unset_variable(written: &str, place: &Place, variables: &Variables) -> Diagnostic {
    let name = written.trim_start_matches(['$', '{']).trim_end_matches('}');
    let warning =
        Diagnostic::warning(code::UNSET_VARIABLE, format!("the variable {name} is not set; it counts as empty"))
            .at(within(place, written), "");
    let near = did_you_mean(name, variables.keys().map(String::as_str));
    if near.is_empty() {
        warning.help(format!("set it, give a default as in `${{{name}:-…}}`, or write `$$` for a plain `$`"))
    } else {
        warning.help(near)
    }
}

/// The place of a part of a value, if the text has it as it is.
fn within(place: &Place, written: &str) -> Place {
    match place.text().find(written) {
        Some(at) => Place { start: place.start + at, end: place.start + at + written.len(), ..place.clone() },
        None => place.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eval(template: &str) -> Result<String, Refusal> {
        let lookup = |name: &str| match name {
            "SET" => Some("val".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        text(template, &lookup).map(|answer| answer.text)
    }

    #[test]
    fn every_form_gives_what_compose_gives() {
        let cases = [
            ("$SET ${SET}", "val val"),
            ("$SETx", ""),
            ("$$SET $$$SET", "$SET $val"),
            ("$1 $(x) a$ %{SET}", "$1 $(x) a$ %{SET}"),
            ("${UNSET:-d} ${UNSET-d} ${EMPTY:-d} ${EMPTY-d}", "d d d "),
            ("${SET:+alt} ${EMPTY:+alt} ${EMPTY+alt} ${UNSET+alt}", "alt  alt "),
            ("${EMPTY?msg}", ""),
            ("${UNSET:-${U2:-deep}}", "deep"),
            ("${UNSET:-a:b-c?d}", "a:b-c?d"),
            ("${UNSET:-{\"a\":1}}", "{\"a\":1}"),
            ("${UNSET:-$$lit}", "$lit"),
            ("${SET:-${MUST:?x}}", "val"),
        ];
        for (template, expected) in cases {
            assert_eq!(eval(template).as_deref(), Ok(expected), "{template}");
        }
    }

    #[test]
    fn what_is_no_variable_is_refused() {
        for template in ["${1}", "${}", "${ SET }", "${SET", "${A.B}", "${SET/a/b}", "${X:=y}", "${SET:}"] {
            assert!(matches!(eval(template), Err(Refusal::Invalid { .. })), "{template}");
        }
        assert!(matches!(eval("${UNSET:?why}"), Err(Refusal::Missing { message, .. }) if message == "why"));
        assert!(matches!(eval("${EMPTY:?}"), Err(Refusal::Missing { .. })));
    }
}

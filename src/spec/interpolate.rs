//! Variables in values: `$NAME` and `${NAME…}` are replaced in every text of a tree, keys excepted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::code;
use super::template::{Form, Piece, Variable, pieces};
use super::told::{self, Told};
use crate::diagnostic::Diagnostic;
use crate::did_you_mean::did_you_mean;
use crate::place::Place;
use crate::yaml::{Node, Value};

/// Variables by name.
pub type Variables = BTreeMap<String, String>;

/// Defaults within defaults deeper than this are no spec.
const DEEPEST: usize = 32;

/// Most bytes that texts with variables in them may come to, in one text and in all of a spec.
pub const LONGEST: usize = 16 << 20;

/// Fills trees with variables.
pub struct Filler<'a> {
    /// The variables.
    pub variables: &'a Variables,
    /// Bytes that filled texts may still come to.
    pub left: &'a mut usize,
    /// Mistakes and unset variables are added here.
    pub said: &'a mut Told,
}

impl Filler<'_> {
    /// Replaces the variables in every text of a tree.
    pub fn tree(&mut self, node: &mut Node) {
        match &mut node.value {
            Value::Text(text) if text.contains('$') => {
                if let Some(filled) = self.text(text, &node.place) {
                    *text = filled;
                }
            }
            Value::Map(map) => map.values_mut().for_each(|value| self.tree(value)),
            Value::List(list) => list.iter_mut().for_each(|item| self.tree(item)),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {}
        }
    }

    fn text(&mut self, template: &str, place: &Place) -> Option<String> {
        let Self { variables, left, said } = self;
        let mut answer = Answer::default();
        let filled = answer.fill(template, &|name| variables.get(name).cloned(), **left, 0);
        match filled {
            Ok(()) => {
                **left -= answer.text.len();
                for written in answer.unset {
                    if said.is_warned_enough() {
                        break;
                    }
                    let warning = unset_variable(&written, place, variables);
                    said.push(warning);
                }
                Some(answer.text)
            }
            // Told once: what comes behind it has no room either.
            Err(Refusal::Long) if **left == 0 => None,
            Err(refusal) => {
                if refusal == Refusal::Long {
                    **left = 0;
                }
                said.push(refusal.diagnostic(place));
                None
            }
        }
    }
}

/// A text with its variables replaced.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The text.
    pub text: String,
    /// The variables that were not set and have no default, as written; as many as are worth telling.
    pub unset: BTreeSet<String>,
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
    /// Values that come to more than [`LONGEST`].
    Long,
}

/// Replaces the variables in a text.
///
/// # Errors
/// See [`Refusal`].
pub fn text(template: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Answer, Refusal> {
    let mut answer = Answer::default();
    answer.fill(template, lookup, LONGEST, 0)?;
    Ok(answer)
}

impl Answer {
    /// Adds a text with its variables replaced, up to `most` bytes in all.
    fn fill(
        &mut self,
        template: &str,
        lookup: &dyn Fn(&str) -> Option<String>,
        most: usize,
        depth: usize,
    ) -> Result<(), Refusal> {
        if depth > DEEPEST {
            return Err(Refusal::Deep);
        }
        for piece in pieces(template) {
            match piece.map_err(|written| Refusal::Invalid { written: written.to_owned() })? {
                Piece::Literal(literal) => self.push(literal, most)?,
                Piece::Variable(variable) => self.variable(variable, lookup, most, depth)?,
            }
        }
        Ok(())
    }

    fn push(&mut self, text: &str, most: usize) -> Result<(), Refusal> {
        if text.len() > most.saturating_sub(self.text.len()) {
            return Err(Refusal::Long);
        }
        self.text.push_str(text);
        Ok(())
    }

    fn variable(
        &mut self,
        variable: Variable<'_>,
        lookup: &dyn Fn(&str) -> Option<String>,
        most: usize,
        depth: usize,
    ) -> Result<(), Refusal> {
        let Variable { name, form, written } = variable;
        let value = lookup(name);
        let given = |or_empty: bool| value.as_ref().filter(|value| !or_empty || !value.is_empty());
        match form {
            Form::Plain => match &value {
                Some(text) => self.push(text, most),
                None => {
                    if self.unset.len() <= told::MOST && !self.unset.contains(written) {
                        self.unset.insert(written.to_owned());
                    }
                    Ok(())
                }
            },
            Form::Default { text, or_empty } => match given(or_empty) {
                Some(text) => self.push(text, most),
                None => self.fill(text, lookup, most, depth + 1),
            },
            Form::Alternate { text, or_empty } => match given(or_empty) {
                Some(_) => self.fill(text, lookup, most, depth + 1),
                None => Ok(()),
            },
            Form::Required { message, or_empty } => match given(or_empty) {
                Some(text) => self.push(text, most),
                None => {
                    let mut said = Self::default();
                    said.fill(message, lookup, most, depth + 1)?;
                    let (name, written) = (name.to_owned(), written.to_owned());
                    Err(Refusal::Missing { name, message: said.text, written })
                }
            },
        }
    }
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
            Self::Long => Diagnostic::error(code::TOO_MUCH, "values with variables in them come to more than 16 MiB")
                .at(place.clone(), "")
                .help("give the value as a file, such as one of `env_file` or `configs`"),
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
    let Some(at) = place.text().find(written) else { return place.clone() };
    let start = place.span.start() + at;
    Place::new(Arc::clone(&place.source), start, start + written.len())
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

//! The grammar of `$NAME` and `${NAME…}`. Compose Specification, chapter 12.

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text as it is.
    Literal(&'a str),
    /// A variable.
    Variable(Variable<'a>),
}

/// A variable and what to do about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable<'a> {
    /// Its name.
    pub name: &'a str,
    /// What to do when it is set or not.
    pub form: Form<'a>,
    /// All of it, as written.
    pub written: &'a str,
}

/// What to do when a variable is set or not. `or_empty`: an empty one counts as unset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form<'a> {
    /// `$NAME` or `${NAME}`: its value, or nothing.
    Plain,
    /// `${NAME-DEFAULT}`, `${NAME:-DEFAULT}`: its value, or this.
    Default {
        /// Itself a template.
        text: &'a str,
        /// With the colon.
        or_empty: bool,
    },
    /// `${NAME?MESSAGE}`, `${NAME:?MESSAGE}`: its value, or a mistake.
    Required {
        /// Itself a template.
        message: &'a str,
        /// With the colon.
        or_empty: bool,
    },
    /// `${NAME+TEXT}`, `${NAME:+TEXT}`: this if it is set, or nothing.
    Alternate {
        /// Itself a template.
        text: &'a str,
        /// With the colon.
        or_empty: bool,
    },
}

/// Takes a text apart, piece by piece. The error is the part that is no valid variable; nothing comes behind it.
///
/// # Errors
/// Where a `${` is not followed by a name, an operator that is known, and a `}`.
pub fn pieces(text: &str) -> Pieces<'_> {
    Pieces { rest: text }
}

/// The pieces of a text.
#[derive(Debug, Clone)]
pub struct Pieces<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Result<Piece<'a>, &'a str>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest;
        let next = match rest.match_indices('$').map(|(at, _)| at).find(|at| is_sign(&rest[at + 1..])) {
            None => (!rest.is_empty()).then_some(Ok((Piece::Literal(rest), rest.len())))?,
            Some(0) => begin(rest),
            Some(at) => Ok((Piece::Literal(&rest[..at]), at)),
        };
        match next {
            Ok((piece, length)) => {
                self.rest = &rest[length..];
                Some(Ok(piece))
            }
            Err(bad) => {
                self.rest = "";
                Some(Err(bad))
            }
        }
    }
}

/// Whether a dollar before this text means something.
fn is_sign(behind: &str) -> bool {
    behind.starts_with(['$', '{']) || name_length(behind) > 0
}

/// The piece that begins with a dollar that means something, and its length.
fn begin(text: &str) -> Result<(Piece<'_>, usize), &str> {
    let behind = &text[1..];
    if behind.starts_with('$') {
        return Ok((Piece::Literal(&text[..1]), 2));
    }
    if let Some(inner) = behind.strip_prefix('{') {
        let (variable, length) = braced(inner, text)?;
        return Ok((Piece::Variable(variable), 2 + length));
    }
    let end = 1 + name_length(behind);
    Ok((Piece::Variable(Variable { name: &text[1..end], form: Form::Plain, written: &text[..end] }), end))
}

/// Reads behind `${`; answers with the variable and the length up to and with the closing brace.
fn braced<'a>(inner: &'a str, whole: &'a str) -> Result<(Variable<'a>, usize), &'a str> {
    let bad = || &whole[..whole.find('}').map_or(whole.len(), |end| end + 1)];
    let close = closing(inner).ok_or_else(bad)?;
    let (name, operator) = inner[..close].split_at(name_length(&inner[..close]));
    if name.is_empty() {
        return Err(bad());
    }
    let (or_empty, mark) = operator.strip_prefix(':').map_or((false, operator), |mark| (true, mark));
    let form = match (mark.chars().next(), mark.get(1..)) {
        (None, _) if !or_empty => Form::Plain,
        (Some('-'), Some(text)) => Form::Default { text, or_empty },
        (Some('?'), Some(message)) => Form::Required { message, or_empty },
        (Some('+'), Some(text)) => Form::Alternate { text, or_empty },
        _ => return Err(bad()),
    };
    Ok((Variable { name, form, written: &whole[..close + 3] }, close + 1))
}

/// The brace that closes, counting the `${` within. A lone `{` does not count, as in Compose.
fn closing(inner: &str) -> Option<usize> {
    let bytes = inner.as_bytes();
    let mut open = 0_usize;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'$' if bytes.get(at + 1) == Some(&b'{') => {
                open += 1;
                at += 1;
            }
            b'}' if open == 0 => return Some(at),
            b'}' => open -= 1,
            _ => {}
        }
        at += 1;
    }
    None
}

fn name_length(text: &str) -> usize {
    let is_first = |c: char| c == '_' || c.is_ascii_alphabetic();
    if !text.starts_with(is_first) {
        return 0;
    }
    text.find(|c: char| !is_first(c) && !c.is_ascii_digit()).unwrap_or(text.len())
}

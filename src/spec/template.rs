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

/// Takes a text apart. The error is the part that is no valid variable.
///
/// # Errors
/// When a `${` is not followed by a name, an operator that is known, and a `}`.
pub fn parse(text: &str) -> Result<Vec<Piece<'_>>, &str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut literal = 0;
    let mut at = 0;
    while let Some(dollar) = rest[at..].find('$').map(|found| at + found) {
        let behind = &rest[dollar + 1..];
        let (piece, end) = if behind.starts_with('$') {
            (Piece::Literal("$"), dollar + 2)
        } else if let Some(inner) = behind.strip_prefix('{') {
            let (variable, length) = braced(inner, &rest[dollar..])?;
            (Piece::Variable(variable), dollar + 2 + length)
        } else {
            let name = &behind[..name_length(behind)];
            if name.is_empty() {
                at = dollar + 1;
                continue;
            }
            let end = dollar + 1 + name.len();
            (Piece::Variable(Variable { name, form: Form::Plain, written: &rest[dollar..end] }), end)
        };
        if dollar > literal {
            pieces.push(Piece::Literal(&rest[literal..dollar]));
        }
        pieces.push(piece);
        rest = &rest[end..];
        (literal, at) = (0, 0);
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest));
    }
    Ok(pieces)
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

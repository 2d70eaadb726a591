//! Files of variables: `.env`, `--env-file`, `env_file`, `label_file`.

use std::collections::BTreeMap;

use super::interpolate;

/// A line that is no assignment, or a value that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Lowercase, no full stop.
    pub message: String,
    /// Byte offset of the first byte at fault.
    pub start: usize,
    /// Byte offset behind the last one.
    pub end: usize,
}

/// How a file of variables is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// Quotes, escapes, comments, variables.
    #[default]
    Dotenv,
    /// `NAME=VALUE`, each value as it stands.
    Raw,
}

/// Reads a file of variables. `lookup` answers for variables in values, and for a name that stands alone; what it does
/// not know is taken from the file so far, and then from `earlier` files. The answer holds those of `earlier` too.
///
/// # Errors
/// The first line that is no assignment.
pub fn parse(
    text: &str,
    format: Format,
    earlier: BTreeMap<String, String>,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, String>, Fault> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    match format {
        Format::Dotenv => {
            let reading = Reading { text: body, at: 0, known: Known::over(earlier), lookup };
            reading.all().map_err(|fault| shifted(fault, text.len() - body.len()))
        }
        Format::Raw => raw(body, earlier, lookup).map_err(|fault| shifted(fault, text.len() - body.len())),
    }
}

fn shifted(fault: Fault, by: usize) -> Fault {
    Fault { start: fault.start + by, end: fault.end + by, ..fault }
}

fn raw(
    text: &str,
    earlier: BTreeMap<String, String>,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, String>, Fault> {
    let mut known = Known::over(earlier);
    let mut next = 0;
    for line in text.split_inclusive('\n') {
        let line_end = next + line.len();
        let assignment = line.trim_end_matches(['\n', '\r']).trim_start();
        let start = next + line.find(assignment).unwrap_or_default();
        next = line_end;
        if assignment.is_empty() || assignment.starts_with('#') {
            continue;
        }
        let (name, value) = match assignment.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (assignment, lookup(assignment)),
        };
        if name.is_empty() {
            return Err(nameless(start, text));
        }
        if name.contains(char::is_whitespace) {
            let message = format!("there is a space in the name `{name}`");
            return Err(Fault { message, start, end: start + name.len() });
        }
        if let Some(value) = value {
            known.keep(name, value, start)?;
        }
    }
    Ok(known.all)
}

/// What variables cost beside their names and values, in bytes.
const EACH: usize = 64;

/// The variables so far. Values that stand for others may grow without end, so what they come to is bounded.
struct Known {
    all: BTreeMap<String, String>,
    /// Bytes that they may still come to.
    left: usize,
}

impl Known {
    fn over(earlier: BTreeMap<String, String>) -> Self {
        Self { all: earlier, left: interpolate::LONGEST }
    }

    fn keep(&mut self, name: &str, value: String, start: usize) -> Result<(), Fault> {
        let cost = EACH + name.len() + value.len();
        self.left =
            self.left.checked_sub(cost).ok_or_else(|| Fault { message: too_long(), start, end: start + name.len() })?;
        self.all.insert(name.to_owned(), value);
        Ok(())
    }
}

fn too_long() -> String {
    "the variables of this file come to more than 16 MiB".to_owned()
}

fn nameless(start: usize, text: &str) -> Fault {
    let end = (start + 1).min(text.len());
    Fault { message: "a name is missing here".to_owned(), start, end }
}

struct Reading<'a> {
    text: &'a str,
    at: usize,
    known: Known,
    lookup: &'a dyn Fn(&str) -> Option<String>,
}

impl Reading<'_> {
    fn all(mut self) -> Result<BTreeMap<String, String>, Fault> {
        while self.seek_statement() {
            self.statement()?;
        }
        Ok(self.known.all)
    }

    /// Goes to the next line that says something.
    fn seek_statement(&mut self) -> bool {
        loop {
            let rest = &self.text[self.at..];
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with('#') {
                return !trimmed.is_empty();
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    fn statement(&mut self) -> Result<(), Fault> {
        let rest = &self.text[self.at..];
        let rest = rest
            .strip_prefix("export")
            .filter(|rest| rest.starts_with(blank))
            .map_or(rest, |rest| rest.trim_start_matches(blank));
        let start = self.text.len() - rest.len();
        let length = rest.find(['=', ':', '\n']).unwrap_or(rest.len());
        let name = rest[..length].trim_end();
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '[' | ']');
        if let Some(odd) = name.find(|c| !is_part(c)) {
            let message = if !rest[length..].starts_with(['=', ':']) {
                format!("`{name}` is no assignment")
            } else if name[odd..].starts_with(char::is_whitespace) {
                format!("there is a space in the name `{name}`")
            } else {
                let odd = name[odd..].chars().next().unwrap_or_default();
                format!("`{odd}` cannot stand in the name of a variable")
            };
            return Err(Fault { message, start, end: start + name.len() });
        }
        if name.is_empty() {
            return Err(nameless(start, self.text));
        }
        self.at = (start + length + 1).min(self.text.len());
        if rest[length..].starts_with(['=', ':']) {
            let value = self.value()?;
            self.known.keep(name, value, start)?;
        } else if let Some(value) = (self.lookup)(name) {
            self.known.keep(name, value, start)?;
        }
        Ok(())
    }

    fn value(&mut self) -> Result<String, Fault> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches(blank).len();
        let rest = &self.text[self.at..];
        match rest.chars().next() {
            Some(quote @ ('\'' | '"')) => self.quoted(quote),
            _ => {
                let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
                // Behind a tab it is none: Compose asks for a space.
                let comment = line.find(" #");
                let value = line[..comment.unwrap_or(line.len())].trim_end();
                let start = self.at;
                self.at += line.len();
                self.interpolated(value, start)
            }
        }
    }

    fn quoted(&mut self, quote: char) -> Result<String, Fault> {
        let start = self.at;
        let body = &self.text[start + 1..];
        let mut escaped = false;
        let close = body.char_indices().find(|(_, c)| {
            let ends = *c == quote && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        });
        let Some((length, _)) = close else {
            let end = start + 1 + body.find('\n').unwrap_or(body.len());
            return Err(Fault { message: format!("the quote {quote} is not closed"), start, end });
        };
        self.at = start + length + 2;
        let value = &body[..length];
        if quote == '\'' {
            return Ok(value.replace("\\'", "'"));
        }
        self.interpolated(&unescape(value), start)
    }

    fn interpolated(&self, value: &str, start: usize) -> Result<String, Fault> {
        if !value.contains('$') {
            return Ok(value.to_owned());
        }
        let lookup = |name: &str| (self.lookup)(name).or_else(|| self.known.all.get(name).cloned());
        interpolate::text(value, &lookup).map(|answer| answer.text).map_err(|refusal| {
            let message = match refusal {
                interpolate::Refusal::Invalid { written } => format!("`{written}` is no valid variable"),
                interpolate::Refusal::Missing { name, message, .. } => {
                    format!("the variable {name} must be set: {message}")
                }
                interpolate::Refusal::Deep => "defaults nest too deep".to_owned(),
                interpolate::Refusal::Long => too_long(),
            };
            let line = self.text[start..].find('\n').map_or(self.text.len(), |at| start + at);
            Fault { message, start, end: line }
        })
    }
}

/// Escapes of double quotes. An escaped dollar is doubled, so that it is no variable.
fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let Some(c) = behind.chars().next() else {
            out.push('\\');
            return out;
        };
        let mut used = c.len_utf8();
        match c {
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'a' => out.push('\u{7}'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'v' => out.push('\u{b}'),
            '"' | '\'' | '\\' => out.push(c),
            '$' => out.push_str("$$"),
            '0' => {
                let digits = behind[1..].bytes().take(3).take_while(|b| (b'0'..=b'7').contains(b)).count();
                used += digits;
                let code = u32::from_str_radix(&behind[..used], 8).unwrap_or_default();
                out.push(char::from_u32(code).unwrap_or_default());
            }
            other => {
                out.push('\\');
                out.push(other);
            }
        }
        rest = &behind[used..];
    }
    out.push_str(rest);
    out
}

fn blank(c: char) -> bool {
    c.is_whitespace() && c != '\n'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let lookup = |name: &str| (name == "HOME").then(|| "/home/lab".to_owned());
        parse(text, Format::Dotenv, BTreeMap::new(), &lookup).expect("it is valid").into_iter().collect()
    }

    fn one(text: &str) -> String {
        read(text).pop().expect("it has a variable").1
    }

    #[test]
    fn values_are_read_as_compose_reads_them() {
        assert_eq!(one("A=plain # comment"), "plain");
        assert_eq!(one("A=a#b"), "a#b");
        assert_eq!(one("A=#b"), "#b");
        assert_eq!(one("export A = 'it\\'s $HOME'"), "it's $HOME");
        assert_eq!(one("A=\"x\\n$HOME \\$y\""), "x\n/home/lab $y");
        assert_eq!(one("A: yaml"), "yaml");
        assert_eq!(one("A=\"two\nlines\""), "two\nlines");
        assert_eq!(one("A="), "");
        assert_eq!(one("\u{feff}A=1"), "1");
        assert_eq!(one("A=1\nB=${A}2"), "12");
    }

    #[test]
    fn a_name_alone_is_inherited_if_it_is_known() {
        assert_eq!(read("HOME\nNOT_THERE\n# c\n"), [("HOME".to_owned(), "/home/lab".to_owned())]);
    }

    #[test]
    fn a_line_that_is_no_assignment_is_told_with_its_place() {
        let fault = parse("A=1\nb c=2", Format::Dotenv, BTreeMap::new(), &|_| None)
            .expect_err("a space cannot stand in a name");
        assert_eq!((fault.start, fault.end), (4, 7));
        let fault = parse("export ", Format::Dotenv, BTreeMap::new(), &|_| None).expect_err("it has no name");
        assert_eq!((fault.start, fault.end), (7, 7));
        assert!(parse("A=\"x", Format::Dotenv, BTreeMap::new(), &|_| None).is_err());
    }

    #[test]
    fn the_raw_format_takes_values_as_they_stand() {
        let read = parse("A=\"q\" # x\n#c\nB=$A\n", Format::Raw, BTreeMap::new(), &|_| None).expect("it is valid");
        assert_eq!((read["A"].as_str(), read["B"].as_str()), ("\"q\" # x", "$A"));
        for text in ["A B=1", "=x", "A=1\n\u{e9} B\n", "!\u{a0}"] {
            assert!(parse(text, Format::Raw, BTreeMap::new(), &|_| None).is_err(), "{text}");
        }
    }
}

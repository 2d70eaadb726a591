//! Whose line it is, before each line of several logs.

use anstyle::AnsiColor;

use super::{Form, Style};

/// One after the other, so that neighbours differ.
const COLOURS: [AnsiColor; 6] =
    [AnsiColor::Cyan, AnsiColor::Yellow, AnsiColor::Green, AnsiColor::Magenta, AnsiColor::Blue, AnsiColor::BrightCyan];

/// Whose line it is, before each line of several logs, in columns.
#[derive(Debug)]
pub struct Prefix(Vec<String>);

impl Prefix {
    /// Of these names; empty if not `shown`.
    pub fn new(names: &[String], shown: bool) -> Self {
        Self::styled(names, shown, &Style::of_stdout(Form::Human))
    }

    fn styled(names: &[String], shown: bool, style: &Style) -> Self {
        let width = names.iter().map(String::len).max().unwrap_or(0);
        let prefix = |(index, name): (usize, &String)| {
            let colour = COLOURS[index % COLOURS.len()];
            if shown { style.paint(colour.on_default(), &format!("{name:width$} | ")) } else { String::new() }
        };
        Self(names.iter().enumerate().map(prefix).collect())
    }

    /// The line of the one with this number, with its newline.
    pub fn line(&self, index: usize, text: &str) -> String {
        format!("{}{text}\n", self.0[index])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_a_column() {
        let names = ["db-1".to_owned(), "web-10".to_owned()];
        let prefix = Prefix::styled(&names, true, &Style::colourless(Form::Human));
        assert_eq!(prefix.line(0, "ready"), "db-1   | ready\n");
        assert_eq!(prefix.line(1, "GET /"), "web-10 | GET /\n");
        assert_eq!(Prefix::styled(&names, false, &Style::colourless(Form::Human)).line(0, "x"), "x\n");
    }
}

//! Whose line it is, before each line of several logs.

use anstyle::AnsiColor;

use super::{Form, Style};

/// One after the other, so that neighbours differ.
const COLOURS: [AnsiColor; 6] =
    [AnsiColor::Cyan, AnsiColor::Yellow, AnsiColor::Green, AnsiColor::Magenta, AnsiColor::Blue, AnsiColor::BrightCyan];

/// Whose line it is, before each line of several logs, in columns. It also knows which line is not at its end yet.
#[derive(Debug)]
pub struct Prefix {
    names: Vec<String>,
    shown: bool,
    style: Style,
    /// The one whose line goes on.
    open: Option<(usize, bool)>,
}

/// A piece of what one of them said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said<'a> {
    /// Its column, see [`Prefix::column`].
    pub column: usize,
    /// On which of its two streams.
    pub stderr: bool,
    /// Without a newline.
    pub text: &'a str,
    /// Whether the line goes on in the next piece of the same stream.
    pub open: bool,
}

impl Prefix {
    /// Of nobody yet; empty if not `shown`.
    pub fn new(shown: bool) -> Self {
        Self::styled(shown, Style::of_stdout(Form::Human))
    }

    fn styled(shown: bool, style: Style) -> Self {
        Self { names: Vec::new(), shown, style, open: None }
    }

    /// The number of a name, new or not. A longer one makes the column wider from then on.
    pub fn column(&mut self, name: &str) -> usize {
        match self.names.iter().position(|known| known == name) {
            Some(column) => column,
            None => {
                self.names.push(name.to_owned());
                self.names.len() - 1
            }
        }
    }

    /// What is to be printed: a line that was not at its end is gone on with, or ended where another comes in between.
    pub fn line(&mut self, said: Said<'_>) -> String {
        let Said { column, stderr, text, open } = said;
        let mut line = match self.open.replace((column, stderr)) {
            Some(before) if before == (column, stderr) => String::new(),
            Some(_) => format!("\n{}", self.of(column)),
            None => self.of(column),
        };
        line.push_str(text);
        if !open {
            self.open = None;
            line.push('\n');
        }
        line
    }

    fn of(&self, column: usize) -> String {
        if !self.shown {
            return String::new();
        }
        let width = self.names.iter().map(String::len).max().unwrap_or(0);
        let colour = COLOURS[column % COLOURS.len()];
        self.style.paint(colour.on_default(), &format!("{:width$} | ", self.names[column])).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(column: usize, text: &str) -> Said<'_> {
        Said { column, stderr: false, text, open: false }
    }

    #[test]
    fn names_stand_in_a_column() {
        let mut prefix = Prefix::styled(true, Style::colourless(Form::Human));
        assert_eq!((prefix.column("db-1"), prefix.column("web-10"), prefix.column("db-1")), (0, 1, 0));
        assert_eq!(prefix.line(said(0, "ready")), "db-1   | ready\n");
        assert_eq!(prefix.line(said(1, "GET /")), "web-10 | GET /\n");
        let mut bare = Prefix::styled(false, Style::colourless(Form::Human));
        bare.column("db-1");
        assert_eq!(bare.line(said(0, "x")), "x\n");
    }

    #[test]
    fn a_line_in_pieces_is_one_line_unless_another_comes_in_between() {
        let mut prefix = Prefix::styled(true, Style::colourless(Form::Human));
        let (a, b) = (prefix.column("a"), prefix.column("b"));
        let pieces = [
            Said { open: true, ..said(a, "on") },
            said(a, "e"),
            Said { open: true, ..said(a, "tw") },
            said(b, "other"),
            said(a, "o"),
        ];
        let text: String = pieces.into_iter().map(|piece| prefix.line(piece)).collect();
        assert_eq!(text, "a | one\na | tw\nb | other\na | o\n");
    }
}

//! For a terminal: what happened scrolls by, the services and the keys stay below it.

#![expect(clippy::disallowed_methods, reason = "draws on the terminal")]

use std::io::{Write, stderr};

use jiff::Timestamp;

use crate::report::ink::DIM;
use crate::report::status::{self, Row};
use crate::report::text::width;
use crate::report::{Form, Printed, Style};

/// Lines that the part that stays always has room for. On a higher terminal it may take half of it: more would push
/// away what happened.
const LEAST: usize = 6;
/// The rule above the services is no longer than this.
const RULE: usize = 80;
/// The height that is assumed where no terminal tells.
const HEIGHT: usize = 24;
/// Up so many lines, and everything from there on is gone.
const ERASE: [&str; 2] = ["\x1b[", "A\r\x1b[J"];
/// From here on lines that are too long for the terminal are cut, not broken; and the end of that. Not before the first
/// character: whoever drew last may have left the cursor at the end of a full line, and that one must break.
const CUT: [&str; 2] = ["\x1b[?7l", "\x1b[?7h"];

/// The part of the terminal that stays.
#[derive(Debug, Default)]
pub struct Screen {
    shown: Vec<Printed>,
    /// How wide the terminal was when they were drawn.
    columns: usize,
}

impl Screen {
    /// On this process's standard error; nothing is drawn yet.
    pub fn of_process() -> Self {
        Self::default()
    }

    /// Something happened.
    pub fn say(&self, text: &Printed) {
        put(&format!("{}{text}\n{}", self.erased(size().0), block(&self.shown)));
    }

    /// Draws the services and the keys, if they are not drawn just so already.
    pub fn draw(&mut self, rows: &[Row], keys: &str, now: Timestamp) {
        let (columns, height) = size();
        let lines = lines(rows, keys, now, &Style::of_stderr(Form::Human), (columns, height));
        if lines != self.shown || columns != self.columns {
            put(&format!("{}{}", self.erased(columns), block(&lines)));
            (self.shown, self.columns) = (lines, columns);
        }
    }

    /// Takes the part that stays away, so that somebody else may draw.
    pub fn hide(&mut self) {
        if !self.shown.is_empty() {
            put(&self.erased(size().0));
            self.shown.clear();
        }
    }

    /// What takes away the lines that are shown, on a terminal that may have become narrower and have broken them.
    fn erased(&self, columns: usize) -> String {
        let wide = |line: &Printed| width(&anstream::adapter::strip_str(line).to_string()).min(self.columns);
        let rows: usize = self.shown.iter().map(|line| wide(line).div_ceil(columns.max(1)).max(1)).sum();
        if rows == 0 { String::new() } else { ERASE.join(&rows.to_string()) }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.hide();
    }
}

/// A rule, the services as far as there is room, and the keys.
fn lines(rows: &[Row], keys: &str, now: Timestamp, style: &Style, size: (usize, usize)) -> Vec<Printed> {
    let (columns, height) = size;
    let table = status::render(rows, now, style);
    let mut lines: Vec<_> = table.lines().map(|line| Printed::drawn(line.to_owned())).collect();
    let most = (height / 2).max(LEAST);
    if lines.len() > most {
        let more = lines.len() - (most - 1);
        lines.truncate(most - 1);
        lines.push(style.paint(DIM, &format!("and {more} more lines; s shows all")));
    }
    lines.insert(0, style.paint(DIM, &"─".repeat(columns.min(RULE))));
    lines.push(style.paint(DIM, keys));
    lines
}

fn block(lines: &[Printed]) -> String {
    match lines {
        [] => String::new(),
        [rule, rest @ ..] => {
            let rest: Vec<&str> = rest.iter().map(|line| &**line).collect();
            format!("{rule}\n{}{}\n{}", CUT[0], rest.join("\n"), CUT[1])
        }
    }
}

/// Columns and lines of the terminal.
fn size() -> (usize, usize) {
    let size = terminal_size::terminal_size_of(stderr());
    size.map_or((RULE, HEIGHT), |(width, height)| (usize::from(width.0), usize::from(height.0)))
}

/// In one piece, so that nothing flickers. A terminal that is gone shows nothing any more.
fn put(text: &str) {
    let mut terminal = stderr().lock();
    let _ = terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str) -> Row {
        Row {
            service: name.into(),
            wanted: 1,
            job: false,
            containers: Vec::new(),
            one_offs: Vec::new(),
            image: None,
            urls: Vec::new(),
            drift: Vec::new(),
            note: None,
        }
    }

    #[test]
    fn a_low_terminal_keeps_room_for_what_happened() {
        let rows: Vec<_> = (0..30).map(|number| row(&format!("s{number:02}"))).collect();
        let style = Style::colourless(Form::Human);
        let lines = |height| lines(&rows, "q quit", Timestamp::UNIX_EPOCH, &style, (30, height));
        assert_eq!(lines(24).len(), 14);
        assert_eq!(&*lines(24)[12], "and 20 more lines; s shows all");
        assert_eq!(&*lines(24)[13], "q quit");
        assert_eq!(lines(100).len(), 33);
        assert_eq!(lines(3).len(), 8);
    }

    #[test]
    fn what_a_narrower_terminal_broke_is_taken_away_whole() {
        let screen = Screen {
            shown: vec![Printed::drawn("\x1b[2m─────\x1b[0m".to_owned()), "12345".into(), "".into()],
            columns: 5,
        };
        assert_eq!(screen.erased(5), "\x1b[3A\r\x1b[J");
        assert_eq!(screen.erased(2), "\x1b[7A\r\x1b[J");
        // What was too long was cut when it was drawn.
        let cut = Screen { shown: vec!["12345".into()], columns: 4 };
        assert_eq!(cut.erased(4), "\x1b[1A\r\x1b[J");
        assert_eq!(Screen::default().erased(5), "");
    }
}

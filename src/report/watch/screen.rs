//! For a terminal: what happened scrolls by, the services and the keys stay below it.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;

use crate::report::ink::DIM;
use crate::report::status::{self, Row};
use crate::report::{Form, Style};

/// The rule above the services is no longer than this.
const WIDTH: usize = 80;

/// Lines that the part that stays always has room for. On a higher terminal it may take half of it: more would push
/// away what happened.
const LEAST: usize = 6;

/// The part of the terminal that stays.
pub struct Screen {
    screen: MultiProgress,
    lines: Vec<ProgressBar>,
    shown: Vec<String>,
}

impl Screen {
    /// On this process's standard error; nothing is drawn yet.
    pub fn of_process() -> Self {
        let screen = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        Self { screen, lines: Vec::new(), shown: Vec::new() }
    }

    /// Something happened.
    pub fn say(&self, text: &str) {
        // A terminal that is gone shows nothing any more.
        let _ = self.screen.println(text);
    }

    /// Draws the services and the keys, if they are not drawn just so already.
    pub fn draw(&mut self, rows: &[Row], keys: &str, now: Timestamp) {
        let height = terminal_size::terminal_size_of(std::io::stderr()).map(|(_, height)| usize::from(height.0));
        let lines = lines(rows, keys, now, &Style::of_stderr(Form::Human), height.unwrap_or(24));
        if lines == self.shown {
            return;
        }
        self.hide();
        for text in &lines {
            let line = self.screen.add(ProgressBar::no_length());
            let plain = ProgressStyle::with_template("{msg}").expect("a template of one word is one");
            line.set_style(plain);
            line.set_message(text.clone());
            line.tick();
            self.lines.push(line);
        }
        self.shown = lines;
    }

    /// Takes the part that stays away, so that somebody else may draw.
    pub fn hide(&mut self) {
        for line in self.lines.drain(..) {
            line.finish_and_clear();
            self.screen.remove(&line);
        }
        self.shown.clear();
    }
}

/// A rule, the services as far as there is room, and the keys.
fn lines(rows: &[Row], keys: &str, now: Timestamp, style: &Style, height: usize) -> Vec<String> {
    let table = status::render(rows, now, style);
    let mut lines: Vec<String> = table.lines().map(str::to_owned).collect();
    let most = (height / 2).max(LEAST);
    if lines.len() > most {
        let more = lines.len() - (most - 1);
        lines.truncate(most - 1);
        lines.push(style.paint(DIM, &format!("and {more} more lines; s shows all")));
    }
    lines.insert(0, style.paint(DIM, &"─".repeat(style.width.min(WIDTH))));
    lines.push(style.paint(DIM, keys));
    lines
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.hide();
    }
}

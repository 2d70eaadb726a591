//! For a terminal: what happened scrolls by, the services and the keys stay below it.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;

use crate::report::ink::DIM;
use crate::report::status::{self, Row};
use crate::report::{Form, Style};

/// More lines than this would push away what happened.
const MOST: usize = 16;

/// The part of the terminal that stays.
pub struct Screen {
    screen: MultiProgress,
    lines: Vec<ProgressBar>,
    shown: Vec<String>,
    style: Style,
}

impl Screen {
    /// On this process's standard error; nothing is drawn yet.
    pub fn of_process() -> Self {
        Self::new(ProgressDrawTarget::stderr(), Style::of_stderr(Form::Human))
    }

    fn new(target: ProgressDrawTarget, style: Style) -> Self {
        Self { screen: MultiProgress::with_draw_target(target), lines: Vec::new(), shown: Vec::new(), style }
    }

    /// Something happened.
    pub fn say(&self, text: &str) {
        // A terminal that is gone shows nothing any more.
        let _ = self.screen.println(text);
    }

    /// Draws the services and the keys, if they are not drawn just so already.
    pub fn draw(&mut self, rows: &[Row], keys: &str, now: Timestamp) {
        let table = status::render(rows, now, &self.style);
        let mut lines: Vec<String> = table.lines().map(str::to_owned).collect();
        if lines.len() > MOST {
            let more = lines.len() - MOST;
            lines.truncate(MOST);
            lines.push(self.style.paint(DIM, &format!("and {more} more; s shows all")));
        }
        lines.insert(0, String::new());
        lines.push(self.style.paint(DIM, keys));
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

impl Drop for Screen {
    fn drop(&mut self) {
        self.hide();
    }
}

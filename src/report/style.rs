//! In which form a report is made.

#![expect(clippy::disallowed_methods, reason = "asks the streams for colour and width")]

use std::io::{IsTerminal, stderr, stdout};

use anstream::{AutoStream, ColorChoice};

use super::Printed;

/// In which form a report is made, for which stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// For whom.
    pub form: Form,
    /// Whether escape codes are written. Colour never carries meaning alone.
    pub colour: bool,
    /// Columns of the terminal; 80 without one. [`Form::Human`] alone looks at it.
    pub width: usize,
}

/// For whom a report is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// Aligned and coloured, for the terminal at hand
    #[default]
    Human,
    /// The same words, nothing aligned, cut or coloured
    Plain,
    /// JSON
    Json,
}

/// The columns that are assumed where no terminal tells.
pub const WIDTH: usize = 80;

impl Style {
    /// For this process's standard output. `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` and pipes are heeded.
    pub fn of_stdout(form: Form) -> Self {
        Self::new(form, AutoStream::choice(&stdout()), terminal_size::terminal_size_of(stdout()))
    }

    /// For this process's standard error.
    pub fn of_stderr(form: Form) -> Self {
        Self::new(form, AutoStream::choice(&stderr()), terminal_size::terminal_size_of(stderr()))
    }

    fn new(form: Form, choice: ColorChoice, size: Option<(terminal_size::Width, terminal_size::Height)>) -> Self {
        let colour = form == Form::Human && choice != ColorChoice::Never;
        Self { form, colour, width: size.map_or(WIDTH, |(width, _)| usize::from(width.0).max(40)) }
    }

    /// Without colour, 80 columns wide.
    pub fn colourless(form: Form) -> Self {
        Self { form, colour: false, width: WIDTH }
    }

    /// The text in this style, if there is colour at all.
    pub fn paint(&self, style: anstyle::Style, text: &str) -> Printed {
        Printed::painted(if self.colour { style } else { anstyle::Style::new() }, text)
    }
}

/// Whether messages go to a terminal, where lines can be drawn again.
pub fn live() -> bool {
    stderr().is_terminal()
}

//! Lines under construction: knows its column, wraps whole pieces, paints.

use anstyle::{AnsiColor, Effects, Style as Paint};

use super::text::{cut_end, visible, width};
use super::{Printed, Style};

/// As the terminal has it.
pub const BARE: Paint = Paint::new();
/// Beside the point.
pub const DIM: Paint = Paint::new().effects(Effects::DIMMED);
/// The point.
pub const BOLD: Paint = Paint::new().effects(Effects::BOLD);
/// New, well.
pub const GREEN: Paint = AnsiColor::Green.on_default();
/// Old, failed.
pub const RED: Paint = AnsiColor::Red.on_default();
/// Changed, a warning.
pub const YELLOW: Paint = AnsiColor::Yellow.on_default();
/// Replaced.
pub const MAGENTA: Paint = AnsiColor::Magenta.on_default();
/// At work.
pub const CYAN: Paint = AnsiColor::Cyan.on_default();
/// Fetched or built.
pub const BLUE: Paint = AnsiColor::Blue.on_default();

/// Lines under construction.
pub struct Ink<'a> {
    style: &'a Style,
    out: Printed,
    column: usize,
}

impl<'a> Ink<'a> {
    pub fn new(style: &'a Style) -> Self {
        Self { style, out: Printed::default(), column: 0 }
    }

    /// Appends; what passes the edge is cut.
    pub fn put(&mut self, text: &str, paint: Paint) -> &mut Self {
        let text = cut_end(&visible(text), self.left());
        self.column += width(&text);
        self.out.append(self.style.paint(paint, &text));
        self
    }

    /// Appends, past the edge if need be.
    pub fn whole(&mut self, text: &str, paint: Paint) -> &mut Self {
        let text = visible(text);
        self.column += width(&text);
        self.out.append(self.style.paint(paint, &text));
        self
    }

    /// Appends on this line, or on the next at `indent` if it does not fit here; longer than a line, by words.
    pub fn flow(&mut self, text: &str, indent: usize, paint: Paint) -> &mut Self {
        let text = &*visible(text);
        if width(text) <= self.left() {
            return self.put(text, paint);
        }
        let text = text.trim_start();
        if self.column > indent && indent + width(text) <= self.style.width {
            return self.break_to(indent).put(text, paint);
        }
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let fresh = self.column == 0 || self.out.ends_with(' ');
            if self.left() < width(word) + usize::from(!fresh) && self.column > indent {
                self.break_to(indent);
            } else if !fresh {
                self.put(" ", BARE);
            }
            self.put(word, paint);
        }
        self
    }

    /// Spaces up to a column; none if it is passed.
    pub fn tab(&mut self, column: usize) -> &mut Self {
        let spaces = column.saturating_sub(self.column);
        self.out.append(" ".repeat(spaces));
        self.column += spaces;
        self
    }

    /// Ends the line.
    pub fn end(&mut self) -> &mut Self {
        self.out.end_line();
        self.column = 0;
        self
    }

    /// Columns that are left on this line.
    pub fn left(&self) -> usize {
        self.style.width.saturating_sub(self.column)
    }

    /// The column that is written next, from 0.
    pub fn column(&self) -> usize {
        self.column
    }

    /// What was written.
    pub fn take(self) -> Printed {
        self.out
    }

    fn break_to(&mut self, indent: usize) -> &mut Self {
        self.end().tab(indent)
    }
}

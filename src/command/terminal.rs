//! The terminal of this process, handed through to a command in a container.

use std::io;

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

/// A terminal that passes every key on as it is, until this is dropped.
pub struct Raw {
    before: Termios,
}

impl Raw {
    /// Switches standard input over.
    ///
    /// # Errors
    /// When it is no terminal.
    pub fn enter() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
        Ok(Self { before })
    }

    /// Columns and rows.
    pub fn size(&self) -> (u16, u16) {
        tcgetwinsize(io::stdout()).map_or((80, 24), |size| (size.ws_col, size.ws_row))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // If it cannot be put back there is nothing left to do about it.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}

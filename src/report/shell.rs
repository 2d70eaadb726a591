//! The two streams: results on standard output, messages on standard error.

#![expect(clippy::disallowed_methods, reason = "the only printer")]

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use super::progress::Talk;
use super::{Printed, render};
use crate::diagnostic::{Diagnostic, Severity};
use crate::diff::without_password;

/// The two streams of the process: results on standard output, messages on standard error.
///
/// Nothing else in the crate prints. A closed pipe is no failure: the reader has seen enough.
#[derive(Debug)]
pub struct Shell {
    quiet: bool,
    verbose: u8,
    results: Results,
}

impl Shell {
    /// The streams of this process; `NO_COLOR` and pipes switch colour off.
    pub fn of_process(quiet: bool, verbose: u8) -> Self {
        Self { quiet, verbose, results: Results::default() }
    }

    /// How much more the user wants to know.
    pub fn verbose(&self) -> u8 {
        self.verbose
    }

    /// How much of a run is told in words.
    pub fn talk(&self) -> Talk {
        match (self.quiet, self.verbose) {
            (true, _) => Talk::Failures,
            (false, 0) => Talk::Steps,
            (false, _) => Talk::All,
        }
    }

    /// Prints a result.
    pub fn data(&self, text: impl Into<Printed>) {
        self.results.print(text);
    }

    /// Prints a result that a person reads beside others, unless `--quiet`.
    pub fn view(&self, text: impl Into<Printed>) {
        if !self.quiet {
            self.data(text);
        }
    }

    /// Passes on what a program in a container said, as it is.
    pub fn pass(&self, line: &str) {
        self.results.write(&mut io::stdout().lock(), line.as_bytes());
    }

    /// Standard output, for a report that prints while it runs.
    pub fn results(&self) -> Results {
        self.results.clone()
    }

    /// Whether nothing that is printed arrives anywhere any more.
    pub fn is_closed(&self) -> bool {
        self.results.state() != State::Open
    }

    /// Why a result could not be printed as a whole. A reader that went away is no such reason.
    pub fn lost(&self) -> Option<String> {
        match self.results.state() {
            State::Open | State::Closed => None,
            State::Lost(why) => Some(why),
        }
    }

    /// Prints a message on its own line, unless `--quiet`.
    pub fn note(&self, text: impl Into<Printed>) {
        if !self.quiet {
            complain(text);
        }
    }

    /// Prints a message that ends its own lines, always.
    pub fn complain(&self, text: impl Into<Printed>) {
        let _ = anstream::stderr().lock().write_all(text.into().as_bytes());
    }

    /// Prints a question; the answer stands on the same line.
    pub fn prompt(&self, text: &str) {
        let mut stream = anstream::stderr().lock();
        let _ = stream.write_all(Printed::from(text).as_bytes()).and_then(|()| stream.flush());
    }

    /// Prints the diagnostics; warnings only unless `--quiet`.
    pub fn diagnostics(&self, diagnostics: &[Diagnostic]) {
        let shown = diagnostics.iter().filter(|d| !self.quiet || d.severity == Severity::Error);
        for diagnostic in shown {
            complain(render(diagnostic).then("\n"));
        }
    }

    /// Prints why a verb failed.
    pub fn failure(&self, message: &str, hints: &[String], diagnostics: &[Diagnostic]) {
        self.diagnostics(diagnostics);
        if !message.is_empty() {
            let red = anstyle::AnsiColor::Red.on_default().bold();
            complain(Printed::painted(red, "error").then(format!(": {}", without_password(message))));
        }
        for hint in hints {
            complain(format!("\nhint: {}", without_password(hint)));
        }
    }
}

/// Prints a message on its own line. Who cannot be told cannot be told so either.
pub(super) fn complain(text: impl Into<Printed>) {
    let _ = writeln!(anstream::stderr().lock(), "{}", text.into());
}

/// Standard output, and what became of it.
#[derive(Debug, Clone, Default)]
pub struct Results(Arc<Mutex<State>>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum State {
    #[default]
    Open,
    /// The reader went away.
    Closed,
    /// For this reason.
    Lost(String),
}

impl Results {
    /// Prints.
    pub fn print(&self, text: impl Into<Printed>) {
        self.write(&mut anstream::stdout().lock(), text.into().as_bytes());
    }

    /// Writes as a whole or, after the first failure, nothing more.
    fn write(&self, stream: &mut dyn Write, bytes: &[u8]) {
        if self.state() != State::Open {
            return;
        }
        if let Err(error) = stream.write_all(bytes).and_then(|()| stream.flush()) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = match error.kind() {
                io::ErrorKind::BrokenPipe => State::Closed,
                _ => State::Lost(error.to_string()),
            };
        }
    }

    fn state(&self) -> State {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream that fails.
    struct Failing(io::ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure_and_a_full_disk_is() {
        let (gone, full) = (Results::default(), Results::default());
        gone.write(&mut Failing(io::ErrorKind::BrokenPipe), b"x");
        full.write(&mut Failing(io::ErrorKind::StorageFull), b"x");
        assert_eq!(gone.state(), State::Closed);
        assert_eq!(full.state(), State::Lost("no storage space".to_owned()));
    }
}

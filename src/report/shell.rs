//! The two streams: results on standard output, messages on standard error.

use std::io::Write;

use super::progress::Talk;
use super::render;
use crate::diagnostic::Diagnostic;

/// The two streams of the process: results on standard output, messages on standard error.
///
/// Nothing else in the crate prints. A closed pipe is no failure: the reader has seen enough.
#[derive(Debug)]
pub struct Shell {
    quiet: bool,
    verbose: u8,
}

impl Shell {
    /// The streams of this process; `NO_COLOR` and pipes switch colour off.
    pub fn of_process(quiet: bool, verbose: u8) -> Self {
        Self { quiet, verbose }
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

    /// Prints a result, as it is.
    pub fn data(&self, text: &str) {
        let _ = anstream::stdout().lock().write_all(text.as_bytes());
    }

    /// Prints a message on its own line, unless `--quiet`.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.complain(text);
        }
    }

    /// Prints a question; the answer stands on the same line.
    pub fn prompt(&self, text: &str) {
        let mut stream = anstream::stderr().lock();
        let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    }

    /// Prints the diagnostics; warnings only unless `--quiet`.
    pub fn diagnostics(&self, diagnostics: &[Diagnostic]) {
        let shown = diagnostics.iter().filter(|d| !self.quiet || d.severity == crate::diagnostic::Severity::Error);
        for diagnostic in shown {
            self.complain(&format!("{}\n", render(diagnostic)));
        }
    }

    /// Prints why a verb failed.
    pub fn failure(&self, message: &str, hints: &[String], diagnostics: &[Diagnostic]) {
        self.diagnostics(diagnostics);
        if !message.is_empty() {
            let red = anstyle::AnsiColor::Red.on_default().bold();
            self.complain(&format!("{red}error{red:#}: {message}"));
        }
        for hint in hints {
            self.complain(&format!("\nhint: {hint}"));
        }
    }

    fn complain(&self, text: &str) {
        let _ = writeln!(anstream::stderr().lock(), "{text}");
    }
}

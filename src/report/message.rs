//! A message that a verb ends with, and what is said of the command line.

use std::ffi::OsString;

use super::{Printed, Style};
use crate::unseen::is_unseen;

/// `error: …` and a `hint: …` line each, with a newline at the end.
pub fn error(message: &str, hints: &[String], style: &Style) -> Printed {
    let red = anstyle::AnsiColor::Red.on_default().bold();
    let cyan = anstyle::AnsiColor::Cyan.on_default().bold();
    let mut text = Printed::default();
    if !message.is_empty() {
        text = style.paint(red, "error").then(format!(": {message}\n"));
    }
    for hint in hints {
        text.append(style.paint(cyan, "hint").then(format!(": {hint}\n")));
    }
    text
}

/// Help, or what is wrong with a command line: that repeats what was typed, which has no colours of its own.
pub fn usage(said: &clap::Error, typed: &[OsString]) -> Printed {
    let text = said.render();
    let odd = typed.iter().any(|word| word.to_string_lossy().contains(is_unseen));
    if odd { text.to_string().into() } else { Printed::drawn(text.ansi().to_string()) }
}

//! A message that a verb ends with.

use super::Style;

/// `error: …` and a `hint: …` line each, with a newline at the end.
pub fn error(message: &str, hints: &[String], style: &Style) -> String {
    let red = anstyle::AnsiColor::Red.on_default().bold();
    let cyan = anstyle::AnsiColor::Cyan.on_default().bold();
    let mut text = String::new();
    if !message.is_empty() {
        text = format!("{}: {message}\n", style.paint(red, "error"));
    }
    for hint in hints {
        text += &format!("{}: {hint}\n", style.paint(cyan, "hint"));
    }
    text
}

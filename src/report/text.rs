//! Text on a terminal: how wide it is, how it is cut, and what must not reach the terminal as it is.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::unseen::{escape, is_unseen};

/// Columns of a text without escape codes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text, filled up with spaces.
pub fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// At most so many columns: the middle goes, and its place tells how long the whole was: `abc…(120 chars)…xyz`.
pub fn cut_middle(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let note = format!("…({} chars)…", text.chars().count());
    let Some(left) = columns.checked_sub(width(&note)).filter(|left| *left >= 2) else {
        return cut_end(text, columns);
    };
    format!("{}{note}{}", head(text, left.div_ceil(2)), tail(text, left / 2))
}

/// At most so many columns: the end goes.
pub fn cut_end(text: &str, columns: usize) -> String {
    if width(text) <= columns { text.to_owned() } else { format!("{}…", head(text, columns.saturating_sub(1))) }
}

/// At most so many columns: the beginning goes.
pub fn cut_start(text: &str, columns: usize) -> String {
    if width(text) <= columns { text.to_owned() } else { format!("…{}", tail(text, columns.saturating_sub(1))) }
}

fn head(text: &str, columns: usize) -> &str {
    &text[..fitting(text.char_indices().map(|(at, c)| (at + c.len_utf8(), c)), columns).unwrap_or(0)]
}

fn tail(text: &str, columns: usize) -> &str {
    &text[fitting(text.char_indices().rev(), columns).unwrap_or(text.len())..]
}

/// The last position whose characters so far fit.
fn fitting(chars: impl Iterator<Item = (usize, char)>, columns: usize) -> Option<usize> {
    let mut used = 0;
    chars
        .take_while(|(_, c)| {
            used += c.width().unwrap_or(0);
            used <= columns
        })
        .last()
        .map(|(at, _)| at)
}

/// A line that others wrote (a log, a build, a probe) without escape codes and control characters.
pub fn clean(line: &str) -> String {
    let plain = anstream::adapter::strip_str(line).to_string();
    // A program that draws a bar overwrites its line: what it says last is what counts.
    let last = plain.trim_end_matches(['\r', '\n']).rsplit('\r').next().unwrap_or_default();
    last.replace('\t', "    ").chars().filter(|c| !is_unseen(*c)).collect()
}

/// A piece of a line with its unseen characters, newlines and tabs among them, as escapes.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unseen) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unseen(c) { escape(c, &mut out) } else { out.push(c) }
    }
    out.into()
}

/// A line with its newline; nothing in it makes another.
pub fn line(text: &str) -> String {
    format!("{}\n", visible(text))
}

/// `1 step`, `2 steps`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_goes_and_its_length_is_told() {
        let text = "0123456789".repeat(5);
        assert_eq!(cut_middle(&text, 24), "012345…(50 chars)…456789");
        assert_eq!(width(&cut_middle(&text, 24)), 24);
        assert_eq!(cut_middle(&text, 60), text);
        assert_eq!(cut_middle(&text, 6), "01234…");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(cut_end("データベース", 5), "デー…");
        assert_eq!(pad("デ", 4), "デ  ");
    }

    #[test]
    fn what_others_wrote_cannot_play_with_the_terminal() {
        assert_eq!(clean("\x1b[31mred\x1b[0m\x07 10%\r\x1b[2K 90%\tok\r\n"), " 90%    ok");
        assert_eq!(clean("a\u{202e}b"), "ab");
    }
}

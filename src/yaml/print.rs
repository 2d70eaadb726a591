//! A value printed as YAML, laid out as Compose does: two spaces, lists indented below their key.
//!
//! Texts that an older reader of YAML would take for something else (`no`, `1:30`, a date) are quoted, which the
//! crate that prints the rest does not do.

use std::fmt::Write;

use serde_json::Value;

use super::{Value as Meaning, scalar};
use crate::unseen::is_unseen;

/// Prints a value.
pub fn print(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => entries(map, 0, &mut out),
        Value::Array(list) if !list.is_empty() => items(list, 0, &mut out),
        scalar => {
            inline(scalar, 2, &mut out);
            out.push('\n');
        }
    }
    out
}

fn entries(map: &serde_json::Map<String, Value>, indent: usize, out: &mut String) {
    for (at, (key, value)) in map.iter().enumerate() {
        // The first entry of an item stands behind its dash.
        if at > 0 || out.is_empty() || out.ends_with('\n') {
            spaces(indent, out);
        }
        text(key, 0, true, out);
        out.push(':');
        below(value, indent, out);
    }
}

fn below(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            entries(map, indent + 2, out);
        }
        Value::Array(list) if !list.is_empty() => {
            out.push('\n');
            items(list, indent + 2, out);
        }
        scalar => {
            out.push(' ');
            inline(scalar, indent + 2, out);
            out.push('\n');
        }
    }
}

fn items(list: &[Value], indent: usize, out: &mut String) {
    for item in list {
        spaces(indent, out);
        out.push_str("- ");
        match item {
            Value::Object(map) if !map.is_empty() => entries(map, indent + 2, out),
            Value::Array(list) if !list.is_empty() => {
                // A list in a list begins on a line of its own.
                out.truncate(out.len() - 1);
                out.push('\n');
                items(list, indent + 2, out);
            }
            scalar => {
                inline(scalar, indent + 2, out);
                out.push('\n');
            }
        }
    }
}

fn inline(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Object(_) => out.push_str("{}"),
        Value::Array(_) => out.push_str("[]"),
        Value::String(string) => text(string, indent, false, out),
        Value::Bool(_) | Value::Number(_) => write!(out, "{value}").expect("a text can be written to"),
    }
}

fn spaces(count: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', count));
}

/// A text: plain if nobody can mistake it, else quoted, or a block if it has lines.
fn text(text: &str, indent: usize, is_key: bool, out: &mut String) {
    if is_plain(text) {
        out.push_str(text);
        return;
    }
    if misleads(text) || text.is_empty() || !text.chars().all(is_printable) {
        quoted(text, out);
    } else if !text.contains('\n') {
        let printed = serde_yaml::to_string(text).expect("a text is YAML");
        out.push_str(printed.trim_end_matches('\n'));
    } else if is_key || !is_block(text) {
        quoted(text, out);
    } else {
        block(text, indent, out);
    }
}

/// A text in double quotes: JSON's quotes are YAML's, with escapes for what YAML takes for the end of a line or refuses.
fn quoted(text: &str, out: &mut String) {
    for c in Value::from(text).to_string().chars() {
        if is_printable(c) {
            out.push(c);
        } else {
            let (mark, digits) = if u32::from(c) > 0xffff { ('U', 8) } else { ('u', 4) };
            write!(out, "\\{mark}{:0digits$x}", u32::from(c)).expect("a text can be written to");
        }
    }
}

fn is_printable(c: char) -> bool {
    c == '\n' || c == '\t' || !(is_unseen(c) || matches!(c, '\u{fffe}' | '\u{ffff}'))
}

/// A text with lines, as it is.
fn block(text: &str, indent: usize, out: &mut String) {
    let body = text.strip_suffix('\n');
    out.push_str(match body {
        None => "|-",
        Some(body) if body.ends_with('\n') => "|+",
        Some(_) => "|",
    });
    for line in body.unwrap_or(text).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            spaces(indent, out);
            out.push_str(line);
        }
    }
}

/// Whether a text can stand as lines: its first one shows the indentation, and nothing in it needs an escape.
fn is_block(text: &str) -> bool {
    !text.starts_with([' ', '\n', '\t']) && text.chars().all(is_printable)
}

/// Whether a text needs no second look: made of harmless letters, and no number or word that means something.
fn is_plain(text: &str) -> bool {
    let harmless =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/' | b'=' | b'+' | b'@');
    text.bytes().enumerate().all(|(at, byte)| {
        harmless(byte) || (byte == b':' && text.as_bytes().get(at + 1).is_some_and(|next| harmless(*next)))
    }) && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '_')
        && !misleads(text)
}

/// Whether a reader of any version of YAML could take a text for something else.
fn misleads(text: &str) -> bool {
    const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let looks_like_number = || {
        let number = |byte: u8| {
            byte.is_ascii_hexdigit() || matches!(byte, b'x' | b'o' | b':' | b'.' | b'_' | b'-' | b'+' | b'T' | b'Z')
        };
        text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) && text.bytes().all(number)
    };
    let is_word = text.len() <= 5 && WORDS.iter().any(|word| word.eq_ignore_ascii_case(text));
    text == "~" || text == "<<" || is_word || looks_like_number() || !matches!(scalar::plain(text), Meaning::Text(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_reads_back_the_same() {
        let texts = [
            "no",
            "y",
            "1.5",
            "0x1",
            "2001-01-01",
            "1:30",
            "~",
            "",
            " x",
            "#c",
            "a: b",
            "a:",
            "- a",
            "l1\nl2\n",
            "l1\n\n l2",
            "x\n\n",
            "\"q\"",
            "a\tb",
            "8080:80",
            "{a",
            "*x",
            "null",
            "é",
            "a #b",
            "\n",
            "'",
            "10s",
            "<<",
            "=",
            "x=y",
            "!t",
            "%",
            "@a",
            "a\u{85}b",
            "a\u{202e}b",
            "\u{e0041}",
            "\u{1b}[2J",
        ];
        let nested: Vec<Value> = texts
            .iter()
            .map(|text| serde_json::json!({"k": text, *text: [text, [text], {"a": text, "b": {}}]}))
            .collect();
        let value = serde_json::json!({"list": nested, "empty": [], "number": 1.5, "nothing": null});
        let printed = print(&value);
        let read: Value = serde_yaml::from_str(&printed).expect("it is YAML");
        assert_eq!(read, value, "{printed}");
    }

    #[test]
    fn lists_are_indented_and_doubtful_words_quoted() {
        let value = serde_json::json!({"restart": "no", "test": ["CMD", "a b"], "env": {"A": "l1\nl2\n"}, "ports": [{"target": 80, "mode": "x"}]});
        insta::assert_snapshot!(print(&value), @r#"
        restart: "no"
        test:
          - CMD
          - a b
        env:
          A: |
            l1
            l2
        ports:
          - target: 80
            mode: x
        "#);
    }
}

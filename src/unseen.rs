//! Characters that are not seen, or that make others look as what they are not.

/// Whether a character is not seen, or makes others look as what they are not: controls, marks of direction, spaces of
/// no width, fillers and tags. Such a character in a name could rewrite what stands on a terminal.
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Appends a character as an escape that JSON reads, too: `\u001b`.
pub fn escape(c: char, out: &mut String) {
    match c {
        '\n' => *out += "\\n",
        '\t' => *out += "\\t",
        '\r' => *out += "\\r",
        c => {
            for unit in c.encode_utf16(&mut [0; 2]) {
                *out += &format!("\\u{unit:04x}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_escaped_as_json_has_it() {
        for c in ['\u{1b}', '\u{7f}', '\u{9b}', '\u{202e}', '\u{2028}', '\u{feff}', '\u{e0041}', '\r', '\n'] {
            let mut out = String::new();
            escape(c, &mut out);
            assert!(is_unseen(c) && !out.chars().any(is_unseen), "{out}");
            assert_eq!(serde_json::from_str::<String>(&format!("\"{out}\"")).unwrap(), c.to_string());
        }
        assert!(!"aé日本 ❤\u{fe0f} \u{301}".chars().any(is_unseen));
    }
}

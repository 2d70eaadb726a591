//! The lines of a text as they may be shown: what stands beside the name of a secret, the password of a URL, a private
//! key and every secret that is known are out of sight.

use super::secret::{MASK, secret_name, without_password};

/// One line for each of the text's. `secrets` are values that are known to be none of a reader's business.
pub fn conceal(text: &str, secrets: &[&str]) -> Vec<String> {
    let mut within = Within::Nothing;
    text.lines().map(|line| within.line(line, secrets)).collect()
}

/// What a line is a part of.
enum Within {
    Nothing,
    /// A private key, to its last line.
    Key,
    /// A text between two of these quotes.
    Quotes(&'static str),
    /// A value that began behind the name of a secret: all lines that stand deeper than the name, and below a name
    /// alone the items of a list that stand beside it.
    Value {
        deeper_than: usize,
        list: bool,
    },
}

impl Within {
    fn line(&mut self, line: &str, secrets: &[&str]) -> String {
        let indent = line.len() - line.trim_start().len();
        let hidden = || format!("{}{MASK}", &line[..indent]);
        match self {
            Self::Key => {
                if line.contains("-----END") {
                    *self = Self::Nothing;
                }
                return hidden();
            }
            Self::Quotes(quotes) => {
                if line.contains(*quotes) {
                    *self = Self::Nothing;
                }
                return hidden();
            }
            Self::Value { .. } if line.trim().is_empty() => return line.to_owned(),
            Self::Value { deeper_than, list } => {
                if indent > *deeper_than || *list && indent == *deeper_than && line[indent..].starts_with('-') {
                    return hidden();
                }
                *self = Self::Nothing;
            }
            Self::Nothing => {}
        }
        if line.contains("-----BEGIN") && line.contains("PRIVATE KEY") {
            if !line.contains("-----END") {
                *self = Self::Key;
            }
            return hidden();
        }
        let mut shown = match assignment(line) {
            Some((head, value)) => {
                let alone = value.is_empty() || is_block(value);
                // The quotes that open the value are part of what stands before it.
                let quotes = ["\"\"\"", "'''"]
                    .into_iter()
                    .find(|quotes| line.matches(quotes).count() == 1 && head.trim_end().ends_with(quotes));
                *self = match quotes {
                    Some(quotes) => Self::Quotes(quotes),
                    None => Self::Value { deeper_than: indent, list: value.is_empty() },
                };
                let value = match alone {
                    true => value.to_owned(),
                    false => format!("{}{MASK}", &value[..value.len() - value.trim_start().len()]),
                };
                format!("{}{value}", without_password(head))
            }
            None => without_password(line),
        };
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            shown = shown.replace(secret, MASK);
        }
        shown
    }
}

/// The name of a secret with what stands between it and its value, and the value: `PASSWORD=x`, `"token": "x",`,
/// `<secret>x</secret>`, `requirepass x`, `set $api_key x;`.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let mut from = 0;
    while let Some(start) = line[from..].find(part).map(|at| from + at) {
        let end = line[start..].find(|c| !part(c)).map_or(line.len(), |at| start + at);
        let rest = &line[end..];
        let between = rest.len() - rest.trim_start_matches(['"', '\'', ' ', '\t', ':', '=', '>']).len();
        if between > 0 && named_secret(&line[start..end]) {
            return Some((&line[..end + between], &line[end + between..]));
        }
        from = end;
    }
    None
}

/// Programs have words of their own for secrets, and nginx one for addresses that only looks like one.
fn named_secret(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    match lower.strip_suffix("_pass") {
        Some("proxy" | "fastcgi" | "uwsgi" | "scgi" | "grpc" | "memcached") => false,
        _ => secret_name(name) || matches!(lower.as_str(), "requirepass" | "masterauth" | "dbpass" | "userpass"),
    }
}

/// How YAML begins a value of several lines.
fn is_block(value: &str) -> bool {
    value.starts_with(['|', '>']) && value.trim_end().chars().all(|c| "|>+-0123456789".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        conceal(text, &["correct horse"]).join("\n")
    }

    #[test]
    fn what_stands_beside_the_name_of_a_secret_is_hidden() {
        for (line, wanted) in [
            ("PASSWORD=geheim", "PASSWORD=(sensitive)"),
            ("  db_password: geheim # old", "  db_password: (sensitive)"),
            ("{\"token\": \"geheim\", \"a\": 1}", "{\"token\": \"(sensitive)"),
            ("<secret>geheim</secret>", "<secret>(sensitive)"),
            ("requirepass geheim", "requirepass (sensitive)"),
            ("export API_KEY='geheim'", "export API_KEY='(sensitive)"),
            ("url = postgres://me:geheim@db/x", "url = postgres://me:(sensitive)@db/x"),
            ("say correct horse twice", "say (sensitive) twice"),
        ] {
            assert_eq!(shown(line), wanted);
        }
    }

    #[test]
    fn a_value_of_several_lines_is_hidden_to_its_end() {
        assert_eq!(
            shown("a:\n  token: |\n    one\n\n    two\n  level: info"),
            "a:\n  token: |\n    (sensitive)\n\n    (sensitive)\n  level: info"
        );
        let key = "x\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\ny";
        assert_eq!(shown(key), "x\n(sensitive)\n(sensitive)\n(sensitive)\ny");
    }

    #[test]
    fn values_of_other_shapes_are_hidden_too() {
        for (text, wanted) in [
            ("credentials:\n- geheim\nlevel: info", "credentials:\n(sensitive)\nlevel: info"),
            ("\"auth\": {\n  \"a\": 1\n}\nx", "\"auth\": (sensitive)\n  (sensitive)\n}\nx"),
            ("password = \"\"\"\ngeheim\n\"\"\"\nx", "password = \"\"\"\n(sensitive)\n(sensitive)\nx"),
            ("password: \"a\n  geheim\"\nx: 1", "password: \"(sensitive)\n  (sensitive)\nx: 1"),
            (
                "{\"url\": \"redis://:pw@h\", \"token\": \"x\"}",
                "{\"url\": \"redis://:(sensitive)@h\", \"token\": \"(sensitive)",
            ),
            ("secretKey: geheim", "secretKey: (sensitive)"),
            ("tokens: geheim", "tokens: (sensitive)"),
            ("Authorization: Bearer geheim", "Authorization: (sensitive)"),
            ("\"-----BEGIN PRIVATE KEY-----x-----END PRIVATE KEY-----\"\ny", "(sensitive)\ny"),
            ("- token: geheim\n- name: x", "- token: (sensitive)\n- name: x"),
        ] {
            assert_eq!(shown(text), wanted);
        }
    }

    #[test]
    fn other_lines_stay_as_they_are() {
        for line in
            ["proxy_pass http://web;", "keepalive_timeout 65;", "", "  - path: /etc/passwd", "author: me", "# the key"]
        {
            assert_eq!(shown(line), line);
        }
    }
}

//! The lines of a text as they may be shown: what stands beside the name of a secret, the password of an address, a
//! private key, what looks like a token and every secret that is known are out of sight.

use std::ops::Range;

use super::address::without_password;
use super::secret::{MASK, secret_name};
use super::words;

/// One line for each of the text's. `secrets` are values that are known to be none of a reader's business.
pub fn conceal(text: &str, secrets: &[&str]) -> Vec<String> {
    let mut within = Within::Nothing;
    text.lines().map(|line| within.line(line, secrets, Reading::File)).collect()
}

/// A value as it may be shown. It is less of a file than a text is: a word with a colon is a name there (`img:1`).
pub fn masked(text: &str) -> String {
    let mut within = Within::Nothing;
    let lines: Vec<_> = text.split('\n').map(|line| within.line(line, &[], Reading::Value)).collect();
    lines.join("\n")
}

/// One line for each of a spec's or an env file's, to show where a mistake is. Keys stay in sight.
pub fn source(text: &str) -> Vec<String> {
    let mut within = Within::Nothing;
    text.lines().map(|line| within.line(line, &[], Reading::Source)).collect()
}

/// What a text is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// Lines of a file, whose form nobody knows: the safe side is to hide.
    File,
    /// A value of a spec: a word, an address, a command.
    Value,
    /// Lines of a spec or an env file.
    Source,
    /// The rest of one, behind a value among braces or brackets.
    Flow,
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
    fn line(&mut self, line: &str, secrets: &[&str], reading: Reading) -> String {
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
        let mut shown = match assignment(line, reading) {
            Some((head, value)) => {
                let alone = value.is_empty() || is_block(value);
                // The quotes that open the value are part of what stands before it.
                let quotes = ["\"\"\"", "'''"]
                    .into_iter()
                    .find(|quotes| line.matches(quotes).count() == 1 && head.trim_end().ends_with(quotes));
                // Among braces and brackets a value ends where the next one begins.
                if let Some(end) = flow_end(head, value, reading) {
                    let rest = Self::Nothing.line(&value[end..], secrets, Reading::Flow);
                    return format!("{}{MASK}{rest}", plain(head));
                }
                *self = match quotes {
                    Some(quotes) => Self::Quotes(quotes),
                    None => Self::Value { deeper_than: indent, list: value.is_empty() },
                };
                let value = match alone {
                    true => value.to_owned(),
                    false => format!("{}{MASK}", &value[..value.len() - value.trim_start().len()]),
                };
                format!("{}{value}", plain(head))
            }
            None => plain(line),
        };
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            shown = shown.replace(secret, MASK);
        }
        shown
    }
}

/// A line in which no name tells a secret.
fn plain(line: &str) -> String {
    tokens(&options(&without_password(line)))
}

/// The words of a command in it, what options hide out of sight.
fn options(line: &str) -> String {
    let pieces: Vec<&str> = line.split(' ').collect();
    let bare: Vec<&str> = pieces.iter().map(|piece| piece.trim_matches(['"', '\'', '[', ']', ','])).collect();
    let masked = words::masked(&bare).into_iter().zip(&bare).zip(&pieces).map(|((masked, bare), piece)| match masked {
        Some(masked) => piece.replacen(bare, &masked, 1),
        None => (*piece).to_owned(),
    });
    masked.collect::<Vec<_>>().join(" ")
}

/// What looks like a token by itself, or stands behind the word that says how one is sent.
fn tokens(line: &str) -> String {
    const BEGINNINGS: [&str; 26] = [
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "github_pat_",
        "glpat-",
        "xoxb-",
        "xoxp-",
        "xoxa-",
        "xoxs-",
        "sk_live_",
        "sk_test_",
        "rk_live_",
        "rk_test_",
        "whsec_",
        "sk-",
        "AIza",
        "ya29.",
        "hf_",
        "npm_",
        "pypi-",
        "dop_v1_",
        "SG.",
        "AGE-SECRET-KEY-",
        "hvs.",
    ];
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '=' | '/' | '+' | '~');
    let (mut out, mut rest, mut before) = (String::with_capacity(line.len()), line, "");
    while let Some(start) = rest.find(part) {
        let end = rest[start..].find(|c| !part(c)).map_or(rest.len(), |at| start + at);
        let word = &rest[start..end];
        let mixed =
            word.bytes().any(|b| b.is_ascii_digit() || b == b'=') || word.bytes().any(|b| b.is_ascii_uppercase());
        let sent = rest[..start].trim_matches(['"', '\'']) == " "
            && (before.eq_ignore_ascii_case("bearer")
                || before.eq_ignore_ascii_case("basic") && mixed && word.len() > 7);
        // The last part of a word behind a `=` or a `/`, too.
        let last = word.rsplit(['=', '/']).find(|part| !part.is_empty()).unwrap_or(word);
        let known = |word: &str| {
            let long = |start: &str| word.starts_with(start) && word.len() >= start.len() + 16;
            word.bytes().any(|b| b.is_ascii_digit()) && BEGINNINGS.iter().any(|start| long(start))
        };
        let signed = |word: &str| word.starts_with("eyJ") && word.len() > 40 && word.matches('.').count() == 2;
        out += &rest[..start];
        if sent || known(word) || signed(word) {
            out += MASK;
        } else if known(last) || signed(last) {
            out += &word.replacen(last, MASK, 1);
        } else {
            out += word;
        }
        (before, rest) = (word, &rest[end..]);
    }
    out + rest
}

/// The name of a secret with what stands between it and its value, and the value: `PASSWORD=x`, `"token": "x",`,
/// `<secret>x</secret>`, `requirepass x`, `set $api_key x;`, `--token x`, `Host=db;Password=x`, `?token=x`.
fn assignment(line: &str, reading: Reading) -> Option<(&str, &str)> {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let mut from = 0;
    while let Some(start) = line[from..].find(part).map(|at| from + at) {
        let end = line[start..].find(|c| !part(c)).map_or(line.len(), |at| start + at);
        let rest = &line[end..];
        let between = rest.len() - rest.trim_start_matches(['"', '\'', ' ', '\t', ':', '=', '>', '\\']).len();
        let (head, value) = line.split_at(end + between);
        let name = line[start..end].trim_start_matches('-');
        if between > 0 && named_secret(name) && !is_told_elsewhere(value) && assigns(line, start..end, between, reading)
        {
            return Some((head, value));
        }
        from = end;
    }
    None
}

/// Whether what stands between a name and what follows it makes that its value.
fn assigns(line: &str, name: Range<usize>, between: usize, reading: Reading) -> bool {
    if reading == Reading::File {
        return true;
    }
    // Keys of a spec that name secrets, and hold none.
    if reading != Reading::Value && matches!(&line[name.clone()], "secrets" | "credential_spec") {
        return false;
    }
    let (before, by) = (&line[..name.start], &line[name.end..name.end + between]);
    let value = &line[name.end + between..];
    let begins = before.trim_start_matches([' ', '\t', '-', '"', '\'']).trim_start_matches("export ").is_empty();
    let colon = by.rfind(':').is_some_and(|at| {
        at + 1 < by.len() || by.starts_with(['"', '\'', '\\']) || begins && reading == Reading::Source
    });
    let blank = by.contains([' ', '\t'])
        && !by.contains(':')
        && (line[name].starts_with('-') || before.trim().is_empty() || before.ends_with('$'));
    !value.is_empty() && (by.contains('=') || colon || blank || by.contains('>') && before.ends_with('<'))
}

/// Where a value among braces or brackets ends.
fn flow_end(head: &str, value: &str, reading: Reading) -> Option<usize> {
    match reading {
        Reading::Flow => {}
        Reading::Source if head.contains(['{', '[']) => {}
        Reading::Source | Reading::File | Reading::Value => return None,
    }
    match head.chars().next_back() {
        Some(quote @ ('"' | '\'')) => value.find(quote),
        _ => value.find([',', '}', ']']),
    }
}

/// A variable alone, without a value to fall back to.
fn is_told_elsewhere(value: &str) -> bool {
    let closes = |text: &str| text.chars().all(|c| matches!(c, ' ' | '"' | '\'' | ',' | ';' | '}' | ']' | '\r'));
    let name = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    match value.strip_prefix("${").and_then(|inner| inner.split_once('}')) {
        Some((inner, rest)) => {
            let required = inner.split_once('?').is_some_and(|(variable, _)| name(variable.trim_end_matches(':')));
            closes(rest) && (name(inner) || required)
        }
        None => value.strip_prefix('$').is_some_and(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            end > 0 && closes(&rest[end..])
        }),
    }
}

/// Programs have words of their own for secrets, and nginx one for addresses that only looks like one.
pub(super) fn named_secret(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    match lower.strip_suffix("_pass") {
        Some("proxy" | "fastcgi" | "uwsgi" | "scgi" | "grpc" | "memcached") => false,
        _ => secret_name(name) || matches!(lower.as_str(), "dbpass" | "userpass"),
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
    fn values_tell_secrets_by_what_they_look_like() {
        for (text, wanted) in [
            ("Host=db;User=sa;Password=geheim;X=1", "Host=db;User=sa;Password=*"),
            ("{\"password\": \"geheim\"}", "{\"password\": \"*"),
            ("{\"password\":\"geheim\"}", "{\"password\":\"*"),
            ("Authorization: Bearer geheim", "Authorization: *"),
            ("-H 'X: Bearer geheim'", "-H 'X: Bearer *'"),
            ("http://h/?a=1&token=geheim", "http://h/?a=1&token=*"),
            ("redis-server --requirepass geheim", "redis-server --requirepass *"),
            ("redis-server --requirepass=geheim", "redis-server --requirepass=*"),
            ("sh -c 'mysql -uroot -pgeheim x'", "sh -c 'mysql -uroot -p* x'"),
            ("redis-cli -a geheim ping", "redis-cli -a * ping"),
            ("curl -u me:geheim http://x", "curl -u me:* http://x"),
            ("sshpass -p geheim ssh x", "sshpass -p * ssh x"),
            ("x glpat-0123456789abcdefghij y", "x * y"),
            ("a\npassword: geheim\nb", "a\npassword: *\nb"),
        ] {
            assert_eq!(masked(text), wanted.replace('*', MASK));
        }
    }

    #[test]
    fn values_that_only_speak_of_secrets_stay() {
        for text in [
            "hashicorp/vault-token:1.2",
            "cat /run/secrets/token && run",
            "the token is old",
            "service:auth",
            "${DB_PASSWORD}",
            "PASSWORD=${DB_PASSWORD:?set it}",
            "token=$TOKEN",
            "python -pdb",
            "8080:80",
            "basic authentication",
            "a\n\n b\n",
            "sk-learn",
            "",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn source_lines_keep_what_is_no_value() {
        for (text, wanted) in [
            ("  DB_PASSWORD: geheim # x", "  DB_PASSWORD: *"),
            ("DB_PASSWORD:geheim", "DB_PASSWORD:*"),
            ("export TOKEN=\"geheim", "export TOKEN=\"*"),
            ("PW=${geheim", "PW=*"),
            ("environment: {TOKEN: geheim, imge: x}", "environment: {TOKEN: *, imge: x}"),
            ("environment: {TOKEN: \"ge, heim\", PW: y, a: b}", "environment: {TOKEN: \"*\", PW: *, a: b}"),
            ("  token: |\n    geheim\n  a: b", "  token: |\n    *\n  a: b"),
            ("auth:\n  image: x", "auth:\n  image: x"),
            ("secrets:\n  db_password:\n    file: x", "secrets:\n  db_password:\n    file: x"),
            ("image: token-service:1", "image: token-service:1"),
            ("secrets: [{source: s, mode: x}]", "secrets: [{source: s, mode: x}]"),
            ("PASSWORD: ${PASSWORD:?}", "PASSWORD: ${PASSWORD:?}"),
            ("PASSWORD: ${PASSWORD:-geheim}", "PASSWORD: *"),
        ] {
            assert_eq!(source(text).join("\n"), wanted.replace('*', MASK));
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

//! The passwords in addresses of services: URLs, and what programs have in their place.

use super::secret::MASK;

/// The text without the passwords of the addresses in it.
pub fn without_password(text: &str) -> String {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(ends).unwrap_or(rest.len());
        out += &word(&rest[..end]);
        let after = rest[end..].find(|c| !ends(c)).map_or(rest.len(), |more| end + more);
        out += &rest[end..after];
        rest = &rest[after..];
    }
    out
}

fn word(word: &str) -> String {
    match word.find("://") {
        Some(at) => {
            let (head, tail) = word.split_at(at + 3);
            let scheme =
                head[..at].rsplit(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '.' | '-')).next();
            // Several in one word are told apart by what stands before the next scheme.
            let next = tail.find("://").map(|at| {
                tail[..at].rfind(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-')).map_or(0, |at| at + 1)
            });
            let (tail, more) = tail.split_at(next.filter(|at| *at > 0).unwrap_or(tail.len()));
            let more = if more.is_empty() { String::new() } else { self::word(more) };
            let plain = head[..at].rfind([',', ';', '=']).map_or(0, |at| at + 1);
            format!("{}{}{}{more}", bare(&head[..plain]), &head[plain..], authority(scheme.unwrap_or_default(), tail))
        }
        None => bare(word),
    }
}

/// `user:password@host/path`, the password out of sight. It may hold any character but blanks and quotes, so the last `@`
/// that a host can follow ends it, except behind the path of the web.
fn authority(scheme: &str, tail: &str) -> String {
    let web =
        matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https" | "ws" | "wss" | "docker" | "oci" | "tcp");
    let Some(at) = tail.rfind('@').filter(|at| is_host(&tail[at + 1..])) else { return tail.to_owned() };
    let (told, host) = tail.split_at(at);
    // An `@` in a query belongs to it, if one before it ends the password.
    if let Some(query) = told.find('?').filter(|query| told[*query..].contains('=') && told[..*query].contains('@')) {
        return authority(scheme, &tail[..query]) + &tail[query..];
    }
    match told.split_once(':') {
        Some((user, _)) if user.contains(['/', '?', '#', '@']) => tail.to_owned(),
        Some((_, "")) => tail.to_owned(),
        // `http://host:80/a@b`
        Some((_, password))
            if web && password.split(['/', '?', '#']).next().is_some_and(is_port) && password.contains('/') =>
        {
            tail.to_owned()
        }
        Some((user, _)) => format!("{user}:{MASK}{host}"),
        // A long name without a password is a token.
        None if told.len() >= 20 && !told.contains(['/', '.', '?', '#']) => format!("{MASK}{host}"),
        None => tail.to_owned(),
    }
}

/// `user:password@tcp(host)/database` and `user:password@host:5432/database`, which have no scheme.
fn bare(word: &str) -> String {
    let start =
        word.find('=').filter(|at| word[..*at].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'));
    let (before, word) = word.split_at(start.map_or(0, |at| at + 1));
    let masked = || {
        let (user, rest) = word.split_once(':')?;
        let at = rest.rfind('@')?;
        let (password, host) = rest.split_at(at);
        let network = ["tcp(", "tcp6(", "udp(", "unix("].iter().any(|network| host[1..].starts_with(network));
        let name =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.+-%".contains(&b));
        let other = matches!(user, "mailto" | "sip" | "sips" | "xmpp" | "acct" | "npm" | "service" | "container");
        let hidden = !password.is_empty() && password != MASK;
        let host_alone = name(user) && !other && is_host(&host[1..]) && !password.contains(['/', ' ']);
        (hidden && (network || host_alone)).then(|| format!("{user}:{MASK}{host}"))
    };
    let masked = masked().unwrap_or_else(|| word.to_owned());
    format!("{before}{masked}")
}

/// Whether a text begins with what can be a host: no digest, no version.
fn is_host(text: &str) -> bool {
    let host = text.split(['/', '?', '#', ',', ';', ')']).next().unwrap_or_default();
    let host = host.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(host, |(host, _)| host);
    let inside = host.trim_start_matches('[').trim_end_matches(']');
    let name = !inside.is_empty() && inside.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-:${}%".contains(&b));
    let digest = text.starts_with("sha256:") || text.starts_with("sha512:");
    let version =
        !host.contains(|c: char| c.is_ascii_alphabetic()) && host.split('.').count() != 4 && !host.contains(':');
    name && !digest && !version
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_loses_its_password_only() {
        for (text, wanted) in [
            ("postgres://me:geheim@db:5432/x", "postgres://me:*@db:5432/x"),
            ("postgres://u:a/b@h", "postgres://u:*@h"),
            ("postgres://u:a#b@h/x", "postgres://u:*@h/x"),
            ("postgres://u:a@b@h/x", "postgres://u:*@h/x"),
            ("postgres://u:a?b@h", "postgres://u:*@h"),
            ("https://u:a/b@h/x", "https://u:*@h/x"),
            ("amqp://:p@h amqp://u:q@i", "amqp://:*@h amqp://u:*@i"),
            ("redis://:p@h:1,redis://:q@h:2", "redis://:*@h:1,redis://:*@h:2"),
            ("mongodb://u:p@h1:1,h2:2/x?a=b", "mongodb://u:*@h1:1,h2:2/x?a=b"),
            ("https://u:p@h/x?mail=a@b.c", "https://u:*@h/x?mail=a@b.c"),
            ("user:pw@tcp(db:3306)/x", "user:*@tcp(db:3306)/x"),
            ("DSN=user:p@w@unix(/s)/x", "DSN=user:*@unix(/s)/x"),
            ("u:p@db:5432/x", "u:*@db:5432/x"),
            ("https://0123456789abcdef0123@github.com/x", "https://*@github.com/x"),
        ] {
            assert_eq!(without_password(text), wanted.replace('*', MASK));
        }
    }

    #[test]
    fn what_is_no_password_stays() {
        for text in [
            "http://h:80/a@b",
            "registry:5000/img@sha256:0123",
            "postgres:16@sha256:0123",
            "git@github.com:org/repo",
            "mailto:me@example.org",
            "http://h/a:b@c",
            "npm:left-pad@1.3.0",
            "127.0.0.1:80:80",
            "{maintenance: unix://a, addr: 10.0.0.1@02}",
            "a b  c\td",
        ] {
            assert_eq!(without_password(text), text);
        }
    }
}

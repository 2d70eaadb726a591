//! What looks like a secret is shown by nobody: text, JSON and terminal all ask here.

use serde_json::Value;

/// What stands in the place of a value that looks secret.
pub const MASK: &str = "(sensitive)";

/// Whether the value of a field should be hidden: its name speaks of a secret, or the value is a URL with a password.
pub fn is_sensitive(path: &str, value: &Value) -> bool {
    names_secret(path) || holds_password(value)
}

/// The value as it may be shown: of a URL that holds a password everything else, of what is named a secret nothing.
pub fn shown(path: &str, value: &Value) -> Value {
    if names_secret(path) {
        return Value::from(MASK);
    }
    match value {
        Value::String(text) => Value::from(without_passwords(text)),
        Value::Array(items) => items.iter().map(|item| shown(path, item)).collect(),
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.clone(), shown(&format!("{path}.{key}"), value))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// Only maps with keys of the user's own can name a secret; a field of the model never does.
const FREE_MAPS: [&str; 8] = [
    "environment.",
    "labels.",
    "annotations.",
    "options.",
    "driver_opts.",
    "args.",
    "logging.options.",
    "storage_opt.",
];

const ANYWHERE: [&str; 6] = ["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "CREDENTIAL"];

const WORDS: [&str; 5] = ["PASS", "KEY", "AUTH", "PRIVATE", "PWD"];

fn names_secret(path: &str) -> bool {
    let Some(name) = FREE_MAPS
        .iter()
        .find_map(|map| path.strip_prefix(map).or_else(|| path.split_once(&format!(".{map}")).map(|(_, rest)| rest)))
    else {
        return false;
    };
    let name = name.to_ascii_uppercase();
    ANYWHERE.iter().any(|word| name.contains(word))
        || name.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| WORDS.contains(&part) || part.ends_with("KEY"))
}

fn holds_password(value: &Value) -> bool {
    match value {
        Value::String(text) => url_with_password(text),
        Value::Array(items) => items.iter().any(holds_password),
        Value::Object(map) => map.iter().any(|(_, value)| holds_password(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether there is a `scheme://user:password@host` in the text.
fn url_with_password(text: &str) -> bool {
    without_passwords(text) != text
}

/// Each `scheme://user:password@host` of the text without its password.
fn without_passwords(text: &str) -> String {
    let mut parts = text.split("://");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (authority, rest) = part.split_at(part.find(['/', '?', '#', ' ']).unwrap_or(part.len()));
        let login = authority.rsplit_once('@').and_then(|(login, host)| Some((login.split_once(':')?.0, host)));
        out += &match login {
            Some((user, host)) => format!("://{user}:{MASK}@{host}{rest}"),
            None => format!("://{part}"),
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_that_speak_of_secrets_are_hidden() {
        for path in [
            "environment.POSTGRES_PASSWORD",
            "environment.api_key",
            "environment.AWS_ACCESS_KEY_ID",
            "environment.AUTH",
            "environment.DB_PASS",
            "labels.io.corp.token",
            "logging.options.splunk-token",
        ] {
            assert!(is_sensitive(path, &json!("x")), "{path}");
        }
        for path in ["environment.DEBUG", "environment.PASSIVE", "environment.AUTHOR", "command", "files./etc/key.mode"]
        {
            assert!(!is_sensitive(path, &json!("x")), "{path}");
        }
    }

    #[test]
    fn a_url_with_a_password_is_hidden_wherever_it_is() {
        assert!(is_sensitive("environment.DB", &json!("postgres://app:hunter2@db/app")));
        assert!(is_sensitive("command", &json!(["run", "--dsn=redis://:pw@cache:6379/0"])));
        assert!(!is_sensitive("environment.DB", &json!("postgres://app@db:5432/app")));
    }

    #[test]
    fn the_rest_of_such_a_url_is_shown() {
        let shown = |value| shown("environment.DB", &value);
        assert_eq!(shown(json!("amqp://:p@h/x amqp://u:q@i")), json!("amqp://:(sensitive)@h/x amqp://u:(sensitive)@i"));
        assert_eq!(shown(json!(["http://h:80/a@b", 1])), json!(["http://h:80/a@b", 1]));
    }
}

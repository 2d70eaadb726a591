//! What looks like a secret is shown by nobody: text, JSON and terminal all ask here.

use serde_json::Value;

/// What stands in the place of a value that looks secret.
pub const MASK: &str = "(sensitive)";

/// Whether the value of a field should be hidden: its name speaks of a secret, or the value is a URL with a password.
pub fn is_sensitive(path: &str, value: &Value) -> bool {
    names_secret(path) || holds_password(value)
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

/// `scheme://user:password@host`
fn url_with_password(text: &str) -> bool {
    text.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', '?', '#', ' ']).next().unwrap_or_default();
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    })
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
}

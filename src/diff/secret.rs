//! Which values are not for other eyes, told by the name that they stand under.

use serde_json::Value;

/// What stands for a value that is not shown.
pub const MASK: &str = "(sensitive)";

/// The value as it may be shown: whole, without the password of a URL, or only [`MASK`].
pub fn shown(path: &str, value: &Value) -> Value {
    if secret_name(path) {
        return Value::String(MASK.to_owned());
    }
    match value {
        Value::String(text) => Value::String(without_password(text)),
        Value::Array(items) => items.iter().map(|item| shown(path, item)).collect(),
        Value::Object(fields) => {
            let inner = |key: &String, value| shown(&format!("{path}.{key}"), value);
            Value::Object(fields.iter().map(|(key, value)| (key.clone(), inner(key, value))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// Whether a value is not shown as it is.
pub fn is_sensitive(path: &str, value: &Value) -> bool {
    shown(path, value) != *value
}

/// Whether the last part of a field's path names a secret: `environment.DB_PASSWORD`, `labels.api-key`. A name such
/// as `DB_PASSWORD_FILE` names a path.
pub fn secret_name(path: &str) -> bool {
    let name = upper_words(path.rsplit_once('.').map_or(path, |(_, name)| name));
    let words: Vec<_> = name.split(['_', '-']).collect();
    let Some(last) = words.last() else { return false };
    if matches!(*last, "FILE" | "PATH" | "DIR" | "LENGTH" | "TTL" | "EXPIRY") {
        return false;
    }
    let whole = ["PASS", "PWD", "TOKEN", "SECRET", "CREDENTIAL", "APIKEY", "AUTH", "AUTHORIZATION", "PRIVATE"];
    let ending = ["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN"];
    let secret = |word: &str| whole.contains(&word) || ending.iter().any(|ending| word.ends_with(ending));
    *last == "KEY" || words.iter().any(|word| secret(word) || word.strip_suffix('S').is_some_and(secret))
}

/// `secretKey` as `SECRET_KEY`.
fn upper_words(name: &str) -> String {
    let mut words = String::new();
    let mut lower = false;
    for character in name.chars() {
        if lower && character.is_ascii_uppercase() {
            words.push('_');
        }
        lower = character.is_ascii_lowercase();
        words.push(character.to_ascii_uppercase());
    }
    words
}

/// `scheme://user:password@host` without the password, wherever it stands in the text.
pub(super) fn without_password(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (head, tail) = rest.split_at(at + 3);
        out += head;
        let end = tail.find(['/', '?', '#', ' ', '"', '\'', '\n']).unwrap_or(tail.len());
        let (authority, after) = tail.split_at(end);
        match authority.rsplit_once('@').and_then(|(user, host)| Some((user.split_once(':')?, host))) {
            Some(((user, password), host)) if !password.is_empty() => out += &format!("{user}:{MASK}@{host}"),
            _ => out += authority,
        }
        rest = after;
    }
    out + rest
}

/// Puts something else in the place of every text that is not shown as it is. The path of the whole is `path`.
pub fn veil(path: &str, value: &mut Value, with: &dyn Fn(&str) -> String) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields.iter_mut() {
                veil(&if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, inner, with);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| veil(path, item, with)),
        Value::String(text) if secret_name(path) || without_password(text) != *text => *text = with(text),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_tell_secrets() {
        for name in [
            "environment.DB_PASSWORD",
            "PGPASSWORD",
            "labels.api-key",
            "JUPYTER_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "x.pass",
        ] {
            assert!(secret_name(name), "{name}");
        }
        for name in
            ["environment.DEBUG", "POSTGRES_PASSWORD_FILE", "KEYBOARD", "environment.AUTHOR", "COMPASS", "TOKENIZER"]
        {
            assert!(!secret_name(name), "{name}");
        }
    }

    #[test]
    fn a_url_loses_its_password_only() {
        let shown = |text: &str| shown("environment.DATABASE_URL", &json!(text));
        assert_eq!(shown("postgres://me:geheim@db:5432/x"), json!("postgres://me:(sensitive)@db:5432/x"));
        assert_eq!(shown("http://h:80/a@b"), json!("http://h:80/a@b"));
        assert_eq!(shown("amqp://:p@h amqp://u:q@i"), json!("amqp://:(sensitive)@h amqp://u:(sensitive)@i"));
    }

    #[test]
    fn whole_objects_are_masked_inside() {
        let value = json!({"A": "1", "PASSWORD": "x"});
        assert_eq!(shown("environment", &value), json!({"A": "1", "PASSWORD": "(sensitive)"}));
    }
}

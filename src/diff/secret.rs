//! Which values are not for other eyes: told by the name that they stand under, or by what they look like.

use std::collections::BTreeMap;

use serde_json::Value;

use super::conceal::masked;

/// What stands for a value that is not shown.
pub const MASK: &str = "(sensitive)";

/// The value as it may be shown: whole, without what is secret in its texts, or only [`MASK`].
pub fn shown(path: &str, value: &Value) -> Value {
    if secret_name(path) {
        return Value::String(MASK.to_owned());
    }
    match value {
        // Of what a record hides only that it differs can be told; a file's digest tells nothing of it.
        Value::String(text) if is_hidden(text) && !path.ends_with(".content") => Value::String(MASK.to_owned()),
        Value::String(text) => Value::String(masked(text)),
        Value::Array(items) => {
            let secret = arguments(items);
            items.iter().zip(secret).map(|(item, hide)| hide.map_or_else(|| shown(path, item), Value::String)).collect()
        }
        Value::Object(fields) => {
            let inner = |key: &String, value| shown(&format!("{path}.{key}"), value);
            Value::Object(fields.iter().map(|(key, value)| (key.clone(), inner(key, value))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// Each item of a list as it may be shown, where it is secret because of its neighbours: `-p`, `geheim`.
fn arguments(items: &[Value]) -> Vec<Option<String>> {
    let words: Vec<&str> = items.iter().map(|item| item.as_str().unwrap_or_default()).collect();
    super::words::masked(&words)
}

/// What stands for a value of which only a keyed digest is kept.
pub fn is_hidden(text: &str) -> bool {
    let digits = text.strip_prefix("digest:");
    digits.is_some_and(|digits| digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Whether a value is not shown as it is.
pub fn is_sensitive(path: &str, value: &Value) -> bool {
    shown(path, value) != *value
}

/// Whether the last part of a field's path names a secret: `environment.DB_PASSWORD`, `labels.api-key`. A name such
/// as `DB_PASSWORD_FILE` names a path.
pub fn secret_name(path: &str) -> bool {
    const WHOLE: [&str; 22] = [
        "PASS",
        "PWD",
        "PW",
        "PASSCODE",
        "PASSKEY",
        "TOKEN",
        "SECRET",
        "CREDENTIAL",
        "CRED",
        "APIKEY",
        "AUTH",
        "AUTHORIZATION",
        "BEARER",
        "PRIVATE",
        "PAT",
        "SIGNING",
        "HMAC",
        "PSK",
        "MNEMONIC",
        "REQUIREPASS",
        "MASTERAUTH",
        "SIGNATURE",
    ];
    const ENDING: [&str; 8] =
        ["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "SECRETKEY", "ACCESSKEY", "PRIVATEKEY"];
    /// What a key is for, where its name goes on.
    const KEYS: [&str; 14] = [
        "API",
        "ENCRYPTION",
        "ENCRYPT",
        "DECRYPTION",
        "SECRET",
        "PRIVATE",
        "SIGNING",
        "SIGN",
        "MASTER",
        "AUTH",
        "LICENSE",
        "CRYPT",
        "COOKIE",
        "SESSION",
    ];
    /// Names of what is beside a secret.
    const BESIDE: [&str; 15] = [
        "ID",
        "NAME",
        "TYPE",
        "ALGORITHM",
        "ALGO",
        "SIZE",
        "BITS",
        "FORMAT",
        "VERSION",
        "URL",
        "HEADER",
        "ROTATION",
        "ENABLED",
        "DAYS",
        "COUNT",
    ];
    let name = upper_words(path.rsplit_once('.').map_or(path, |(_, name)| name));
    let words: Vec<_> = name.split(['_', '-']).collect();
    let Some(last) = words.last() else { return false };
    if matches!(*last, "FILE" | "PATH" | "DIR" | "LENGTH" | "TTL" | "EXPIRY") {
        return false;
    }
    let secret = |word: &str| WHOLE.contains(&word) || ENDING.iter().any(|ending| word.ends_with(ending));
    let key = words.iter().rposition(|word| matches!(*word, "KEY" | "KEYS")).is_some_and(|at| match &words[at + 1..] {
        [] => true,
        rest if rest.iter().any(|word| BESIDE.contains(word)) => false,
        rest => rest.iter().all(|word| is_edition(word)) || at > 0 && KEYS.contains(&words[at - 1]),
    });
    // A secret key as some services call it, and a signed token.
    let short = words.len() > 1 && matches!(words[words.len() - 1], "SK" | "JWT");
    key || short || words.iter().any(|word| secret(word) || word.strip_suffix('S').is_some_and(secret))
}

/// What tells one key from another of its kind: `PROD`, `V2`, `1`.
fn is_edition(word: &str) -> bool {
    let number = word.strip_prefix('V').unwrap_or(word);
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        || matches!(
            word,
            "PROD"
                | "PRODUCTION"
                | "DEV"
                | "STAGE"
                | "STAGING"
                | "TEST"
                | "LIVE"
                | "OLD"
                | "NEW"
                | "PRIMARY"
                | "SECONDARY"
                | "CURRENT"
                | "PREVIOUS"
                | "NEXT"
                | "DEFAULT"
                | "BASE64"
                | "B64"
                | "HEX"
                | "PEM"
                | "RAW"
                | "MAIN"
                | "BACKUP"
                | "LOCAL"
                | "VALUE"
        )
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

/// Puts something else in the place of every text that is not shown as it is. The path of the whole is `path`.
pub fn veil(path: &str, value: &mut Value, with: &dyn Fn(&str) -> String) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields.iter_mut() {
                veil(&if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, inner, with);
            }
        }
        Value::Array(items) => {
            let secret = arguments(items);
            for (item, secret) in items.iter_mut().zip(secret) {
                match item {
                    Value::String(text) if secret.is_some() && !is_hidden(text) => *text = with(text),
                    item => veil(path, item, with),
                }
            }
        }
        Value::String(text) if !is_hidden(text) && (secret_name(path) || masked(text) != *text) => *text = with(text),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Puts back what [`veil`] took away, as far as it is known what stands for what.
pub fn unveil(value: &mut Value, known: &BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(|inner| unveil(inner, known)),
        Value::Array(items) => items.iter_mut().for_each(|item| unveil(item, known)),
        Value::String(text) => {
            if let Some(plain) = known.get(text) {
                text.clone_from(plain);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
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
            "API_KEY_PROD",
            "ENCRYPTION_KEY_V2",
            "environment.GITHUB_PAT",
            "DB_PW",
            "STRIPE_SK",
            "JWT_SIGNING",
            "SIGNING_KEY_EU_WEST",
            "S3_KEYS_2",
            "appSecretKey",
            "requirepass",
        ] {
            assert!(secret_name(name), "{name}");
        }
        for name in [
            "environment.DEBUG",
            "POSTGRES_PASSWORD_FILE",
            "KEYBOARD",
            "environment.AUTHOR",
            "COMPASS",
            "TOKENIZER",
            "AWS_ACCESS_KEY_ID",
            "KEY_ROTATION_DAYS",
            "API_KEY_HEADER",
            "PATH",
            "SKIP",
            "KEYSPACE",
            "PWNED",
            "LANG",
        ] {
            assert!(!secret_name(name), "{name}");
        }
    }

    #[test]
    fn a_list_is_read_as_a_command() {
        let list = |words: &str| shown("command", &words.split(' ').collect());
        assert_eq!(list("mysql -u root -pgeheim db"), json!(["mysql", "-u", "root", "-p(sensitive)", "db"]));
        assert_eq!(list("redis-server --requirepass geheim"), json!(["redis-server", "--requirepass", MASK]));
        assert_eq!(list("server -p8080:80"), json!(["server", "-p8080:80"]));
    }

    #[test]
    fn what_is_veiled_comes_back_where_it_is_known() {
        let value = json!({"a": "postgres://u:p@h", "b": ["x", "--token", "t"], "c": "plain"});
        let mut veiled = value.clone();
        let hide = |text: &str| format!("digest:{:0>64}", text.len());
        veil("", &mut veiled, &hide);
        assert_eq!(veiled["c"], "plain");
        assert!(!veiled.to_string().contains("u:p") && !veiled.to_string().contains("\"t\""), "{veiled}");
        assert_eq!(shown("a", &veiled["a"]), json!(MASK));
        let known = ["postgres://u:p@h", "t"].map(|text| (hide(text), text.to_owned())).into();
        unveil(&mut veiled, &known);
        assert_eq!(veiled, value);
    }

    #[test]
    fn whole_objects_are_masked_inside() {
        let value = json!({"A": "1", "PASSWORD": "x"});
        assert_eq!(shown("environment", &value), json!({"A": "1", "PASSWORD": "(sensitive)"}));
    }
}

//! A field's value as a person would write it: flow style, units where the field has one, always exact.

use serde_json::Value;

use crate::model::{self, Unit};
use crate::unseen::{escape, is_unseen};

/// One line, exact.
pub fn inline(path: &str, value: &Value) -> String {
    match value {
        Value::Null => "unset".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(value) => value.as_i64().and_then(|n| number(path, n)).unwrap_or_else(|| value.to_string()),
        Value::String(text) => scalar(text),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(|item| item_text(path, item)).collect::<Vec<_>>().join(", "))
        }
        Value::Object(_) => item_text(path, value),
    }
}

/// The items of a list, one line each.
pub fn items(path: &str, value: &Value) -> Option<Vec<String>> {
    value.as_array().map(|items| items.iter().map(|item| item_text(path, item)).collect())
}

fn item_text(path: &str, value: &Value) -> String {
    let Value::Object(fields) = value else { return inline(path, value) };
    port(value).unwrap_or_else(|| {
        let inner = |(key, value): (&String, &Value)| format!("{key}: {}", inline(&format!("{path}.{key}"), value));
        format!("{{{}}}", fields.iter().map(inner).collect::<Vec<_>>().join(", "))
    })
}

/// `[IP:][HOST:]CONTAINER[/PROTOCOL]`
fn port(value: &Value) -> Option<String> {
    let target = value.get("target")?.as_u64()?;
    let protocol = value.get("protocol")?.as_str()?;
    let host_ip = value.get("host_ip").and_then(Value::as_str);
    let published = value.get("published").and_then(Value::as_str);
    let ip =
        host_ip.map_or_else(String::new, |ip| if ip.contains(':') { format!("[{ip}]:") } else { format!("{ip}:") });
    let host = match (published, host_ip) {
        (Some(published), _) => format!("{published}:"),
        (None, Some(_)) => ":".to_owned(),
        (None, None) => String::new(),
    };
    let protocol = if protocol == "tcp" { String::new() } else { format!("/{protocol}") };
    Some(format!("{ip}{host}{target}{protocol}"))
}

/// Bare where nobody can mistake it, else in quotes.
fn scalar(text: &str) -> String {
    let doubtful = |c: char| is_unseen(c) || c.is_whitespace() || matches!(c, '"' | '\\' | ',' | '[' | ']' | '{' | '}');
    if text.is_empty() || text == "unset" || text.chars().any(doubtful) { quote(text) } else { text.to_owned() }
}

fn quote(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if is_unseen(c) => escape(c, &mut out),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn number(path: &str, number: i64) -> Option<String> {
    if number < 0 {
        return None;
    }
    Some(match model::unit(path)? {
        Unit::Bytes => bytes(number),
        Unit::BillionthsOfAProcessor => cpus(number),
        Unit::Seconds => duration(number.checked_mul(1_000_000_000)?),
        Unit::Nanoseconds => duration(number),
        Unit::Permissions => format!("{number:04o}"),
    })
}

/// In the largest unit that needs no fraction.
fn bytes(number: i64) -> String {
    let units = [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let unit = units.iter().find(|(size, _)| number != 0 && number % size == 0);
    unit.map_or_else(|| format!("{number} B"), |(size, unit)| format!("{} {unit}", number / size))
}

/// In the largest unit, to a tenth: for sizes that are only to give an idea.
pub fn rough_bytes(number: u64) -> String {
    let units = [(1_u64 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let Some((size, unit)) = units.iter().find(|(size, _)| number >= *size) else { return format!("{number} B") };
    let tenths = (u128::from(number) * 10).div_ceil(u128::from(*size));
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

fn cpus(billionths: i64) -> String {
    let text = format!("{}.{:09}", billionths / 1_000_000_000, billionths % 1_000_000_000);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} {}", if text == "1" { "cpu" } else { "cpus" })
}

/// `1m30s`, as the file would have it.
fn duration(nanoseconds: i64) -> String {
    let units = [
        (3_600_000_000_000, "h"),
        (60_000_000_000, "m"),
        (1_000_000_000, "s"),
        (1_000_000, "ms"),
        (1_000, "us"),
        (1, "ns"),
    ];
    let mut rest = nanoseconds;
    let mut text = String::new();
    for (size, unit) in units {
        if rest >= size {
            text += &format!("{}{unit}", rest / size);
            rest %= size;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_rough_size_has_a_tenth() {
        let all = [0, 1023, 1024, 1_500_000, 3 << 30].map(rough_bytes);
        assert_eq!(all, ["0 B", "1023 B", "1.0 KiB", "1.5 MiB", "3.0 GiB"]);
    }

    #[test]
    fn values_read_as_in_the_file_and_stay_exact() {
        for (path, value, text) in [
            ("environment.A", json!("1"), "1"),
            ("environment.A", json!(""), r#""""#),
            ("environment.A", json!("a b\n\u{1b}"), r#""a b\n\u001b""#),
            ("environment.A", json!("unset"), r#""unset""#),
            ("command", json!(["python", "-m", "http.server"]), "[python, -m, http.server]"),
            ("memory", json!(536_870_912), "512 MiB"),
            ("memory", json!(1_610_612_736), "1536 MiB"),
            ("memory_swap", json!(-1), "-1"),
            ("nano_cpus", json!(1_500_000_000), "1.5 cpus"),
            ("healthcheck.probe.interval", json!(90_000_000_000_i64), "1m30s"),
            ("stop_grace_period", json!(10), "10s"),
            ("files./a.mode", json!(0o444), "0444"),
            (
                "ports",
                json!([{"target": 80, "protocol": "tcp", "published": "8080"}, {"target": 53, "protocol": "udp", "host_ip": "::1"}]),
                "[8080:80, [::1]::53/udp]",
            ),
            ("ulimits.nofile", json!({"soft": 1, "hard": 2}), "{soft: 1, hard: 2}"),
        ] {
            assert_eq!(inline(path, &value), text, "{path}");
        }
    }
}

//! What a plain scalar means, by the rules of Go's YAML, which Compose reads with.

use super::Value;

/// What a scalar without quotes means.
pub(super) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Value::Float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Value::Float(f64::NAN),
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Value::from(text);
    }
    let digits = text.replace('_', "");
    if digits.parse::<u64>().is_ok_and(|number| number > i64::MAX as u64) {
        // Exact only as a text; a type that wants a number reads its digits.
        return Value::Text(digits);
    }
    integer(&digits)
        .map(Value::Int)
        .or_else(|| fraction(&digits).map(Value::Float))
        .unwrap_or_else(|| Value::from(text))
}

/// A whole number: decimal, `0x`, `0o`, `0b`, or octal behind a plain 0.
fn integer(text: &str) -> Option<i64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", text),
    };
    let (radix, digits) = match digits.get(..2).unwrap_or_default() {
        "0x" | "0X" => (16, &digits[2..]),
        "0o" | "0O" => (8, &digits[2..]),
        "0b" | "0B" => (2, &digits[2..]),
        _ if digits.len() > 1 && digits.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits),
    };
    if !digits.starts_with(|c: char| c.is_ascii_hexdigit()) {
        return None;
    }
    i64::from_str_radix(&format!("{sign}{digits}"), radix).ok()
}

/// A fraction: digits with a point or an exponent, or too long for a whole number.
fn fraction(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = digits.split_once(['e', 'E']).map_or((digits, None), |(m, e)| (m, Some(e)));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let sound = all_digits(whole) && all_digits(part) && !(whole.is_empty() && part.is_empty());
    let exponent = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['-', '+']).unwrap_or(e);
        !e.is_empty() && all_digits(e)
    });
    if sound && exponent { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::{Value, plain};

    #[test]
    fn numbers_are_those_of_go() {
        let expected = [
            ("0644", Value::Int(420)),
            ("0o644", Value::Int(420)),
            ("0x1F", Value::Int(31)),
            ("1_000", Value::Int(1000)),
            ("+5", Value::Int(5)),
            ("0899", Value::Float(899.0)),
            ("18446744073709551615", Value::from("18446744073709551615")),
            ("1.", Value::Float(1.0)),
            ("-.5e3", Value::Float(-500.0)),
        ];
        for (text, value) in expected {
            assert_eq!(plain(text), value, "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_number_or_a_truth_value_is_a_text() {
        for text in ["yes", "on", "no", "1:30", "2001-01-01", "1.2.3", "-", "+", ".", "-x", "0x", "1e", "--1", "0+1"] {
            assert_eq!(plain(text), Value::from(text), "{text}");
        }
    }
}

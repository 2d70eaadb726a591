//! A span of time.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use serde::{Serialize, Serializer};

/// A span of time in nanoseconds.
///
/// Written as numbers with units: `w`, `d`, `h`, `m`, `s`, `ms`, `us`, `ns`, such as `1m30s` or `1.5h`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub i64);

/// Units from the largest down, with their nanoseconds.
const UNITS: [(&str, i64); 8] = [
    ("w", 7 * 24 * 3_600_000_000_000),
    ("d", 24 * 3_600_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

impl Duration {
    /// Reads `1m30s`, `1.5h` or `0`.
    pub fn parse(text: &str) -> Option<Self> {
        let (sign, mut rest) = match text.as_bytes().first()? {
            b'-' => (-1, &text[1..]),
            b'+' => (1, &text[1..]),
            _ => (1, text),
        };
        if rest == "0" {
            return Some(Self(0));
        }
        let mut sum: i64 = 0;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let (number, tail) = rest.split_at(digits);
            let unit = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
            let nanos = scale(&tail[..unit])?;
            let (whole, part) = number.split_once('.').unwrap_or((number, ""));
            if whole.is_empty() && part.is_empty() {
                return None;
            }
            let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
            #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "less than one unit")]
            let part =
                if part.is_empty() { 0 } else { (format!("0.{part}").parse::<f64>().ok()? * nanos as f64) as i64 };
            sum = sum.checked_add(whole.checked_mul(nanos)?.checked_add(part)?)?;
            rest = &tail[unit..];
        }
        (!text.is_empty() && text != "-" && text != "+").then_some(Self(sign * sum))
    }

    /// Whether it is no time at all.
    pub fn is_zero(&self) -> bool {
        self.0 == 0
    }

    /// For use with clocks; nothing when it is negative.
    pub fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_nanos(u64::try_from(self.0).unwrap_or_default())
    }
}

fn scale(unit: &str) -> Option<i64> {
    let unit = if matches!(unit, "µs" | "μs") { "us" } else { unit };
    UNITS.iter().find(|(name, _)| *name == unit).map(|(_, nanos)| *nanos)
}

impl fmt::Display for Duration {
    /// As Go prints it: hours, minutes and seconds from the largest that is there, below a second the fitting unit.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let nanos = self.0.unsigned_abs();
        let (number, unit) = match nanos {
            0 => return f.write_str("0s"),
            1..1_000 => return write!(f, "{nanos}ns"),
            1_000..1_000_000 => (fraction(nanos, 1_000), "µs"),
            1_000_000..1_000_000_000 => (fraction(nanos, 1_000_000), "ms"),
            _ => {
                let (hours, minutes) = (nanos / 3_600_000_000_000, nanos / 60_000_000_000 % 60);
                if hours > 0 {
                    write!(f, "{hours}h")?;
                }
                if hours > 0 || minutes > 0 {
                    write!(f, "{minutes}m")?;
                }
                (fraction(nanos % 60_000_000_000, 1_000_000_000), "s")
            }
        };
        write!(f, "{number}{unit}")
    }
}

/// A count of nanoseconds in a larger unit, exact and without trailing zeros.
fn fraction(nanos: u64, unit: u64) -> String {
    let width = unit.ilog10() as usize;
    let digits = format!("{}.{:0width$}", nanos / unit, nanos % unit);
    digits.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Span;
        impl Visitor<'_> for Span {
            type Value = Duration;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration with its unit, such as 10s or 1m30s")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
                Duration::parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Duration, E> {
                Err(E::invalid_value(Unexpected::Signed(number), &self))
            }
        }
        deserializer.deserialize_any(Span)
    }
}

#[cfg(test)]
mod tests {
    use super::Duration;

    #[test]
    fn spans_are_read_and_printed_as_go_prints_them() {
        let print = |text: &str| Duration::parse(text).map(|span| span.to_string());
        for (text, printed) in [
            ("90s", "1m30s"),
            ("1h", "1h0m0s"),
            ("1d12h", "36h0m0s"),
            ("0.5ms", "500µs"),
            ("1.5s", "1.5s"),
            ("10ns", "10ns"),
            ("60.05s", "1m0.05s"),
        ] {
            assert_eq!(print(text).as_deref(), Some(printed));
        }
        assert_eq!((print("10"), print("s"), print(""), print("1x"), print("1 s")), (None, None, None, None, None));
    }
}

//! An amount of memory.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use serde::{Serialize, Serializer};

/// An amount of memory in bytes; -1 is no limit where the key allows it.
///
/// Written as a number of bytes, or with a unit of 1024: `b`, `k`, `m`, `g`, `t`, `p`, each also as `kb` or `kib`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub i64);

impl Bytes {
    /// Reads `512m`, `1.5gb`, `1048576` or `-1`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "-1" {
            return Some(Self(-1));
        }
        let end = text.rfind(|c: char| c.is_ascii_digit() || c == '.' || c == ' ')?;
        let (number, unit) = text.split_at(end + 1);
        let number: f64 = number.strip_suffix(' ').unwrap_or(number).parse().ok()?;
        if number < 0.0 {
            return None;
        }
        let unit = unit.to_ascii_lowercase();
        let power = match unit.strip_suffix("ib").or_else(|| unit.strip_suffix('b')).unwrap_or(&unit) {
            "" if unit != "ib" => 0,
            "k" => 1,
            "m" => 2,
            "g" => 3,
            "t" => 4,
            "p" => 5,
            _ => return None,
        };
        #[expect(clippy::cast_possible_truncation, reason = "a fraction of a byte is dropped; the range is checked")]
        let bytes = (number * 1024_f64.powi(power)) as i64;
        (bytes < i64::MAX).then_some(Self(bytes))
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // None at all is as good as unset.
        if self.0 == 0 { serializer.serialize_none() } else { serializer.collect_str(self) }
    }
}

/// Prints an amount where none at all is printed too.
///
/// # Errors
/// Those of the serializer.
pub fn or_zero<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(bytes)
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Amount { or_number: true })
    }
}

/// An amount that is a text even when it has no unit, as `deploy.resources` takes it.
///
/// # Errors
/// When it is a number, or no amount.
pub fn as_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Bytes>, D::Error> {
    deserializer.deserialize_any(Amount { or_number: false }).map(Some)
}

struct Amount {
    or_number: bool,
}

impl Visitor<'_> for Amount {
    type Value = Bytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.or_number {
            true => "an amount of memory, such as 512m, 1.5g or a number of bytes",
            false => "an amount of memory in a text, such as 512m, 1.5g or \"1024\"",
        })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Bytes, E> {
        Bytes::parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Bytes, E> {
        if self.or_number { Ok(Bytes(number)) } else { Err(E::invalid_type(Unexpected::Signed(number), &self)) }
    }
}

#[cfg(test)]
mod tests {
    use super::Bytes;

    #[test]
    fn units_are_powers_of_1024_in_any_case() {
        let read = |text| Bytes::parse(text).map(|bytes| bytes.0);
        assert_eq!(read("2g"), Some(2 << 30));
        assert_eq!(read("1.5 KiB"), Some(1536));
        assert_eq!(read("50MB"), Some(50 << 20));
        assert_eq!(read("12b"), Some(12));
        assert_eq!((read("1e3"), read("+5k")), (Some(1000), Some(5 << 10)));
        assert_eq!((read("12ib"), read("m"), read(""), read("1x"), read("-5m")), (None, None, None, None, None));
    }
}

//! An amount of processors.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use serde::{Serialize, Serializer};

/// An amount of processors, in parts if need be.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd)]
pub struct Cpus(pub f64);

impl Cpus {
    /// In billionths, as the engine counts.
    #[expect(clippy::cast_possible_truncation, reason = "no machine has so many processors; casts saturate")]
    pub fn nano(self) -> i64 {
        (self.0 * 1e9).round() as i64
    }
}

impl Serialize for Cpus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // None at all is as good as unset.
        if self.0 == 0.0 { serializer.serialize_none() } else { serializer.serialize_f32(as_printed(self.0)) }
    }
}

/// With the digits that Compose keeps.
#[expect(clippy::cast_possible_truncation, reason = "what is beyond those digits is dropped")]
fn as_printed(number: f64) -> f32 {
    number as f32
}

impl<'de> Deserialize<'de> for Cpus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Amount;
        impl Visitor<'_> for Amount {
            type Value = Cpus;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of processors, such as 0.5 or 2")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Cpus, E> {
                match text.parse::<f64>() {
                    Ok(number) if number.is_finite() => Ok(Cpus(number)),
                    _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
                }
            }
            #[expect(clippy::cast_precision_loss, reason = "no machine has 2^53 processors")]
            fn visit_i64<E: Error>(self, number: i64) -> Result<Cpus, E> {
                Ok(Cpus(number as f64))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Cpus, E> {
                Ok(Cpus(number))
            }
        }
        deserializer.deserialize_any(Amount)
    }
}

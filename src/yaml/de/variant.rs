//! A text as one of the words of an enum.

use serde::de::{DeserializeSeed, EnumAccess, Error, IntoDeserializer, VariantAccess, Visitor};

use super::mistake::Mistake;

/// The word that is written.
pub(super) struct Variant<'a>(pub &'a str);

impl<'a> EnumAccess<'a> for Variant<'a> {
    type Error = Mistake;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'a>>(self, seed: V) -> Result<(V::Value, Self), Mistake> {
        Ok((seed.deserialize(self.0.into_deserializer())?, self))
    }
}

impl<'a> VariantAccess<'a> for Variant<'a> {
    type Error = Mistake;

    fn unit_variant(self) -> Result<(), Mistake> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'a>>(self, _: T) -> Result<T::Value, Mistake> {
        Err(Mistake::custom("a variant with a value cannot be written"))
    }

    fn tuple_variant<V: Visitor<'a>>(self, _: usize, _: V) -> Result<V::Value, Mistake> {
        Err(Mistake::custom("a variant with values cannot be written"))
    }

    fn struct_variant<V: Visitor<'a>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, Mistake> {
        Err(Mistake::custom("a variant with keys cannot be written"))
    }
}

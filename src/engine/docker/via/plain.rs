//! Converters for values that both sides spell alike.

/// The same type, unset on both sides.
pub mod same {
    use super::super::super::wire::Around;

    pub fn write<T: Clone>(model: &Option<T>, wire: &mut Option<T>, _: &Around) {
        wire.clone_from(model);
    }

    pub fn read<T: Clone>(wire: &Option<T>, _: &Around) -> Option<T> {
        wire.clone()
    }
}

/// Text; the engine's empty text means unset.
pub mod text {
    use super::super::super::wire::Around;

    pub fn write(model: &Option<String>, wire: &mut Option<String>, _: &Around) {
        wire.clone_from(model);
    }

    pub fn read(wire: &Option<String>, _: &Around) -> Option<String> {
        wire.clone().filter(|text| !text.is_empty())
    }
}

/// A number; the engine's 0 means unset.
pub mod number {
    use super::super::super::wire::Around;

    pub fn write<N: Copy>(model: &Option<N>, wire: &mut Option<N>, _: &Around) {
        *wire = *model;
    }

    pub fn read<N: Copy + Default + PartialEq>(wire: &Option<N>, _: &Around) -> Option<N> {
        wire.filter(|number| *number != N::default())
    }
}

/// A switch that is off unless it is set.
pub mod flag {
    use super::super::super::wire::Around;

    pub fn write(model: &bool, wire: &mut Option<bool>, _: &Around) {
        *wire = model.then_some(true);
    }

    pub fn read(wire: &Option<bool>, _: &Around) -> bool {
        *wire == Some(true)
    }
}

/// A list whose order matters.
pub mod list {
    use super::super::super::wire::Around;

    pub fn write(model: &[String], wire: &mut Option<Vec<String>>, _: &Around) {
        *wire = (!model.is_empty()).then(|| model.to_vec());
    }

    pub fn read(wire: &Option<Vec<String>>, _: &Around) -> Vec<String> {
        wire.clone().unwrap_or_default()
    }
}

/// A list without an order.
pub mod set {
    use std::collections::BTreeSet;

    use super::super::super::wire::Around;

    pub fn write(model: &BTreeSet<String>, wire: &mut Option<Vec<String>>, _: &Around) {
        *wire = (!model.is_empty()).then(|| model.iter().cloned().collect());
    }

    pub fn read(wire: &Option<Vec<String>>, _: &Around) -> BTreeSet<String> {
        wire.iter().flatten().cloned().collect()
    }
}

/// Pairs of texts.
pub mod map {
    use std::collections::{BTreeMap, HashMap};

    use super::super::super::wire::Around;

    pub fn write(model: &BTreeMap<String, String>, wire: &mut Option<HashMap<String, String>>, _: &Around) {
        *wire = (!model.is_empty()).then(|| model.clone().into_iter().collect());
    }

    pub fn read(wire: &Option<HashMap<String, String>>, _: &Around) -> BTreeMap<String, String> {
        wire.iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

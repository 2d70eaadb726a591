//! Which text asks for what: address and field to place. Beside the model, never inside it.

use std::collections::BTreeMap;

use super::Address;
use crate::place::Place;

/// Places of the user's files by address and field path (`environment.DEBUG`; the empty path is the thing itself).
#[derive(Debug, Clone, Default)]
pub struct Origins(BTreeMap<Address, BTreeMap<String, Place>>);

impl Origins {
    /// Notes where a field was set.
    pub fn insert(&mut self, address: Address, field: impl Into<String>, place: Place) {
        self.0.entry(address).or_default().insert(field.into(), place);
    }

    /// Notes where the fields of one thing were set.
    pub fn extend(&mut self, address: Address, fields: BTreeMap<String, Place>) {
        self.0.entry(address).or_default().extend(fields);
    }

    /// The place of a field, or of the nearest thing around it: `environment.DEBUG`, `environment`, the service.
    /// A replica's fields are those of its service.
    pub fn find(&self, address: &Address, field: &str) -> Option<&Place> {
        let service;
        let address = match address {
            Address::Replica(name, _) => {
                service = Address::Service(name.clone());
                &service
            }
            other => other,
        };
        let places = self.0.get(address)?;
        let mut field = field;
        loop {
            if let Some(place) = places.get(field) {
                return Some(place);
            }
            if field.is_empty() {
                return None;
            }
            field = field.rfind(['.', '[']).map_or("", |at| &field[..at]);
        }
    }
}

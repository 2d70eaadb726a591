//! The two sides of every comparison: what is asked for, and the live world, indexed once.

use std::collections::BTreeMap;

use super::index::Index;
use crate::diagnostic::Diagnostic;
use crate::diff::FieldChange;
use crate::model::{Address, ImageRef, ImageSource, ServiceName};
use crate::place::Place;
use crate::plan::vocabulary::{PlacedChange, Request};

/// What is asked for, beside what is there.
#[derive(Debug)]
pub struct Sides<'a> {
    /// What the plan is made from.
    pub request: Request<'a>,
    /// The live world.
    pub index: Index<'a>,
    /// Who builds a tag.
    pub builders: BTreeMap<&'a ImageRef, &'a ServiceName>,
}

impl<'a> Sides<'a> {
    /// Indexes the live world.
    pub fn new(request: Request<'a>) -> Self {
        let services = request.project.services.iter().rev();
        let built = services.filter(|(_, service)| matches!(service.source, ImageSource::Build(..)));
        Self {
            request,
            index: Index::new(request.project, request.observed),
            builders: built.map(|(name, service)| (&service.fixed.image, name)).collect(),
        }
    }

    /// The text that asks for a field.
    pub fn place(&self, address: &Address, field: &str) -> Option<Place> {
        self.request.origins.find(address, field).cloned()
    }

    /// A field change that the file asks for and that is made in place, at its text.
    pub fn placed(&self, address: &Address, change: FieldChange) -> PlacedChange {
        PlacedChange { place: self.place(address, &change.path), change, drift: false, forces: false }
    }

    /// A field change that the file asks for and that only a new object has, at its text.
    pub fn forced(&self, address: &Address, change: FieldChange) -> PlacedChange {
        PlacedChange { forces: true, ..self.placed(address, change) }
    }

    /// A message, at the text that asks for a field.
    pub fn located(&self, diagnostic: Diagnostic, address: &Address, field: &str, label: &str) -> Diagnostic {
        match self.place(address, field) {
            Some(place) => diagnostic.at(place, label),
            None => diagnostic,
        }
    }
}

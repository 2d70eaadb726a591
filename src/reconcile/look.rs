//! A look at the engine, and the plan that was made from it.

use std::collections::BTreeMap;

use crate::model::{Key, ServiceName};
use crate::plan::Plan;
use crate::state::Observed;

/// A plan and the look that it was made from.
#[derive(Debug)]
pub struct Look {
    /// The live world.
    pub observed: Observed,
    /// The project's key for digests; a fresh one where there was none.
    pub key: Key,
    /// Digests of build inputs, by service.
    pub digests: BTreeMap<ServiceName, String>,
    /// What would be done.
    pub plan: Plan,
}

/// Whether a look reads the files of builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Builds {
    /// An image whose inputs differ is built again.
    Compared,
    /// Only this service's image is, with those that its build takes contexts from.
    Of(ServiceName),
    /// Images are taken as they are, and no file is read.
    Trusted,
}

//! Names for `/etc/hosts`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

/// Names for `/etc/hosts`, each with its addresses. Printed as a list of `name=address`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct ExtraHosts(pub BTreeMap<String, Vec<String>>);

impl ExtraHosts {
    /// Each name with each of its addresses.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(name, addresses)| addresses.iter().map(|address| (name.as_str(), address.as_str())))
    }
}

impl Serialize for ExtraHosts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut lines: Vec<_> = self.pairs().map(|(name, address)| format!("{name}={address}")).collect();
        lines.sort();
        lines.serialize(serializer)
    }
}

//! When a container counts as up (`x-dsenv.settle`, `x-dsenv.timeout`).

use crate::model::Gate;
use crate::spec::types::ServiceDsenv;

/// The gate; what is unset is the default.
pub(super) fn gate(own: Option<&ServiceDsenv>) -> Gate {
    let default = Gate::default();
    Gate {
        settle: own.and_then(|own| own.settle).map_or(default.settle, |span| span.to_std()),
        limit: own.and_then(|own| own.timeout).map_or(default.limit, |span| span.to_std()),
    }
}

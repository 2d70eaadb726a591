//! What happens, while it happens, in three forms.

mod sink;

pub use sink::{Outcome, Sink, sink};

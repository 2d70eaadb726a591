//! Field changes of two canonical values, and hunks of two texts. Pure.

mod field;
mod sensitive;

pub use field::{FieldChange, fields};
pub use sensitive::{MASK, is_sensitive};

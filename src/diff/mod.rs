//! Field changes of two canonical values, and hunks of two texts. Pure.

mod field;

pub use field::{FieldChange, fields};

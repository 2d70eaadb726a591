//! Field changes of two canonical values, and hunks of two texts. Pure.

mod field;
mod secret;
mod sensitive;
mod text;

pub use field::{FieldChange, fields};
pub use secret::{secret_name, shown};
pub use sensitive::{MASK, is_sensitive};
pub use text::{Hunk, Line, Side, hunks, items};

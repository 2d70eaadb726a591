//! Field changes of two canonical values, and hunks of two texts. Pure.

mod conceal;
mod field;
mod secret;
mod text;

pub use field::{FieldChange, fields};
pub use secret::{MASK, is_sensitive, secret_name, shown, veil};
pub use text::{Hunk, Line, Side, concealed_hunks, hunks, items};

//! Field changes of two canonical values, hunks of two texts, and what of both is not for other eyes. Pure.

mod address;
mod conceal;
mod field;
mod secret;
mod text;
mod words;

pub use address::without_password;
pub use conceal::{conceal, masked, source};
pub use field::{FieldChange, fields};
pub use secret::{MASK, is_hidden, is_sensitive, secret_name, shown, unveil, veil};
pub use text::{Hunk, Line, Side, concealed_hunks, hunks, items};

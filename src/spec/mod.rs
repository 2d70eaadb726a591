//! What a user may write: the Compose Specification and `x-dsenv`.

mod load;
mod reader;
#[expect(clippy::module_inception, reason = "the spec itself is what the module is named for")]
mod spec;
pub mod types;
pub mod value;

pub use load::{Loaded, Request, load};
pub use reader::Reader;
pub use spec::Spec;

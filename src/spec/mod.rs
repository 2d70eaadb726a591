//! What a user may write: the Compose Specification and `x-dsenv`.

mod load;
mod reader;

pub use load::{Loaded, Request, load};
pub use reader::Reader;

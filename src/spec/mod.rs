//! What a user may write: the Compose Specification and `x-dsenv`.
//!
//! From texts to the typed spec in steps, each on a tree whose nodes know their places: parse, fill with variables,
//! bring to long form, include, extend, merge, make paths absolute; then read types, fill in what follows, and check
//! what services say of each other. Nothing here touches disk, environment or clock: a [`Reader`] and a map of
//! variables are handed in.

mod allowance;
mod alone;
mod checks;
pub mod code;
pub mod dotenv;
pub mod emit;
mod environment;
pub(crate) mod expand;
mod fault;
mod file;
pub mod interpolate;
mod load;
mod loader;
mod merge;
pub mod name;
mod normalize;
mod part;
mod paths;
mod reader;
mod rule;
pub mod schema;
#[expect(clippy::module_inception, reason = "the spec itself is what the module is named for")]
mod spec;
pub mod template;
#[cfg(test)]
mod tests;
mod told;
mod typed;
pub mod types;
mod used;
pub mod value;
pub mod variables;

pub use alone::NAMES;
pub use environment::read as read_env_file;
pub use expand::clean;
pub use load::{Lent, Loaded, Request, Unloaded, load, load_or_name, name_of, narrow, raw, refused_name};
pub use normalize::DEFAULT_NETWORK;
pub use part::Part;
pub use reader::{Literals, Reader};
pub use spec::Spec;

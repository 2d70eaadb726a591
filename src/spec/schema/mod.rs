//! The JSON Schema of a spec, for editors: made from the types that read a spec, and from the rules that say which key
//! has which short form.

mod examples;
mod file;
mod finish;
mod short;
mod values;

pub use file::schema;

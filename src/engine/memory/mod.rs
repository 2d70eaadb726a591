//! The twin: an engine that lives in memory, or in a file. A world, not a mock: it refuses what Docker refuses and has
//! the quirks of Engine 20.10, and the contract suite holds both to the same promises.
//!
//! Every image can be pulled unless a part of its name is `absent`. A container does what its command says, as far as
//! a tiny shell understands it (`sh -c "echo hello; sleep 2; exit 3"`), and serves for ever otherwise; the variable
//! `DSENV_TWIN` says it outright ([`Behaviour`]). Time is tokio's: with a paused clock a day of waits passes at once.

mod behaviour;
mod clock;
mod container;
mod exec;
mod fault;
mod file;
mod gate;
mod hand;
mod image;
mod life;
mod look;
mod network;
mod perform;
mod port;
mod process;
mod refusal;
mod script;
mod store;
mod subnet;
mod twin;
mod update;
mod volume;
mod world;

pub use behaviour::{Behaviour, VARIABLE};
pub use fault::{Fault, Faults};
pub use file::File;
pub use image::Image;
pub use twin::Memory;

#[cfg(test)]
mod tests;

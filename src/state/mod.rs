//! What does exist, and how it is told apart: the live world, the labels that dsenv writes, the record of a
//! container's birth, and the names of dsenv's own objects.

pub mod applied;
mod applied_project;
mod found;
pub mod label;
pub mod note;
pub mod own;
mod platform;
mod program;
pub mod record;
mod world;

pub use applied_project::{AppliedProject, AppliedService};
pub use note::{Note, NoteBody, NoteFile};
pub use platform::Platform;
pub use program::{Command, ModelConfig, ModelRunner, Parameter, Program};
pub use record::Record;
pub use world::{
    AppliedRecord, Container, ContainerId, Ended, Endpoint, Guest, Health, Helper, Host, Image, ImageId, Lender,
    LiveMount, LivePort, LockHolder, Network, NetworkId, Observed, RunState, Scope, Volume,
};

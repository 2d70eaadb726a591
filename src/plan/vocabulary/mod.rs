//! The words of a plan, and what one is made from.
//!
//! A [`Request`] goes into the planner: what should exist, what does, what the engine can do, what the user asks for
//! beside the file. A [`Plan`] comes out: a [`Change`] for each resource that says what happens to it and why, a [`Node`]
//! for each [`Step`] that does it, and messages with a code of [`code`].
//!
//! This stage decides nothing and knows no other stage.

mod change;
pub mod code;
mod facts;
mod node;
mod plan;
mod request;
mod step;

pub use change::{Action, Change, Hazard, PlacedChange, Reason};
pub use facts::{Facts, StepClass, Target};
pub use node::{Node, NodeId, When};
pub use plan::Plan;
pub use request::{DestroyOptions, Options, Request};
pub use step::{
    CallKind, ContainerRef, ContainerStep, CopiedFile, CopiedKind, FilesStep, Handle, ImageStep, Injected, NetworkRef,
    NetworkStep, NewContainer, NoteStep, ProviderAction, References, Step, Until, VolumeStep, WaitStep,
};

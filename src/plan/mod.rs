//! What to do, and why. Pure: the same project, world and rules give the same plan.

mod attach;
mod batches;
mod builder;
mod compare;
mod create;
mod destroy;
mod drift;
mod files;
mod fill;
mod fresh;
mod given;
mod handover;
mod helpers;
mod host;
mod images;
mod in_place;
mod index;
mod labels;
mod limits;
mod mark;
mod member;
mod models;
mod named;
mod nameless;
mod names;
mod network_anew;
mod networks;
mod on_record;
mod outcome;
mod perhaps;
mod planner;
mod pre_start;
mod provider;
mod read;
mod remove;
mod service;
mod start;
mod start_first;
mod stop_first;
mod strays;
mod swap;
mod take_back;
#[cfg(test)]
mod tests;
mod three_way;
mod together;
mod traffic;
mod vocabulary;
mod volume_anew;
mod volumes;
mod wanted;

pub use compare::is_finished;
pub use destroy::destroy;
pub use files::{born_with, recorded as recorded_files};
pub use host::needs as needs_host;
pub use models::MODEL;
pub use planner::{about, plan};
pub use provider::{is_released, is_up, recorded as providers};
pub use read::{
    Basis, ChangedConfig, Contents, FORMAT, Frame, ObjectSnapshot, Part, Stale, changed_configs, drift_json, impact,
    json, secrets, snapshot, snapshot_json, staleness, text,
};
pub use three_way::{Drift, DriftField, drift};
pub use vocabulary::{
    Action, CallKind, Change, ContainerRef, CopiedFile, CopiedKind, DestroyOptions, Handle, Hazard, Injected,
    NetworkRef, NewContainer, Node, NodeId, Options, PlacedChange, Plan, ProviderAction, Reason, Request, Step, Until,
    VolumeFile, When, code,
};

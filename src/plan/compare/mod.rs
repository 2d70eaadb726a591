//! What is asked for beside what is there.
//!
//! The [`sides`] go in: a request, and the live world indexed once. Plain differences come out, each for one object
//! alone: [`container`] with its [`endpoint`]s, [`network`] and [`volume`] with their [`definition`], [`image`], [`provider`], [`model`], [`records`],
//! and [`drift`], which is the same comparison with the last record in the place of the file.
//!
//! Pure, and about no step: nothing here says what is done about a difference, or knows what becomes of another object.

pub mod adopted;
pub mod anonymous;
pub mod capabilities;
pub mod container;
pub mod definition;
pub mod desired;
pub mod destroy_data;
pub mod drift;
pub mod endpoint;
pub mod files;
pub mod host;
pub mod ignore_changes;
pub mod image;
pub mod index;
pub mod injected;
pub mod model;
pub mod names;
pub mod network;
pub mod pre_start;
pub mod provenance;
pub mod provider;
pub mod records;
pub mod restart_marker;
pub mod sides;
pub mod volume;

//! dsenv: the declarative way to run a lab of containers.
//!
//! This page is the architecture. `docs/decisions` has the reasons, `docs/engine-facts.md` what engines were seen to do,
//! `CONTRIBUTING.md` how to work on the code.
//!
//! # The flow
//!
//! It runs one way:
//!
//! ```text
//!  text ──▶ Tree ──▶ Spec ──▶ Project ──▶ Graph ─┐
//!  (files)  places   typed,   resolved    order  ├─▶ Plan ──▶ Events ──▶ reports
//!           kept     merged   model              │   steps,   one        terminal,
//!  engine ── observe ─────▶ Observed ────────────┘   reasons, stream     plain, JSON
//!                           the live world           hazards
//!  └──── pure and synchronous, from text to plan ────┘└──── shell: async, I/O ────┘
//! ```
//!
//! There is no state file: the engine and the labels on its objects are the truth. Every run looks again. `watch` is no
//! second path: file changes, engine events and the clock only say "look again", and the same line runs.
//!
//! # The modules, in reading order
//!
//! | module | knows |
//! |---|---|
//! | [`place`] | file, line, column, span: plain data |
//! | [`did_you_mean`] | the name that a misspelt one was surely meant to be |
//! | [`unseen`] | characters that a terminal does not show, and how they are written |
//! | [`yaml`] | text, anchors, merge keys, tags; limits against documents that grow without end |
//! | [`diagnostic`] | severity, code, message, labelled places, help: plain data |
//! | [`spec`] | what a user may write: the Compose Specification and `x-dsenv` |
//! | [`model`] | what should exist; and [`model::Origins`], which maps addresses and fields to places |
//! | [`rules`] | what an engine can do, and since which API version |
//! | [`resolve`] | from spec to model |
//! | [`graph`] | order, cycles, waves |
//! | [`diff`] | field changes, hunks of texts, what looks secret |
//! | [`state`] | what does exist; labels, records, and the names of dsenv's own objects |
//! | [`plan`] | what to do, and why |
//! | [`context`] | which files of a build context go to the engine, and their digest |
//! | [`event`] | what happened |
//! | [`engine`] | the seam: a trait that looks and a trait that acts; [`engine::docker`], its twin [`engine::memory`], and [`engine::programs`], which runs programs of the user's machine |
//! | [`execute`] | running a plan, the lock, the record of an apply |
//! | [`report`] | terminal, plain, JSON; the only printer |
//! | [`watch`] | file events: what changed under which root, in batches |
//! | [`sync`] | files between this machine and containers: what is to be copied, what comes back |
//! | [`reconcile`] | keeping an environment equal to its files and its spec: a pure state machine; its runner is in [`command::watch`] |
//! | [`command`] | the verbs, one file each |
//! | [`cli`] | the command line, exit codes |
//!
//! `tests/layers.rs` has the table of what each may import and fails on any other edge.
//!
//! # Invariants, stated as absences
//!
//! - From [`place`] to [`plan`] nothing is async, prints, or reads a clock, the environment or the disk. Files and variables
//!   arrive through a [`spec::Reader`] and maps that the command hands in, so tests pass literals. `clippy.toml` forbids the
//!   calls, and each module that may make them says so at its head.
//! - [`context`] reads the disk, since a build context is a folder, and nothing else: it is synchronous and knows no engine.
//! - [`model`] has no place of a text outside [`model::Origins`] and no type of YAML or of an engine's client. It does know
//!   the vocabulary of containers: Dockerfiles, the labels that Compose looks for ([`model::Compose`]), and which names of
//!   volumes dsenv keeps for itself ([`model::reserved`]).
//! - [`plan`] never asks a question: hazards are return values, the command asks.
//! - [`execute`] never decides: a plan is so specific, the ways back included, that no choice is left.
//! - [`reconcile`] has no clock, no engine, no disk and no channel: what happens comes in with its time, and what is to be
//!   done goes out.
//! - [`report`] never computes.
//! - No type of an engine's client crosses [`engine`]. A poke carries no data.
//! - No path removes a volume that may hold user data and was not named by the user in that very command.
//!
//! # One attribute, one place
//!
//! Where a field lives decides what its change does. In [`model::Fixed`] it is settled at birth and a change replaces
//! the container; in [`model::Tunable`] the engine's update call truly honours it; [`model::Networking`] is connect
//! and disconnect. What cannot change after birth is *remembered*, in a label ([`state::record`]); what can change is
//! *looked at*. So causes are exact, defaults of engine and image make no noise, a removed key is seen, and a change by
//! hand is seen. Records are compared field by field, and one that an older dsenv did not write counts as unset: an
//! upgrade of dsenv replaces nothing.
//!
//! A new attribute is a documented field in [`spec`], a field in [`model`], a line in [`resolve`], and a row in the
//! codec of [`engine::docker`], which is read in both directions and does not compile while a field has no row.
//!
//! # A plan
//!
//! Data passes through the planner once: what is asked for is compared with what is there, object by object; what becomes
//! of everything is decided, as an immutable value; and from the decisions alone come the steps.
//!
//! A plan is a graph of [`plan::Node`]s, one engine operation each. What is done when a step fails is planned too
//! ([`plan::When`]): it is printable and tested like the way forward. A replacement never burns its bridge: the old
//! container stays until the new one has passed its gate, and comes back if it does not. Whatever a crash leaves is
//! recognisable from labels and names, and the next plan repairs it.
//!
//! The planner works in five stages, each of which may use only those before it:
//!
//! 1. *vocabulary*: what a plan is made of, as [`plan::Step`], [`plan::Node`], [`plan::Change`] and [`plan::Reason`];
//! 2. *compare*: what is wanted, held against what is there, one resource at a time;
//! 3. *decide*: what happens to each resource, and why. Its result is one immutable value, the decisions;
//! 4. *schedule*: from the decisions to steps and their order. It decides nothing;
//! 5. *read*: a finished plan as text and JSON, and held against a later look.
//!
//! # Glossary
//!
//! The field's own terms, and what each means here.
//!
//! | term | meaning |
//! |---|---|
//! | environment | all that one spec describes, under one name: Compose's "project", [`model::Project`] |
//! | spec | the user's files, merged and typed: [`spec::Spec`] |
//! | place | file, line and column of a text: [`place::Place`] |
//! | origin | which place asks for which field: [`model::Origins`] |
//! | diagnostic | a message about the user's input, with a stable code and places: [`diagnostic::Diagnostic`] |
//! | service | one entry of `services`, run as containers: [`model::Service`] |
//! | replica | one container of a service, numbered from 1: [`model::Address::Replica`] |
//! | scheduling | where and how an engine that makes replicas by itself is to run them: [`model::Scheduling`] |
//! | provider | a service that a program of the user's machine runs: [`model::Provider`] |
//! | language model | an entry of `models`, kept by Docker Model Runner: [`model::LanguageModel`] |
//! | address | how plans and messages name a resource, as `service.web[2]`: [`model::Address`] |
//! | external | made and kept by somebody else, required to exist, never changed: a [`model::Network`] or [`model::Volume`] without a definition |
//! | gate | the condition under which a container counts as up: [`model::Gate`], and [`plan::Until`] in a step |
//! | settle time | how long a container without a health check must live to pass its gate |
//! | job | a service that is done when it exits with 0: [`model::Service::job`] |
//! | hook | a command around a container's start or stop: [`model::Hooks`] |
//! | look | one reading of the engine, and its result: [`engine::Observer::observe`], [`state::Observed`] |
//! | scope | what a look covers: [`state::Scope`] |
//! | rules | what the engine at hand can do: [`rules::Rules`] |
//! | birth record | a container's fixed fields in a label, as they were at its creation: [`state::Record`] |
//! | applied record | who applied what, and when, in the labels of a volume: [`state::AppliedRecord`] |
//! | own object | a volume or container that dsenv makes for itself and may remove unasked: [`state::own`] |
//! | note | something of dsenv's own that an engine keeps as it can, a labelled volume on Docker: the key, the lock, a record, the contents of configs and secrets; [`state::Note`] |
//! | key | the secret, one for each environment, that digests of secrets are made with: [`model::Key`] |
//! | plan | steps in an order, and what happens to each resource and why: [`plan::Plan`] |
//! | step | one engine operation: [`plan::Step`], and what holds for all of its kind: [`plan::Facts`]; [`plan::Node`] is a step with its order and condition |
//! | way back | steps that run only when another step fails: [`plan::When`] |
//! | change | what a plan does to one resource: [`plan::Change`], with its [`plan::Action`] |
//! | reason | why a resource changes: [`plan::Reason`] |
//! | hazard | what a change may cost, such as data: [`plan::Hazard`] |
//! | replace | make a new container and remove the old one; *start-first* or *stop-first* says which is up in between: [`model::UpdateOrder`] |
//! | handover | giving a host port from one container to another within one apply |
//! | adopt | replace, once, a container that another tool made, so that it carries a birth record: [`plan::Reason::Adopted`] |
//! | stray | an object with the environment's labels that is in no spec: [`plan::Reason::Stray`]; Compose's "orphan" |
//! | one-off | a container of `docker compose run` |
//! | drift | what differs from the last apply, whatever the spec asks for now: [`plan::Drift`] |
//! | saved plan | a plan in a file, carried out only if a fresh look gives the same one: [`plan::Stale`] is one field that has changed since |
//! | lock | a volume that lets one apply at a time work on an environment: [`execute::Lock`] |
//! | step class | steps that share a limit of how many run at once: [`plan::StepClass`] |
//! | twin | the engine in memory, or in a file, that refuses what Docker refuses: [`engine::memory`] |
//! | dialect | whose API an engine speaks, Docker's own or Podman's: [`rules::Dialect`] |
//! | poke | "look again", without data: [`engine::Poke`] |
//! | event | something that happened while a plan ran: [`event::Event`] |
//! | input, effect | what happens to a watch, and what it asks for: [`reconcile::Input`], [`reconcile::Effect`] |
//! | heal | repair what broke while `watch` runs, by the same plan as `apply`: [`reconcile::Healing`] |
//! | diagnosis | what a look says is broken, as far as a plan repairs it |
//! | backoff | how long a service that breaks again and again waits for its next repair, until it is left alone |
//! | sync, sync back | files that go to containers when they change here, and that come back when containers save them: [`mod@sync`], [`sync::sync_back`] |

#![cfg_attr(not(test), warn(clippy::disallowed_macros, clippy::disallowed_methods, clippy::disallowed_types))]

pub mod cli;
pub mod command;
pub mod context;
pub mod diagnostic;
pub mod did_you_mean;
pub mod diff;
pub mod engine;
pub mod event;
pub mod execute;
pub mod graph;
pub mod model;
pub mod place;
pub mod plan;
pub mod reconcile;
pub mod report;
pub mod resolve;
pub mod rules;
pub mod spec;
pub mod state;
pub mod sync;
pub mod unseen;
pub mod watch;
pub mod yaml;

#[cfg(test)]
#[path = "../tests/current/mod.rs"]
mod current;

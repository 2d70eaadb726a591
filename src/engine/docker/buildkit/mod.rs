//! Building with the engine's own BuildKit: its API (`/grpc`) and its sessions (`/session`), which the client does not
//! reach far enough into. It would hold a whole context in memory, take secrets from files only, lend one agent, and
//! tell nothing of a build's steps.

#![expect(clippy::disallowed_types, reason = "a build reads and writes files of this machine")]

mod agents;
mod build;
mod cache;
mod dial;
mod failure;
mod files;
mod keys;
mod login;
mod request;
mod secrets;
mod session;
mod story;
mod upgrade;

pub(super) use build::build;
pub(super) use keys::are_there;

/// What is received as a stream, for an answer of gRPC.
fn received<T: Send + 'static>(
    receiver: tokio::sync::mpsc::Receiver<T>,
) -> futures_util::stream::BoxStream<'static, T> {
    let next = async |mut receiver: tokio::sync::mpsc::Receiver<T>| Some((receiver.recv().await?, receiver));
    Box::pin(futures_util::stream::unfold(receiver, next))
}

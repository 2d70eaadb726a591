//! SSH agents, for `RUN --mount=type=ssh`: what the command in the build says to the agent is carried to a socket of
//! this machine, and back.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bollard_buildkit_proto::moby::sshforward::v1::ssh_server::Ssh;
use bollard_buildkit_proto::moby::sshforward::v1::{BytesMessage, CheckAgentRequest, CheckAgentResponse};
use bytes::BytesMut;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tonic::{Request, Response, Status, Streaming};

/// The id of a mount that names none.
const DEFAULT: &str = "default";
/// The most that is read at once.
const PIECE: usize = 32 << 10;
/// Pieces that wait for the engine.
const PIECES: usize = 4;

/// Sockets of agents by id.
pub(super) struct Agents(pub BTreeMap<String, PathBuf>);

impl Agents {
    async fn connect(&self, id: &str) -> Result<UnixStream, Status> {
        let id = if id.is_empty() { DEFAULT } else { id };
        let socket = self.0.get(id).ok_or_else(|| Status::not_found(format!("the build has no SSH agent `{id}`")))?;
        let connected = UnixStream::connect(socket).await;
        connected.map_err(|error| Status::unavailable(format!("the SSH agent `{id}` does not answer: {error}")))
    }
}

#[tonic::async_trait]
impl Ssh for Agents {
    async fn check_agent(&self, request: Request<CheckAgentRequest>) -> Result<Response<CheckAgentResponse>, Status> {
        self.connect(&request.into_inner().id).await?;
        Ok(Response::new(CheckAgentResponse {}))
    }

    type ForwardAgentStream = BoxStream<'static, Result<BytesMessage, Status>>;

    async fn forward_agent(
        &self,
        request: Request<Streaming<BytesMessage>>,
    ) -> Result<Response<Self::ForwardAgentStream>, Status> {
        let id = request.metadata().get("buildkit.ssh.id").and_then(|id| id.to_str().ok()).unwrap_or_default();
        let (mut from_agent, mut to_agent) = self.connect(id).await?.into_split();
        let mut asked = request.into_inner();
        let asking = async move {
            while let Some(Ok(BytesMessage { data })) = asked.next().await {
                if to_agent.write_all(&data).await.is_err() {
                    break;
                }
            }
            // The agent closes too then, which ends the other way.
            to_agent.shutdown().await.ok();
        };
        let (sender, answers) = mpsc::channel(PIECES);
        let answering = async move {
            let mut piece = BytesMut::with_capacity(PIECE);
            while from_agent.read_buf(&mut piece).await.is_ok_and(|read| read > 0) {
                if sender.send(Ok(BytesMessage { data: piece.split().to_vec() })).await.is_err() {
                    break;
                }
            }
        };
        tokio::spawn(async { tokio::join!(asking, answering) });
        Ok(Response::new(super::received(answers)))
    }
}

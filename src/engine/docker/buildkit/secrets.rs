//! Secrets, for `RUN --mount=type=secret`. They are in memory here, and go over the session only when asked for.

use std::collections::BTreeMap;

use bollard_buildkit_proto::moby::buildkit::secrets::v1::secrets_server::Secrets;
use bollard_buildkit_proto::moby::buildkit::secrets::v1::{GetSecretRequest, GetSecretResponse};
use tonic::{Request, Response, Status};

use crate::model::Content;

/// The secrets of one build, by the ids under which its Dockerfile knows them.
pub(super) struct Lent(pub BTreeMap<String, Content>);

#[tonic::async_trait]
impl Secrets for Lent {
    async fn get_secret(&self, request: Request<GetSecretRequest>) -> Result<Response<GetSecretResponse>, Status> {
        let id = request.into_inner().id;
        // Not found is no mistake for a mount that is not `required`.
        let found = self.0.get(&id).ok_or_else(|| Status::not_found(format!("the build has no secret `{id}`")))?;
        Ok(Response::new(GetSecretResponse { data: found.bytes().to_vec() }))
    }
}

//! Logins for `FROM` a private registry: the same as for pulls.

use std::sync::Arc;

use bollard_buildkit_proto::moby::filesync::v1::auth_server::Auth;
use bollard_buildkit_proto::moby::filesync::v1::{
    CredentialsRequest, CredentialsResponse, FetchTokenRequest, FetchTokenResponse, GetTokenAuthorityRequest,
    GetTokenAuthorityResponse, VerifyTokenAuthorityRequest, VerifyTokenAuthorityResponse,
};
use tonic::{Request, Response, Status};

use super::super::config_file::ConfigFile;
use super::super::credentials;

/// Where BuildKit says that Docker Hub is.
const HUB: &str = "registry-1.docker.io";

/// What Docker's own file and helpers know.
pub(super) struct Logins(pub Arc<ConfigFile>);

#[tonic::async_trait]
impl Auth for Logins {
    async fn credentials(&self, request: Request<CredentialsRequest>) -> Result<Response<CredentialsResponse>, Status> {
        let host = request.into_inner().host;
        let registry = if host == HUB { credentials::HUB } else { &host };
        let login = credentials::login(&self.0, registry).await;
        let (username, secret) = login.map(credentials::Credentials::into_pair).unwrap_or_default();
        Ok(Response::new(CredentialsResponse { username, secret }))
    }

    // The engine gets tokens by itself, with the credentials above.

    async fn fetch_token(&self, _: Request<FetchTokenRequest>) -> Result<Response<FetchTokenResponse>, Status> {
        Err(Status::unimplemented("the engine fetches its tokens"))
    }

    async fn get_token_authority(
        &self,
        _: Request<GetTokenAuthorityRequest>,
    ) -> Result<Response<GetTokenAuthorityResponse>, Status> {
        Err(Status::unimplemented("the engine fetches its tokens"))
    }

    async fn verify_token_authority(
        &self,
        _: Request<VerifyTokenAuthorityRequest>,
    ) -> Result<Response<VerifyTokenAuthorityResponse>, Status> {
        Err(Status::unimplemented("the engine fetches its tokens"))
    }
}

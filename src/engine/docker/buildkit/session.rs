//! What one build is lent while it runs: folders, secrets, agents, logins. The engine asks for each over a connection
//! of the build's own, and is told nothing that the build does not ask for.

use bollard_buildkit_proto::health::health_check_response::ServingStatus;
use bollard_buildkit_proto::health::health_server::{Health, HealthServer};
use bollard_buildkit_proto::health::{HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse};
use bollard_buildkit_proto::moby::buildkit::secrets::v1::secrets_server::SecretsServer;
use bollard_buildkit_proto::moby::filesync::packet::file_sync_server::FileSyncServer;
use bollard_buildkit_proto::moby::filesync::v1::auth_server::AuthServer;
use bollard_buildkit_proto::moby::sshforward::v1::ssh_server::SshServer;
use futures_util::stream::BoxStream;
use hyper::server::conn::http2;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioExecutor;
use hyper_util::service::TowerToHyperService;
use tonic::service::Routes;
use tonic::{Request, Response, Status};

use super::agents::Agents;
use super::cache::{self, Caches, ContentServer};
use super::files::Sources;
use super::login::Logins;
use super::secrets::Lent;
use crate::engine::EngineError;
use crate::engine::docker::address::Address;

/// What the build is lent.
pub(super) struct Session {
    pub sources: Sources,
    pub secrets: Lent,
    pub agents: Agents,
    pub logins: Logins,
    pub caches: Caches,
}

/// What the engine may call.
const METHODS: [&str; 4] = [
    "/moby.filesync.v1.FileSync/DiffCopy",
    "/moby.filesync.v1.Auth/Credentials",
    "/moby.buildkit.secrets.v1.Secrets/GetSecret",
    "/grpc.health.v1.Health/Check",
];
/// The same, if there is an agent: the engine takes it for a promise.
const AGENT_METHODS: [&str; 2] = ["/moby.sshforward.v1.SSH/CheckAgent", "/moby.sshforward.v1.SSH/ForwardAgent"];

impl Session {
    /// Opens it under this id. `shared` is the same for each build of one folder, so that the engine finds again what
    /// it was sent for the last one.
    ///
    /// # Errors
    /// When the engine will not.
    pub async fn open(&self, address: &Address, api: &str, id: &str, shared: &str) -> Result<Upgraded, EngineError> {
        let agents = if self.agents.0.is_empty() { &[][..] } else { &AGENT_METHODS };
        let mut headers = vec![
            ("x-docker-expose-session-uuid", id.to_owned()),
            ("x-docker-expose-session-name", "dsenv".to_owned()),
            ("x-docker-expose-session-sharedkey", shared.to_owned()),
        ];
        let caches = if self.caches.is_empty() { &[][..] } else { &cache::METHODS };
        let methods = METHODS.iter().chain(agents).chain(caches);
        headers.extend(methods.map(|method| ("x-docker-expose-session-grpc-method", (*method).to_owned())));
        super::upgrade::upgrade(address, &format!("/v{api}/session"), &headers).await
    }

    /// Answers until the engine closes the connection. Dropping the future closes it from here.
    pub async fn serve(self, connection: Upgraded) {
        let routes = Routes::new(HealthServer::new(Alive))
            .add_service(FileSyncServer::new(self.sources))
            .add_service(AuthServer::new(self.logins))
            .add_service(SecretsServer::new(self.secrets))
            .add_service(SshServer::new(self.agents))
            .add_service(ContentServer(self.caches))
            .prepare();
        let service = TowerToHyperService::new(routes);
        // A connection that breaks ends the build as well, which says so.
        http2::Builder::new(TokioExecutor::new()).serve_connection(connection, service).await.ok();
    }
}

/// The engine ends a session that does not say from time to time that it is alive.
struct Alive;

#[tonic::async_trait]
impl Health for Alive {
    async fn check(&self, _: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        Ok(Response::new(HealthCheckResponse { status: ServingStatus::Serving.into() }))
    }

    async fn list(&self, _: Request<HealthListRequest>) -> Result<Response<HealthListResponse>, Status> {
        Err(Status::unimplemented("a session is one"))
    }

    type WatchStream = BoxStream<'static, Result<HealthCheckResponse, Status>>;

    async fn watch(&self, _: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        Err(Status::unimplemented("a session is asked, not watched"))
    }
}

//! One build with BuildKit: a session that lends, a request, and the story of it until the image is there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bollard_buildkit_proto::moby::buildkit::v1::control_client::ControlClient;
use bollard_buildkit_proto::moby::buildkit::v1::{ListWorkersRequest, SolveRequest, StatusRequest};
use hyper::upgrade::Upgraded;
use tonic::transport::{Channel, Endpoint};

use super::super::Docker;
use super::super::perform::Report;
use super::agents::Agents;
use super::cache::{self, Caches};
use super::failure;
use super::files::{Source, Sources};
use super::keys::Keys;
use super::login::Logins;
use super::request::{self, Around, CONTEXT, DOCKERFILE, lent_as};
use super::secrets::Lent;
use super::session::Session;
use super::story::Story;
use crate::context::{self, Folder};
use crate::engine::EngineError;
use crate::model::{Build, Content, Dockerfile, ImageRef};

/// How long the story may go on after its end.
const REST: Duration = Duration::from_secs(3);
/// The most that an error may say beside its words: a whole Dockerfile, and where in it.
const DETAILS: u32 = 16 << 20;
/// Where the engine says what cache it has exported.
const EXPORTED: &str = "cache.manifest";
/// The name of a Dockerfile that has none.
const INLINE: &str = "Dockerfile";
/// Where the engine says what `host-gateway` means.
const GATEWAY: &str = "org.mobyproject.buildkit.worker.moby.host-gateway-ip";

/// Dropping the future closes both connections, which ends the build on the engine's side.
pub(in super::super) async fn build(
    docker: &Docker,
    build: &Build,
    secrets: &BTreeMap<String, Content>,
    tag: &ImageRef,
    digest: &str,
    progress: Report<'_>,
) -> Result<(), EngineError> {
    let lent = lend(build).await?;
    let keys = Keys::open(&build.ssh, docker.way.agent.as_deref()).await?;
    let session = Session {
        sources: Sources(lent.sources),
        secrets: Lent(secrets.clone()),
        agents: Agents(keys.sockets()),
        logins: Logins(docker.config.clone()),
        caches: Caches::of(build),
    };
    let api = docker.rules.api.to_string();
    let (id, session_id) = (random()?, random()?);
    // Named by machine and folder, so that the next build of it sends what changed only.
    let machine = std::fs::read_to_string("/etc/machine-id").unwrap_or_default();
    let shared = blake3::hash(format!("{machine}{}", build.context).as_bytes()).to_hex().to_string();
    let connection = session.open(&docker.way.address, &api, &session_id, &shared).await?;
    let control = super::upgrade::upgrade(&docker.way.address, &format!("/v{api}/grpc"), &[]).await?;
    let control = ControlClient::new(channel(control).await?).max_decoding_message_size(usize::MAX);
    let gateway = match build.extra_hosts.iter().any(|host| host.ends_with(":host-gateway")) {
        true => gateway(control.clone()).await,
        false => None,
    };
    let around = Around {
        id: &id,
        session: &session_id,
        tag,
        digest,
        dockerfile: lent.dockerfile.as_deref(),
        gateway: gateway.as_deref(),
    };
    let mut story = Story::new(progress);
    let solved = tokio::select! {
        solved = solve(control, request::request(build, &around), &mut story) => solved,
        () = session.serve(connection) => {
            return Err(EngineError::Broken("the engine closed the build's session".to_owned()));
        }
    };
    let file = match &build.dockerfile {
        Dockerfile::Path(path) => path.as_str(),
        Dockerfile::Inline(_) => "dockerfile_inline",
    };
    let exported = solved.map_err(|status| match failure::is_broken(&status) {
        true => EngineError::Broken(status.message().to_owned()),
        false => EngineError::Build { message: failure::message(&status, file), output: story.quoted() },
    })?;
    match exported {
        Some(descriptor) => {
            let noted = cache::note(build, &descriptor);
            noted.map_err(|error| EngineError::Local(format!("the build's cache cannot be written: {error}")))
        }
        None => Ok(()),
    }
}

/// Asks, and tells what happens until the answer is there and everything before it is told. The answer is the descriptor
/// of the cache, if one was exported.
async fn solve(
    control: ControlClient<Channel>,
    request: SolveRequest,
    story: &mut Story<'_>,
) -> Result<Option<String>, tonic::Status> {
    let wanted = StatusRequest { r#ref: request.r#ref.clone() };
    let (mut asking, mut listening) = (control.clone(), control);
    let mut solving = std::pin::pin!(async move {
        let answer = asking.solve(request).await?;
        Ok(answer.into_inner().exporter_response.remove(EXPORTED))
    });
    let mut told = std::pin::pin!(async {
        // A build that ends at once may be gone before anybody listens.
        let Ok(news) = listening.status(wanted).await else { return };
        let mut news = news.into_inner();
        while let Ok(Some(each)) = news.message().await {
            story.hear(each);
        }
    });
    let mut over = false;
    let solved = loop {
        tokio::select! {
            solved = &mut solving => break solved,
            () = &mut told, if !over => over = true,
        }
    };
    if !over {
        tokio::time::timeout(REST, told).await.ok();
    }
    solved
}

async fn channel(connection: Upgraded) -> Result<Channel, EngineError> {
    let mut connection = Some(connection);
    let connector = tower::service_fn(move |_| {
        let connection = connection.take().ok_or_else(|| std::io::Error::from(std::io::ErrorKind::BrokenPipe));
        std::future::ready(connection)
    });
    let endpoint = Endpoint::from_static("http://docker").http2_max_header_list_size(DETAILS);
    let channel = endpoint.connect_with_connector(connector).await;
    channel.map_err(|error| EngineError::Broken(error.to_string()))
}

async fn gateway(mut control: ControlClient<Channel>) -> Option<String> {
    let workers = control.list_workers(ListWorkersRequest::default()).await.ok()?.into_inner();
    workers.record.into_iter().find_map(|mut worker| worker.labels.remove(GATEWAY))
}

/// 32 hexadecimal digits.
pub(super) fn random() -> Result<String, EngineError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| EngineError::Local(format!("the system gives no random bytes: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The folders and files of a build.
struct Folders {
    sources: BTreeMap<String, Arc<Source>>,
    /// The Dockerfile's name in the source of that name.
    dockerfile: Option<String>,
}

/// Opens them. What the engine fetches by itself is not among them.
async fn lend(build: &Build) -> Result<Folders, EngineError> {
    let (context, dockerfile, contexts) =
        (build.context.clone(), build.dockerfile.clone(), build.additional_contexts.clone());
    let opened = tokio::task::spawn_blocking(move || {
        let mut sources = BTreeMap::new();
        let mut name = None;
        if context::is_local(&context) {
            let folder = Folder::open(Path::new(&context), &dockerfile).map_err(|error| error.to_string())?;
            let text = folder.dockerfile_text().map_err(|error| error.to_string())?;
            name = Some(file_name(&dockerfile));
            sources.insert(CONTEXT.to_owned(), Source::Folder(folder));
            sources.insert(DOCKERFILE.to_owned(), Source::Text { name: file_name(&dockerfile), text });
        } else if let Dockerfile::Inline(text) = &dockerfile {
            name = Some(INLINE.to_owned());
            let text = text.clone().into_bytes();
            sources.insert(DOCKERFILE.to_owned(), Source::Text { name: INLINE.to_owned(), text });
        }
        for context in contexts.into_values().filter(|context| context::is_local(context)) {
            // It has no Dockerfile of its own.
            let none = Dockerfile::Inline(String::new());
            let folder = Folder::open(&PathBuf::from(&context), &none).map_err(|error| error.to_string())?;
            sources.insert(lent_as(&context), Source::Folder(folder));
        }
        Ok(Folders {
            sources: sources.into_iter().map(|(name, source)| (name, Arc::new(source))).collect(),
            dockerfile: name,
        })
    });
    match opened.await {
        Ok(opened) => opened.map_err(EngineError::Local),
        Err(error) => Err(EngineError::Local(format!("the build context cannot be read: {error}"))),
    }
}

/// The last part of a Dockerfile's path, for the engine's messages.
fn file_name(dockerfile: &Dockerfile) -> String {
    match dockerfile {
        Dockerfile::Path(path) => path.file_name().unwrap_or(INLINE).to_owned(),
        Dockerfile::Inline(_) => INLINE.to_owned(),
    }
}

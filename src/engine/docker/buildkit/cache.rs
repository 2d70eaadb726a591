//! Caches in folders of this machine (`type=local`): the engine reads and writes their blobs over the build's session,
//! by containerd's content service. A folder has the OCI image layout, so other tools read it, too.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::fs;
use std::io::{self, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::task::{Context, Poll};

use bollard_buildkit_proto::moby::buildkit::v1::CacheOptionsEntry;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use http::{Request as HttpRequest, Response as HttpResponse};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tonic::body::Body;
use tonic::metadata::MetadataMap;
use tonic::server::{Grpc, NamedService};
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::service_fn;

use crate::engine::file;
use crate::model::Build;

/// The header that says which of the caches is meant.
const STORE: &str = "buildkit-attachable-store-id";
/// Bytes of a blob in one message.
const PIECE: usize = 1 << 20;
/// Messages that wait for the engine.
const PIECES: usize = 4;
/// The name under which a cache stands in its folder, unless it has another one.
const TAG: &str = "latest";
/// The annotation of a name (OCI Image Format Specification, annotations).
const NAME: &str = "org.opencontainers.image.ref.name";

/// What the engine may call, where a build has caches in folders.
pub(super) const METHODS: [&str; 6] = [
    "/containerd.services.content.v1.Content/Info",
    "/containerd.services.content.v1.Content/Update",
    "/containerd.services.content.v1.Content/Read",
    "/containerd.services.content.v1.Content/Status",
    "/containerd.services.content.v1.Content/Write",
    "/containerd.services.content.v1.Content/Abort",
];

/// A cache of `type=local`: its attributes, the type apart.
fn local(text: &str) -> Option<BTreeMap<&str, &str>> {
    let mut attributes: BTreeMap<&str, &str> = text.split(',').filter_map(|pair| pair.trim().split_once('=')).collect();
    (attributes.remove("type") == Some("local")).then_some(attributes)
}

/// The folders of a build's caches, by the name that the engine has for each.
#[derive(Clone, Default)]
pub(super) struct Caches(Arc<BTreeMap<String, PathBuf>>);

impl Caches {
    /// Those that a build names.
    pub fn of(build: &Build) -> Self {
        let read = build.cache_from.iter().filter_map(|text| Some(*local(text)?.get("src")?));
        let written = build.cache_to.iter().filter_map(|text| Some(*local(text)?.get("dest")?));
        Self(Arc::new(read.chain(written).map(|path| (format!("local:{path}"), path.into())).collect()))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn folder(&self, metadata: &MetadataMap) -> Result<PathBuf, Status> {
        let name = metadata.get(STORE).and_then(|name| name.to_str().ok()).unwrap_or_default();
        self.0.get(name).cloned().ok_or_else(|| Status::not_found(format!("the build has no cache `{name}`")))
    }
}

/// Puts the digest of what a folder holds into an import; `None` where it holds nothing: that is no mistake, as before
/// the first build.
pub(super) fn import(mut entry: CacheOptionsEntry) -> Option<CacheOptionsEntry> {
    if entry.r#type == "local" && !entry.attrs.contains_key("digest") {
        let tag = entry.attrs.get("tag").map_or(TAG, String::as_str);
        let digest = manifest(Path::new(entry.attrs.get("src")?), tag)?;
        entry.attrs.insert("digest".to_owned(), digest);
    }
    Some(entry)
}

/// The digest that a folder's index has for a name.
fn manifest(folder: &Path, tag: &str) -> Option<String> {
    let index: Value = serde_json::from_slice(&file::read(&folder.join("index.json")).ok()?).ok()?;
    let named = |manifest: &&Value| manifest["annotations"][NAME] == tag;
    Some(index["manifests"].as_array()?.iter().find(named)?["digest"].as_str()?.to_owned())
}

/// Notes what a build has exported in the index of each folder that it wrote into. `descriptor` is the engine's, JSON.
///
/// # Errors
/// When a folder cannot be written.
pub(super) fn note(build: &Build, descriptor: &str) -> io::Result<()> {
    let Ok(descriptor) = serde_json::from_str::<Value>(descriptor) else { return Ok(()) };
    for attributes in build.cache_to.iter().filter_map(|text| local(text)) {
        let Some(folder) = attributes.get("dest").map(Path::new) else { continue };
        let tag = attributes.get("tag").copied().unwrap_or(TAG);
        let path = folder.join("index.json");
        let index = file::read(&path).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
        let others = index.iter().filter_map(|index| index["manifests"].as_array()).flatten();
        let others = others.filter(|other| other["annotations"][NAME] != tag).cloned();
        let mut own = descriptor.clone();
        own["annotations"][NAME] = tag.into();
        let manifests: Vec<_> = others.chain([own]).collect();
        fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;
        // In one piece: what reads it meanwhile sees the old one or the new one.
        let new = folder.join("index.json.new");
        fs::write(&new, json!({"schemaVersion": 2, "manifests": manifests}).to_string())?;
        fs::rename(new, path)?;
    }
    Ok(())
}

/// Where a blob stands. A digest is no path.
fn blob(folder: &Path, digest: &str) -> Result<PathBuf, Status> {
    match digest.split_once(':') {
        Some(("sha256", hex)) if hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Ok(folder.join("blobs/sha256").join(hex))
        }
        _ => Err(Status::invalid_argument(format!("`{digest}` is no digest of SHA-256"))),
    }
}

fn failed(error: io::Error) -> Status {
    match error.kind() {
        io::ErrorKind::NotFound => Status::not_found(error.to_string()),
        _ => Status::internal(error.to_string()),
    }
}

async fn info(caches: Caches, request: Request<InfoRequest>) -> Result<Response<InfoResponse>, Status> {
    let folder = caches.folder(request.metadata())?;
    let digest = request.into_inner().digest;
    let size = tokio::fs::metadata(blob(&folder, &digest)?).await.map_err(failed)?.len();
    let info = Info { digest, size: i64::try_from(size).unwrap_or(i64::MAX), labels: HashMap::new() };
    Ok(Response::new(InfoResponse { info: Some(info) }))
}

/// Labels of blobs are for an engine's own housekeeping: none are kept.
async fn update(caches: Caches, request: Request<UpdateRequest>) -> Result<Response<InfoResponse>, Status> {
    caches.folder(request.metadata())?;
    Ok(Response::new(InfoResponse { info: request.into_inner().info }))
}

type Pieces = BoxStream<'static, Result<ReadResponse, Status>>;

async fn read(caches: Caches, request: Request<ReadRequest>) -> Result<Response<Pieces>, Status> {
    let folder = caches.folder(request.metadata())?;
    let ReadRequest { digest, offset, size } = request.into_inner();
    let mut file = File::open(blob(&folder, &digest)?).await.map_err(failed)?;
    let start = u64::try_from(offset).unwrap_or(0);
    file.seek(SeekFrom::Start(start)).await.map_err(failed)?;
    // No size means all that is left.
    let left = u64::try_from(size).ok().filter(|size| *size > 0).unwrap_or(u64::MAX);
    let (sender, pieces) = mpsc::channel(PIECES);
    tokio::spawn(async move {
        let mut file = file.take(left);
        let mut offset = offset.max(0);
        loop {
            let mut data = vec![0; PIECE];
            let piece = match file.read(&mut data).await {
                Ok(0) => break,
                Ok(read) => {
                    data.truncate(read);
                    let piece = ReadResponse { offset, data };
                    offset = offset.saturating_add(i64::try_from(read).unwrap_or(i64::MAX));
                    Ok(piece)
                }
                Err(error) => Err(failed(error)),
            };
            let over = piece.is_err();
            if sender.send(piece).await.is_err() || over {
                break;
            }
        }
    });
    Ok(Response::new(super::received(pieces)))
}

/// What was begun is not gone on with: it is written anew.
async fn status(caches: Caches, request: Request<RefRequest>) -> Result<Response<Empty>, Status> {
    caches.folder(request.metadata())?;
    Err(Status::not_found(format!("nothing of `{}` is here", request.into_inner().r#ref)))
}

async fn abort(caches: Caches, request: Request<RefRequest>) -> Result<Response<Empty>, Status> {
    let folder = caches.folder(request.metadata())?;
    tokio::fs::remove_file(ingest(&folder, &request.into_inner().r#ref)).await.ok();
    Ok(Response::new(Empty {}))
}

/// Where a blob stands until it is whole. The engine's name for it may be anything.
fn ingest(folder: &Path, name: &str) -> PathBuf {
    folder.join("ingest").join(&blake3::hash(name.as_bytes()).to_hex()[..32])
}

type Written = BoxStream<'static, Result<WriteResponse, Status>>;

async fn write(caches: Caches, request: Request<Streaming<WriteRequest>>) -> Result<Response<Written>, Status> {
    let folder = caches.folder(request.metadata())?;
    let (sender, answers) = mpsc::channel(PIECES);
    let mut asked = request.into_inner();
    tokio::spawn(async move {
        let mut begun: Option<Ingest> = None;
        loop {
            let answer = match asked.message().await {
                Ok(Some(request)) => Ingest::take(&mut begun, &folder, request).await,
                Ok(None) | Err(_) => break,
            };
            let over = answer.as_ref().map_or(true, |answer| answer.action == COMMIT);
            if sender.send(answer).await.is_err() || over {
                break;
            }
        }
    });
    Ok(Response::new(super::received(answers)))
}

/// A blob that is being written.
struct Ingest {
    path: PathBuf,
    file: File,
    hash: Sha256,
    length: i64,
}

impl Ingest {
    async fn take(begun: &mut Option<Self>, folder: &Path, request: WriteRequest) -> Result<WriteResponse, Status> {
        let WriteRequest { action, r#ref, total, expected, offset, data } = request;
        if !expected.is_empty() && tokio::fs::try_exists(blob(folder, &expected)?).await.map_err(failed)? {
            return Err(Status::already_exists(format!("{expected} is here")));
        }
        let own = match begun {
            Some(own) => own,
            None => begun.insert(Self::begin(ingest(folder, &r#ref)).await.map_err(failed)?),
        };
        if !data.is_empty() {
            if offset != own.length {
                return Err(Status::out_of_range(format!("{offset} is not where {} ends", own.length)));
            }
            own.file.write_all(&data).await.map_err(failed)?;
            own.hash.update(&data);
            own.length = own.length.saturating_add(i64::try_from(data.len()).unwrap_or(i64::MAX));
        }
        let mut answer = WriteResponse { action, offset: own.length, total, digest: String::new() };
        if action == COMMIT {
            answer.digest = own.commit(folder, total, &expected).await?;
        }
        Ok(answer)
    }

    async fn begin(path: PathBuf) -> io::Result<Self> {
        tokio::fs::create_dir_all(path.parent().unwrap_or(&path)).await?;
        Ok(Self { file: File::create(&path).await?, path, hash: Sha256::new(), length: 0 })
    }

    async fn commit(&mut self, folder: &Path, total: i64, expected: &str) -> Result<String, Status> {
        self.file.sync_all().await.map_err(failed)?;
        let hash = std::mem::take(&mut self.hash).finalize();
        let digest = format!("sha256:{}", hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
        if (total > 0 && total != self.length) || (!expected.is_empty() && expected != digest) {
            return Err(Status::failed_precondition(format!("{digest} came in place of {expected}")));
        }
        let blob = blob(folder, &digest)?;
        tokio::fs::create_dir_all(blob.parent().unwrap_or(folder)).await.map_err(failed)?;
        tokio::fs::rename(&self.path, blob).await.map_err(failed)?;
        Ok(digest)
    }
}

/// containerd's content service (`containerd.services.content.v1`), as far as a build's cache needs it.
#[derive(Clone)]
pub(super) struct ContentServer(pub Caches);

impl NamedService for ContentServer {
    const NAME: &'static str = "containerd.services.content.v1.Content";
}

impl tower::Service<HttpRequest<Body>> for ContentServer {
    type Response = HttpResponse<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<HttpResponse<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest<Body>) -> Self::Future {
        let caches = self.0.clone();
        Box::pin(async move {
            let method = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
            Ok(match method.as_str() {
                "Info" => {
                    Grpc::new(ProstCodec::default()).unary(service_fn(|r| info(caches.clone(), r)), request).await
                }
                "Update" => {
                    Grpc::new(ProstCodec::default()).unary(service_fn(|r| update(caches.clone(), r)), request).await
                }
                "Read" => {
                    let read = service_fn(|r| read(caches.clone(), r));
                    Grpc::new(ProstCodec::default()).server_streaming(read, request).await
                }
                "Status" => {
                    Grpc::new(ProstCodec::default()).unary(service_fn(|r| status(caches.clone(), r)), request).await
                }
                "Write" => {
                    let write = service_fn(|r| write(caches.clone(), r));
                    let mut codec = Grpc::new(ProstCodec::default()).max_decoding_message_size(usize::MAX);
                    codec.streaming(write, request).await
                }
                "Abort" => {
                    Grpc::new(ProstCodec::default()).unary(service_fn(|r| abort(caches.clone(), r)), request).await
                }
                other => Status::unimplemented(format!("a cache has no {other}")).into_http(),
            })
        })
    }
}

/// `WriteAction`: the blob is whole.
const COMMIT: i32 = 2;

#[derive(Clone, PartialEq, prost::Message)]
struct Empty {}

#[derive(Clone, PartialEq, prost::Message)]
struct Info {
    #[prost(string, tag = "1")]
    digest: String,
    #[prost(int64, tag = "2")]
    size: i64,
    #[prost(map = "string, string", tag = "5")]
    labels: HashMap<String, String>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct InfoRequest {
    #[prost(string, tag = "1")]
    digest: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct InfoResponse {
    #[prost(message, optional, tag = "1")]
    info: Option<Info>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct UpdateRequest {
    #[prost(message, optional, tag = "1")]
    info: Option<Info>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ReadRequest {
    #[prost(string, tag = "1")]
    digest: String,
    #[prost(int64, tag = "2")]
    offset: i64,
    #[prost(int64, tag = "3")]
    size: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ReadResponse {
    #[prost(int64, tag = "1")]
    offset: i64,
    #[prost(bytes = "vec", tag = "2")]
    data: Vec<u8>,
}

/// Of `Status` and `Abort`.
#[derive(Clone, PartialEq, prost::Message)]
struct RefRequest {
    #[prost(string, tag = "1")]
    r#ref: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct WriteRequest {
    #[prost(int32, tag = "1")]
    action: i32,
    #[prost(string, tag = "2")]
    r#ref: String,
    #[prost(int64, tag = "3")]
    total: i64,
    #[prost(string, tag = "4")]
    expected: String,
    #[prost(int64, tag = "5")]
    offset: i64,
    #[prost(bytes = "vec", tag = "6")]
    data: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct WriteResponse {
    #[prost(int32, tag = "1")]
    action: i32,
    #[prost(int64, tag = "4")]
    offset: i64,
    #[prost(int64, tag = "5")]
    total: i64,
    #[prost(string, tag = "6")]
    digest: String,
}

//! Building an image with the engine's classic builder.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;

use bollard::models::BuildInfo;
use bollard::query_parameters::BuildImageOptions;
use bytes::Bytes;
use futures_util::TryStreamExt;
use serde_json::json;

use super::super::connect::{PATIENCE, patient};
use super::super::request::Amendment;
use super::super::{Docker, credentials, error};
use super::hook::QUOTED;
use super::image::Layers;
use super::{Report, pipe};
use crate::context::{self, Folder};
use crate::engine::EngineError;
use crate::event::Progress;
use crate::model::{Build, Dockerfile, ImageRef, Ulimit};
use crate::state::label;

/// Dropping the future closes the connection, which ends the build on the engine's side.
pub(super) async fn build(
    docker: &Docker,
    build: &Build,
    tag: &ImageRef,
    digest: &str,
    progress: Report<'_>,
) -> Result<(), EngineError> {
    let folder = open(build).await?;
    let mut options = options(build, tag, digest);
    if let Some(folder) = &folder {
        options.dockerfile.clone_from(&folder.dockerfile);
    }
    let client = amendment(docker, build).await.apply(&patient(&docker.client, PATIENCE));
    let (body, archive) = match folder {
        Some(folder) => {
            let (pieces, archive) = pipe::send(move |to| folder.write_tar(to));
            (bollard::body_try_stream(pieces), Some(archive))
        }
        None => (bollard::body_full(Bytes::new()), None),
    };
    let mut output = Output { progress, layers: Layers::default(), line: String::new(), lines: Vec::new() };
    let mut news = client.build_image(options, None, Some(body));
    let built = loop {
        match news.try_next().await {
            Ok(Some(info)) => output.hear(info),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error::plain(error)),
        }
    };
    drop(news);
    output.end();
    // A context that could not be read makes the engine complain about half an archive: the cause is here.
    if built.is_err()
        && let Some(archive) = archive
        && let Ok(Err(error)) = archive.await
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        return Err(EngineError::Local(format!("the build context cannot be sent: {error}")));
    }
    match built {
        Ok(()) => Ok(()),
        Err(error @ EngineError::Broken(_)) => Err(error),
        Err(error) => Err(EngineError::Build { message: error.to_string(), output: output.quoted() }),
    }
}

/// `None` for a context that the engine fetches itself.
async fn open(build: &Build) -> Result<Option<Folder>, EngineError> {
    if !context::is_local(&build.context) {
        return match build.dockerfile {
            Dockerfile::Path(_) => Ok(None),
            Dockerfile::Inline(_) => Err(EngineError::Refused(
                "a Dockerfile in the file needs a context that is a folder of this machine".to_owned(),
            )),
        };
    }
    let (folder, dockerfile) = (PathBuf::from(&build.context), build.dockerfile.clone());
    let opened = tokio::task::spawn_blocking(move || Folder::open(&folder, &dockerfile)).await;
    match opened {
        Ok(Ok(folder)) => Ok(Some(folder)),
        Ok(Err(error)) => Err(EngineError::Local(error.to_string())),
        Err(error) => Err(EngineError::Local(format!("the build context cannot be read: {error}"))),
    }
}

fn options(build: &Build, tag: &ImageRef, digest: &str) -> BuildImageOptions {
    let mut labels: HashMap<_, _> = build.labels.clone().into_iter().collect();
    labels.insert(label::BUILD.to_owned(), digest.to_owned());
    let set = |arguments: &Build| {
        arguments.args.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?))).collect()
    };
    BuildImageOptions {
        dockerfile: match &build.dockerfile {
            Dockerfile::Path(path) => path.to_string(),
            Dockerfile::Inline(_) => String::new(),
        },
        t: Some(tag.to_string()),
        remote: (!context::is_local(&build.context)).then(|| build.context.clone()),
        nocache: build.no_cache,
        cachefrom: (!build.cache_from.is_empty()).then(|| build.cache_from.clone()),
        pull: build.pull.then(|| "1".to_owned()),
        rm: true,
        forcerm: true,
        buildargs: Some(set(build)),
        labels: Some(labels),
        networkmode: build.network.clone(),
        platform: build.platforms.first().cloned().unwrap_or_default(),
        target: build.target.clone().unwrap_or_default(),
        ..Default::default()
    }
}

/// What the client's type cannot say: values that come more than once, and large numbers.
async fn amendment(docker: &Docker, build: &Build) -> Amendment {
    let mut amendment = Amendment::version(docker.rules.api);
    for tag in &build.tags {
        amendment = amendment.query("t", tag);
    }
    for host in &build.extra_hosts {
        amendment = amendment.query("extrahosts", host);
    }
    if let Some(bytes) = build.shm_size {
        amendment = amendment.query("shmsize", bytes.to_string());
    }
    if !build.ulimits.is_empty() {
        let limit =
            |(name, Ulimit { soft, hard }): (&String, &Ulimit)| json!({"Name": name, "Soft": soft, "Hard": hard});
        let limits: Vec<_> = build.ulimits.iter().map(limit).collect();
        amendment = amendment.query("ulimits", json!(limits).to_string());
    }
    if let Some(isolation) = &build.isolation {
        amendment = amendment.query("isolation", isolation);
    }
    let logins: HashMap<_, _> = credentials::all(&docker.config).await.into_iter().collect();
    if logins.is_empty() { amendment } else { amendment.header("x-registry-config", credentials::header(&logins)) }
}

/// What the builder prints, line by line; the last lines are kept for the message of a failure.
struct Output<'a> {
    progress: Report<'a>,
    layers: Layers,
    line: String,
    lines: Vec<String>,
}

impl Output<'_> {
    fn hear(&mut self, info: BuildInfo) {
        if let Some(text) = info.stream {
            self.line.push_str(&text);
            while let Some(end) = self.line.find('\n') {
                let line: String = self.line.drain(..=end).collect();
                self.say(line);
            }
        }
        // A base image on its way.
        let detail = info.progress_detail.unwrap_or_default();
        let news = self.layers.hear(info.id.as_deref(), info.status.as_deref(), detail.current, detail.total);
        if let Some(bytes) = news {
            (self.progress)(bytes);
        }
    }

    fn end(&mut self) {
        let rest = std::mem::take(&mut self.line);
        self.say(rest);
    }

    fn say(&mut self, line: String) {
        let line = line.trim_end();
        if line.is_empty() {
            return;
        }
        (self.progress)(Progress::Line(line.to_owned()));
        self.lines.push(line.to_owned());
        if self.lines.len() > QUOTED {
            self.lines.remove(0);
        }
    }

    fn quoted(&self) -> String {
        self.lines.join("\n")
    }
}

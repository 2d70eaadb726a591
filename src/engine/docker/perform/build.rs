//! Building an image, with the builder that can.

use std::collections::BTreeMap;

use super::super::Docker;
use super::{Report, classic, image};
use crate::engine::{Done, EngineError};
use crate::event::Progress;
use crate::model::{Build, Content, ImageRef};
use crate::rules::{Builder, Unbuildable};

/// Dropping the future ends the build on the engine's side.
pub(super) async fn build(
    docker: &Docker,
    build: &Build,
    secrets: &BTreeMap<String, Content>,
    tag: &ImageRef,
    digest: &str,
    progress: Report<'_>,
) -> Result<Done, EngineError> {
    match docker.rules.builder_of(build) {
        Ok(Builder::Classic) => {
            if let (Builder::BuildKit, Some((key, why))) = (docker.rules.builder, docker.rules.only_classic(build)) {
                progress(Progress::Line(format!("build.{key} {why}: the classic builder makes this image")));
            }
            classic::build(docker, build, tag, digest, progress).await?;
        }
        Ok(Builder::BuildKit) => buildkit(docker, build, secrets, tag, digest, progress).await?,
        Err(Unbuildable { key, why }) => return Err(EngineError::Refused(format!("build.{key} {why}"))),
    }
    docker.known.forget_images();
    image::id(docker, tag).await.map(Done::Image)
}

#[cfg(feature = "buildkit")]
use super::super::buildkit::build as buildkit;

#[cfg(not(feature = "buildkit"))]
async fn buildkit(
    _: &Docker,
    _: &Build,
    _: &BTreeMap<String, Content>,
    _: &ImageRef,
    _: &str,
    _: Report<'_>,
) -> Result<(), EngineError> {
    Err(EngineError::Refused("this dsenv is made without BuildKit".to_owned()))
}

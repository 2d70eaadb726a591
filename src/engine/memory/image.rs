//! Images, their references, pulls and builds.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::behaviour::{self, Behaviour};
use super::clock::Moment;
use super::world::World;
use crate::engine::EngineError;
use crate::model::{Build, Dockerfile, ImageRef, Probe};
use crate::state::ImageId;
use crate::state::label::{self, Labels};

/// What an image brings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Image {
    /// Tells this image from another one of the same reference.
    pub revision: String,
    /// What is on it.
    pub labels: Labels,
    /// `VOLUME`: made with each container.
    pub volumes: BTreeSet<String>,
    /// `ENV`
    pub environment: BTreeMap<String, String>,
    /// `ENTRYPOINT`
    pub entrypoint: Vec<String>,
    /// `CMD`
    pub command: Vec<String>,
    /// `HEALTHCHECK`
    pub health: Option<Probe>,
    /// What it does, unless a container says otherwise; by default what its command says.
    pub run: Option<Behaviour>,
    /// When the engine got it.
    pub(super) arrived: Moment,
}

impl Image {
    /// An image that serves.
    pub fn new(revision: impl Into<String>) -> Self {
        Self { revision: revision.into(), command: vec!["serve".to_owned()], ..Self::default() }
    }

    fn id(&self) -> ImageId {
        ImageId(format!("sha256:{}", self.digest()))
    }

    /// A digest of what containers get from it.
    pub(super) fn content(&self) -> String {
        let mut same = self.clone();
        same.labels.remove(label::BUILD);
        same.digest()
    }

    fn digest(&self) -> String {
        let same = Self { arrived: Moment::default(), ..self.clone() };
        let text = serde_json::to_vec(&same).expect("an image of plain data has a JSON form");
        blake3::hash(&text).to_hex().to_string()
    }
}

/// The whole form of a reference, by which two spellings of one image are the same.
pub(super) fn normal(reference: &str) -> String {
    if reference.starts_with("sha256:") {
        return reference.to_owned();
    }
    let (name, rest) = match (reference.split_once('@'), reference.rsplit_once(':')) {
        (Some((name, digest)), _) => (name, format!("@{digest}")),
        (None, Some((name, tag))) if !tag.contains('/') => (name, format!(":{tag}")),
        _ => (reference, ":latest".to_owned()),
    };
    let first = name.split('/').next().unwrap_or(name);
    let has_host = name.contains('/') && (first.contains(['.', ':']) || first == "localhost");
    match (has_host, name.contains('/')) {
        (true, _) => format!("{name}{rest}"),
        (false, true) => format!("docker.io/{name}{rest}"),
        (false, false) => format!("docker.io/library/{name}{rest}"),
    }
}

impl World {
    /// The image that a reference or id means here.
    pub(super) fn image(&self, reference: &ImageRef) -> Option<(&ImageId, &Image)> {
        let name = normal(reference.as_str());
        match self.tags.get(&name) {
            Some(id) => self.images.get_key_value(id),
            None => self.images.get_key_value(&ImageId(name)),
        }
    }

    /// Puts an image into the engine's store under this reference.
    pub fn add_image(&mut self, reference: &ImageRef, image: Image) -> ImageId {
        let id = image.id();
        self.images.insert(id.clone(), Image { arrived: self.now, ..image });
        self.tags.insert(normal(reference.as_str()), id.clone());
        self.touch(&Labels::new());
        id
    }

    /// Says what a pull of this reference gives from now on.
    pub fn publish(&mut self, reference: &ImageRef, image: Image) {
        self.registry.insert(normal(reference.as_str()), image);
    }

    /// Takes a reference from the engine's store; the image itself stays while a container runs on it.
    pub fn remove_image(&mut self, reference: &ImageRef) {
        self.tags.remove(&normal(reference.as_str()));
        self.touch(&Labels::new());
    }

    /// Every reference can be pulled but those with a part `absent`.
    pub(super) fn pull(&mut self, reference: &ImageRef) -> Result<ImageId, EngineError> {
        let name = normal(reference.as_str());
        if name.split(['/', ':', '@']).any(|part| part == "absent") {
            return Err(EngineError::NoImage {
                image: reference.to_string(),
                cause: "the registry does not have it".to_owned(),
            });
        }
        let image = self.registry.get(&name).cloned().unwrap_or_else(|| Image::new(name));
        Ok(self.add_image(reference, image))
    }

    /// The id comes from the digest of the inputs. Fails where an argument [`behaviour::VARIABLE`] is `fail`, or an
    /// inline Dockerfile runs `false`; another value of that argument is what the image does. Of an inline Dockerfile
    /// `VOLUME` and `ENV` count; files are not read, so that one which copies none gives the same for other files.
    pub(super) fn build(&mut self, build: &Build, tag: &ImageRef, digest: &str) -> Result<ImageId, EngineError> {
        let text = match &build.dockerfile {
            Dockerfile::Path(_) => "",
            Dockerfile::Inline(text) => text,
        };
        let marked = build.args.get(behaviour::VARIABLE).and_then(Option::as_deref);
        if marked == Some("fail") || text.lines().any(|line| line.trim() == "RUN false") {
            return Err(EngineError::Build {
                message: "the command '/bin/sh -c false' returned a non-zero code: 1".to_owned(),
                output: "Step 2/2 : RUN false".to_owned(),
            });
        }
        let told =
            |word: &'static str| text.lines().filter_map(move |line| line.trim().strip_prefix(word)).map(str::trim);
        let copies = text.lines().any(|line| ["COPY ", "ADD "].iter().any(|word| line.trim().starts_with(word)));
        let from_text = matches!(build.dockerfile, Dockerfile::Inline(_)) && !copies;
        let revision = if from_text { format!("{text}{:?}", build.args) } else { digest.to_owned() };
        let mut image = Image::new(revision);
        image.volumes = told("VOLUME ").map(str::to_owned).collect();
        let variables = told("ENV ").filter_map(|pair| pair.split_once('='));
        image.environment = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        image.labels = build.labels.clone();
        image.labels.insert(label::BUILD.to_owned(), digest.to_owned());
        image.run = marked.and_then(Behaviour::parse);
        for extra in &build.tags {
            self.add_image(&ImageRef::new(extra.as_str()), image.clone());
        }
        Ok(self.add_image(tag, image))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_image_are_the_same() {
        for spelling in ["busybox", "busybox:latest", "library/busybox", "docker.io/library/busybox:latest"] {
            assert_eq!(normal(spelling), "docker.io/library/busybox:latest", "{spelling}");
        }
        assert_eq!(normal("localhost:5000/a"), "localhost:5000/a:latest");
        assert_eq!(normal("ghcr.io/a/b@sha256:00"), "ghcr.io/a/b@sha256:00");
    }
}

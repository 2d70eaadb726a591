//! Getting images from registries.

use std::collections::BTreeMap;

use bollard::query_parameters::CreateImageOptions;
use futures_util::TryStreamExt;

use super::super::connect::{PATIENCE, patient};
use super::super::request::Amendment;
use super::super::{Docker, credentials, error};
use super::Report;
use crate::engine::{Done, EngineError};
use crate::event::Progress;
use crate::model::ImageRef;
use crate::state::ImageId;

/// Dropping the future closes the connection, which ends the pull on the engine's side.
pub(super) async fn pull(
    docker: &Docker,
    image: &ImageRef,
    platform: Option<&str>,
    progress: Report<'_>,
) -> Result<Done, EngineError> {
    let options = CreateImageOptions {
        from_image: Some(with_tag(image.as_str())),
        platform: platform.unwrap_or_default().to_owned(),
        ..Default::default()
    };
    let mut client = patient(&docker.client, PATIENCE);
    if let Some(login) = credentials::login(&docker.config, credentials::registry(image.as_str())).await {
        let login = credentials::header(&login);
        client = Amendment::version(docker.rules.api).header("x-registry-auth", login).apply(&client);
    }
    let refused = |error| match error::plain(error) {
        broken @ EngineError::Broken(_) => broken,
        other => EngineError::NoImage { image: image.to_string(), cause: other.to_string() },
    };
    let mut layers = Layers::default();
    let mut news = Box::pin(client.create_image(Some(options), None, None));
    while let Some(info) = news.try_next().await.map_err(refused)? {
        let detail = info.progress_detail.unwrap_or_default();
        if let Some(bytes) = layers.hear(info.id.as_deref(), info.status.as_deref(), detail.current, detail.total) {
            progress(bytes);
        }
    }
    docker.known.forget_images();
    id(docker, image).await.map(Done::Image)
}

/// The id that a reference has now.
pub(super) async fn id(docker: &Docker, image: &ImageRef) -> Result<ImageId, EngineError> {
    let inspect = docker.client.inspect_image(image.as_str()).await;
    let inspect = inspect.map_err(|error| error::without_image(image.as_str(), error))?;
    Ok(ImageId(inspect.id.unwrap_or_default()))
}

/// Without a tag the engine would pull every one.
fn with_tag(image: &str) -> String {
    let name = image.rsplit('/').next().unwrap_or(image);
    if name.contains([':', '@']) { image.to_owned() } else { format!("{image}:latest") }
}

/// Bytes of all layers together. A layer is fetched, then unpacked; only the first counts.
#[derive(Debug, Default)]
pub(in super::super) struct Layers(BTreeMap<String, (u64, u64)>);

impl Layers {
    /// The sum after one message of the engine; `None` for one that says nothing of bytes.
    pub fn hear(
        &mut self,
        layer: Option<&str>,
        status: Option<&str>,
        current: Option<i64>,
        total: Option<i64>,
    ) -> Option<Progress> {
        match (layer?, status?) {
            (layer, "Downloading") => {
                let number = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
                self.0.insert(layer.to_owned(), (number(current)?, number(total)?));
            }
            (layer, "Download complete") => {
                let (done, total) = self.0.get_mut(layer)?;
                *done = *total;
            }
            _ => return None,
        }
        let (done, total) = self.0.values().fold((0, 0), |sum, layer| (sum.0 + layer.0, sum.1 + layer.1));
        Some(Progress::Bytes { done, total })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_tag_is_pulled() {
        assert_eq!(with_tag("busybox"), "busybox:latest");
        assert_eq!(with_tag("localhost:5000/app"), "localhost:5000/app:latest");
        assert_eq!(with_tag("localhost:5000/app:1"), "localhost:5000/app:1");
        assert_eq!(with_tag("app@sha256:0"), "app@sha256:0");
    }

    #[test]
    fn bytes_of_all_layers_are_one_number() {
        let mut layers = Layers::default();
        assert_eq!(layers.hear(Some("a"), Some("Pulling fs layer"), None, None), None);
        layers.hear(Some("a"), Some("Downloading"), Some(10), Some(100));
        let news = layers.hear(Some("b"), Some("Downloading"), Some(5), Some(50));
        assert_eq!(news, Some(Progress::Bytes { done: 15, total: 150 }));
        let news = layers.hear(Some("a"), Some("Download complete"), None, None);
        assert_eq!(news, Some(Progress::Bytes { done: 105, total: 150 }));
        assert_eq!(layers.hear(Some("a"), Some("Extracting"), Some(1), Some(100)), None);
    }
}

//! What an engine says of itself.

use bollard::models::SystemVersion;

use crate::rules::{ApiVersion, Builder, Dialect};

/// The oldest version that is supported, that of Engine 20.10.
pub(super) const OLDEST: ApiVersion = ApiVersion::v1(41);

/// An engine's name for people, and the newest version of the API that it speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Greeted {
    pub dialect: Dialect,
    /// `Docker Engine 20.10.24`; a distribution's suffix is left out.
    pub engine: String,
    pub api: ApiVersion,
    pub builder: Builder,
}

impl Greeted {
    /// From the answer of `/version`. An engine that names no version of the API is taken for the oldest.
    pub fn of(version: &SystemVersion) -> Self {
        let component = version.components.iter().flatten().next();
        let product = component.map_or("Engine", |component| component.name.as_str());
        let number = component.map(|component| component.version.as_str()).or(version.version.as_deref());
        let api = version.api_version.as_deref().and_then(parse).unwrap_or(OLDEST);
        // Here an engine does not say what it builds with. Docker's have BuildKit, but on Windows.
        let builder = match (product, version.os.as_deref()) {
            ("Engine", Some("linux")) => Builder::BuildKit,
            _ => Builder::Classic,
        };
        let dialect = if product.starts_with("Podman") { Dialect::Podman } else { Dialect::Docker };
        Self { dialect, engine: name(product, number.unwrap_or_default()), api, builder }
    }

    /// From the headers `Server` (`Docker/20.10.24+dfsg1 (linux)`) and `Api-Version`, which are in the head of each
    /// answer, and `Builder-Version` (1, 2 or nothing), which is in that of a ping. `None` if they are not what an engine
    /// writes: something stands in between.
    pub fn heard(server: &str, api: &str, builder: Option<&str>) -> Option<Self> {
        let (product, number) = server.split(' ').next()?.split_once('/')?;
        let builder = match (product, builder) {
            (_, Some("2")) => Builder::BuildKit,
            // Engine 20.10 leaves it out: it has both, and favours none.
            ("Docker", None) if server.ends_with("(linux)") => Builder::BuildKit,
            _ => Builder::Classic,
        };
        let (dialect, words) = match product {
            "Docker" => (Dialect::Docker, "Engine"),
            "Libpod" => (Dialect::Podman, "Podman Engine"),
            _ => return None,
        };
        Some(Self { dialect, engine: name(words, number), api: parse(api)?, builder })
    }
}

fn name(product: &str, number: &str) -> String {
    let product = if product == "Engine" { "Docker Engine" } else { product };
    let number = number.split_once('+').map_or(number, |(number, _)| number);
    format!("{product} {number}").trim_end().to_owned()
}

fn parse(version: &str) -> Option<ApiVersion> {
    let (major, minor) = version.split_once('.')?;
    Some(ApiVersion { major: major.parse().ok()?, minor: minor.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bollard::models::SystemVersionComponents;

    #[test]
    fn the_head_of_an_answer_names_the_engine_as_its_version_does() {
        let engine = SystemVersionComponents { name: "Engine".into(), version: "20.10.24+dfsg1".into(), details: None };
        let version = SystemVersion {
            version: Some("20.10.24+dfsg1".into()),
            api_version: Some("1.41".into()),
            os: Some("linux".into()),
            components: Some(vec![engine]),
            ..SystemVersion::default()
        };
        let heard = Greeted::heard("Docker/20.10.24+dfsg1 (linux)", "1.41", None).expect("an engine wrote it");
        let engine = "Docker Engine 20.10.24".into();
        let (api, builder) = (ApiVersion::v1(41), Builder::BuildKit);
        assert_eq!(heard, Greeted { dialect: Dialect::Docker, engine, api, builder });
        assert_eq!(heard, Greeted::of(&version));
        let podman = Greeted::heard("Libpod/4.3.1 (linux)", "1.41", Some("")).expect("an engine wrote it");
        assert_eq!(
            (podman.dialect, podman.engine.as_str(), podman.builder),
            (Dialect::Podman, "Podman Engine 4.3.1", Builder::Classic)
        );
    }

    #[test]
    fn another_server_says_nothing_of_the_engine() {
        assert_eq!(Greeted::heard("nginx/1.22", "1.41", None), None);
        assert_eq!(Greeted::heard("Docker/28.5 (linux)", "new", Some("2")), None);
    }
}

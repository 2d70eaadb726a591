//! What an engine says of itself.

use bollard::models::SystemVersion;

use crate::rules::ApiVersion;

/// The oldest version that is supported, that of Engine 20.10.
pub(super) const OLDEST: ApiVersion = ApiVersion::v1(41);

/// An engine's name for people, and the newest version of the API that it speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Greeted {
    /// `Docker Engine 20.10.24`; a distribution's suffix is left out.
    pub engine: String,
    pub api: ApiVersion,
}

impl Greeted {
    /// From the answer of `/version`. An engine that names no version of the API is taken for the oldest.
    pub fn of(version: &SystemVersion) -> Self {
        let component = version.components.iter().flatten().next();
        let product = component.map_or("Engine", |component| component.name.as_str());
        let number = component.map(|component| component.version.as_str()).or(version.version.as_deref());
        let api = version.api_version.as_deref().and_then(parse).unwrap_or(OLDEST);
        Self { engine: name(product, number.unwrap_or_default()), api }
    }

    /// From the headers `Server` (`Docker/20.10.24+dfsg1 (linux)`) and `Api-Version`, which are in the head of each
    /// answer. `None` if they are not what an engine writes: something stands in between.
    pub fn heard(server: &str, api: &str) -> Option<Self> {
        let (product, number) = server.split(' ').next()?.split_once('/')?;
        let product = match product {
            "Docker" => "Engine",
            "Libpod" => "Podman Engine",
            _ => return None,
        };
        Some(Self { engine: name(product, number), api: parse(api)? })
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

    #[test]
    fn the_head_of_an_answer_names_the_engine_as_its_version_does() {
        let version = SystemVersion {
            version: Some("20.10.24+dfsg1".into()),
            api_version: Some("1.41".into()),
            ..SystemVersion::default()
        };
        let heard = Greeted::heard("Docker/20.10.24+dfsg1 (linux)", "1.41").expect("an engine wrote it");
        assert_eq!(heard, Greeted { engine: "Docker Engine 20.10.24".into(), api: ApiVersion::v1(41) });
        assert_eq!(heard, Greeted::of(&version));
        let podman = Greeted::heard("Libpod/4.3.1 (linux)", "1.41").expect("an engine wrote it");
        assert_eq!(podman.engine, "Podman Engine 4.3.1");
    }

    #[test]
    fn another_server_says_nothing_of_the_engine() {
        assert_eq!(Greeted::heard("nginx/1.22", "1.41"), None);
        assert_eq!(Greeted::heard("Docker/28.5 (linux)", "new"), None);
    }
}

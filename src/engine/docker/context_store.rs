//! Docker's named contexts: `contexts/meta/<id>/meta.json`, certificates in `contexts/tls/<id>/docker/`.

use camino::Utf8Path;
use serde::Deserialize;

use super::address::{Address, Tls};
use crate::engine::{EngineError, file};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Meta {
    name: String,
    #[serde(default)]
    endpoints: Endpoints,
}

#[derive(Deserialize, Default)]
struct Endpoints {
    docker: Option<Docker>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Docker {
    host: String,
}

/// The address of the context with this name.
pub(super) fn find(config_folder: &Utf8Path, name: &str) -> Result<Address, EngineError> {
    let store = config_folder.join("contexts");
    let mut names = Vec::new();
    for entry in store.join("meta").read_dir_utf8().into_iter().flatten().flatten() {
        // One that cannot be read is not the one that was asked for, or is reported as absent.
        let Ok(text) = file::read(entry.path().join("meta.json").as_std_path()) else { continue };
        let Ok(meta) = serde_json::from_slice::<Meta>(&text) else { continue };
        if meta.name != name {
            names.push(meta.name);
            continue;
        }
        let Some(docker) = meta.endpoints.docker else { continue };
        let folder = store.join("tls").join(entry.file_name()).join("docker");
        let tls = folder.join("ca.pem").exists().then(|| Tls::in_folder(&folder));
        return Ok(Address { url: docker.host, named_by: format!("context `{name}`"), tls });
    }
    names.push("default".to_owned());
    names.sort();
    Err(EngineError::Unreachable {
        address: format!("context `{name}`"),
        cause: format!("there is no such context in {store}"),
        hints: vec![format!("contexts at hand: {}", names.join(", ")), "`docker context create` makes one".to_owned()],
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use camino::Utf8PathBuf;

    fn store() -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
        fs::create_dir_all(path.join("contexts/meta/0a1b")).unwrap();
        fs::create_dir_all(path.join("contexts/tls/0a1b/docker")).unwrap();
        let meta =
            r#"{"Name":"lab","Metadata":{},"Endpoints":{"docker":{"Host":"tcp://box:2376","SkipTLSVerify":false}}}"#;
        fs::write(path.join("contexts/meta/0a1b/meta.json"), meta).unwrap();
        fs::write(path.join("contexts/tls/0a1b/docker/ca.pem"), "").unwrap();
        (folder, path)
    }

    #[test]
    fn a_context_is_found_by_its_name_with_its_certificates() {
        let (_folder, path) = store();
        let address = find(&path, "lab").unwrap();
        assert_eq!(address.url, "tcp://box:2376");
        assert_eq!(address.tls, Some(Tls::in_folder(&path.join("contexts/tls/0a1b/docker"))));
    }

    #[test]
    fn an_unknown_context_lists_those_at_hand() {
        let (_folder, path) = store();
        let EngineError::Unreachable { hints, .. } = find(&path, "lob").unwrap_err() else { panic!("it is not there") };
        assert_eq!(hints[0], "contexts at hand: default, lab");
    }
}

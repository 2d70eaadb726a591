//! What Compose knows a service's containers by.
//!
//! Compose takes a container for its own, and for up to date, if a label holds the digest that it computes of the
//! service's definition (`pkg/compose/hash.go` of Compose 2.40): SHA-256 of the definition as Go prints it in JSON,
//! without what only a client needs. [`emit`] prints the same text, so that digest can be given to what dsenv makes.

use sha2::{Digest, Sha256};

use crate::model::{Compose, ComposeService, ServiceName};
use crate::spec::emit::{self, Audience};
use crate::spec::types::{Condition, Deploy, Service};
use crate::spec::{Loaded, Spec};

/// What Compose would write on the project's objects.
pub(super) fn compose(loaded: &Loaded) -> Compose {
    let Loaded { spec, main_files, .. } = loaded;
    Compose {
        working_dir: spec.folder.to_string(),
        config_files: main_files.iter().map(ToString::to_string).collect(),
        services: services(spec).collect(),
    }
}

fn services(spec: &Spec) -> impl Iterator<Item = (ServiceName, ComposeService)> {
    spec.services.iter().map(|(name, service)| {
        let service = ComposeService { config_hash: config_hash(service), depends_on: depends_on(service) };
        (ServiceName::new(name), service)
    })
}

/// The digest of a service's definition.
fn config_hash(service: &Service) -> String {
    let hashed = Service {
        build: None,
        pull_policy: None,
        pull_refresh_after: None,
        scale: None,
        deploy: service.deploy.clone().map(|deploy| Deploy { replicas: None, ..deploy }),
        depends_on: Default::default(),
        profiles: Vec::new(),
        ..service.clone()
    };
    let text = as_go_prints(&emit::value(&hashed, Audience::Json).to_string());
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// JSON as Go's encoder prints it: what could end a script in a web page is escaped.
fn as_go_prints(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => text += &format!("\\u{:04x}", u32::from(character)),
            other => text.push(other),
        }
    }
    text
}

/// `SERVICE:CONDITION:RESTART`, with commas between.
fn depends_on(service: &Service) -> String {
    let edges = service.depends_on.iter().map(|(name, edge)| {
        let condition = match edge.condition {
            Condition::ServiceStarted => "service_started",
            Condition::ServiceHealthy => "service_healthy",
            Condition::ServiceCompletedSuccessfully => "service_completed_successfully",
        };
        format!("{name}:{condition}:{}", edge.restart)
    });
    edges.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::testing::load_text;

    /// The digests that `docker compose config --hash '*'` of Compose 2.40.3 prints for the same file.
    #[test]
    fn the_digest_of_a_definition_is_the_one_that_compose_computes() {
        let compose = compose(&load_text(include_str!("../../tests/compose/hashed.yaml")));
        let hashes: Vec<_> = compose.services.iter().map(|(name, s)| (name.as_str(), s.config_hash.as_str())).collect();
        assert_eq!(
            hashes,
            [
                ("command", "b51e8d927fb76ddd6f2bcfa21ca2d12ee29362603d4c840b8c12a9a9b7b4a0fe"),
                ("plain", "2afd7866203dca40993313263173003833e9de9c3ad83f2f59484e32a5605234"),
                ("rich", "7a038b6bc18795ab8172de47bc1f2af64fc2d471590f48417c19467010dad4e5"),
            ]
        );
        assert_eq!(
            compose.services[&ServiceName::new("rich")].depends_on,
            "command:service_healthy:false,plain:service_started:true"
        );
    }

    #[test]
    fn what_only_a_client_needs_is_no_part_of_the_digest() {
        let hash = |keys: &str| {
            let text = format!("services: {{a: {{image: b}}, web: {{image: busybox{keys}}}}}");
            compose(&load_text(&text)).services[&ServiceName::new("web")].config_hash.clone()
        };
        let plain = hash("");
        for keys in [", scale: 3", ", pull_policy: never", ", depends_on: [a]", ", x-dsenv: {job: true}", ", x-note: 1"]
        {
            assert_eq!(hash(keys), plain, "{keys}");
        }
        assert_ne!(hash(", environment: {A: '1'}"), plain);
    }
}

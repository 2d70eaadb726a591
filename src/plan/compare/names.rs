//! Names on the engine are Compose's, so that an environment that Compose made is found.

use crate::model::{ContainerName, ProjectName, Service, ServiceName};

/// The name of a service's container: the user's own, or `<project>-<service>-<number>`.
pub fn container(project: &ProjectName, name: &ServiceName, service: Option<&Service>, number: u32) -> ContainerName {
    match service.and_then(|service| service.container_name.clone()) {
        Some(own) => own,
        None => ContainerName::new(format!("{project}-{name}-{number}")),
    }
}

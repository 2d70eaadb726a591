//! The floor: the engine calls that the work cannot do without, made raw, as parallel as serves best.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bollard::Docker;
use bollard::models::{ContainerCreateBody, HostConfig, NetworkCreateRequest};
use bollard::query_parameters as query;
use futures_util::{StreamExt, stream};

use super::measure::mark;

const JOBS: usize = 8;

/// What the floor's own objects are called.
fn named(rest: &str) -> String {
    format!("{}raw{rest}", mark())
}

pub struct Floor(Docker);

impl Floor {
    pub fn connect() -> Self {
        Self(Docker::connect_with_defaults().expect("an engine answers"))
    }

    /// The lists and the inspects of a look.
    pub async fn look(&self, project: &str) -> Duration {
        let docker = Docker::connect_with_defaults().expect("an engine answers");
        let started = Instant::now();
        let filters = HashMap::from([("label".to_owned(), vec![format!("com.docker.compose.project={project}")])]);
        let options = query::ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
        let networks = query::ListNetworksOptionsBuilder::default().filters(&filters).build();
        let volumes = query::ListVolumesOptionsBuilder::default().filters(&filters).build();
        let (containers, networks, volumes, image) = tokio::join!(
            docker.list_containers(Some(options)),
            docker.list_networks(Some(networks)),
            docker.list_volumes(Some(volumes)),
            docker.inspect_image("busybox:latest"),
        );
        networks.expect("listed");
        volumes.expect("listed");
        image.expect("there");
        let ids: Vec<String> = containers.expect("listed").into_iter().filter_map(|container| container.id).collect();
        stream::iter(&ids)
            .for_each_concurrent(16, |id| async {
                docker.inspect_container(id, None).await.expect("inspected");
            })
            .await;
        started.elapsed()
    }

    /// A network, then containers made and started.
    pub async fn create(&self, services: usize) -> Duration {
        let started = Instant::now();
        let network = NetworkCreateRequest { name: named("_default"), ..Default::default() };
        self.0.create_network(network).await.expect("created");
        stream::iter(0..services)
            .for_each_concurrent(JOBS, |number| async move {
                self.make(&named(&format!("-s{number}-1"))).await;
                self.0.start_container(&named(&format!("-s{number}-1")), None).await.expect("started");
            })
            .await;
        started.elapsed()
    }

    /// One of those that [`Self::create`] made is made anew beside it, stopped, started, removed, renamed.
    pub async fn change(&self, services: usize) -> Duration {
        let name = named("-s0-1");
        let next = format!("{name}.next");
        let started = Instant::now();
        self.look_raw(services).await;
        self.make(&next).await;
        let stop = query::StopContainerOptionsBuilder::default().t(1).build();
        self.0.stop_container(&name, Some(stop)).await.expect("stopped");
        self.0.start_container(&next, None).await.expect("started");
        self.0.remove_container(&name, None).await.expect("removed");
        let rename = query::RenameContainerOptionsBuilder::default().name(&name).build();
        self.0.rename_container(&next, rename).await.expect("renamed");
        started.elapsed()
    }

    /// All that [`Self::create`] made are stopped, removed, and the network after them.
    pub async fn destroy(&self, services: usize) -> Duration {
        let started = Instant::now();
        stream::iter(0..services)
            .for_each_concurrent(JOBS, |number| async move {
                let name = named(&format!("-s{number}-1"));
                let stop = query::StopContainerOptionsBuilder::default().t(1).build();
                self.0.stop_container(&name, Some(stop)).await.expect("stopped");
                self.0.remove_container(&name, None).await.expect("removed");
            })
            .await;
        self.0.remove_network(&named("_default")).await.expect("removed");
        started.elapsed()
    }

    async fn look_raw(&self, services: usize) {
        let options = query::ListContainersOptionsBuilder::default().all(true).build();
        self.0.list_containers(Some(options)).await.expect("listed");
        stream::iter(0..services)
            .for_each_concurrent(16, |number| async move {
                self.0.inspect_container(&named(&format!("-s{number}-1")), None).await.expect("inspected");
            })
            .await;
    }

    async fn make(&self, name: &str) {
        let options = query::CreateContainerOptionsBuilder::default().name(name).build();
        let body = ContainerCreateBody {
            image: Some("busybox:latest".into()),
            cmd: Some(vec!["sleep".into(), "100000".into()]),
            host_config: Some(HostConfig {
                init: Some(true),
                network_mode: Some(named("_default")),
                ..Default::default()
            }),
            ..Default::default()
        };
        self.0.create_container(Some(options), body).await.expect("created");
    }
}

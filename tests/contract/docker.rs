//! The real engine on the bench: the one that `DOCKER_HOST`, the current context or the default socket names. What
//! the seam does not offer is done with its own command line, `docker`.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use dsenv::engine::Engine;
use dsenv::engine::docker::{Docker, connect};
use dsenv::model::{Fixed, ProjectName};
use dsenv::state::{ContainerId, label};

use crate::lab::{Bench, IMAGE};

struct Real {
    engine: Docker,
    project: ProjectName,
}

/// A project of its own for each contract.
pub async fn docker() -> impl Bench {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    let environment: BTreeMap<String, String> = std::env::vars().collect();
    let home = environment.get("HOME").map(|home| home.as_str().into());
    let engine = match connect(None, &environment, home).await {
        Ok(engine) => engine,
        Err(error) => panic!("the contracts need a real engine too, and none answers: {error}"),
    };
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    have_image();
    Real { engine, project: ProjectName::new(format!("dsenvtest-{}-{number}", std::process::id())) }
}

/// Makes sure of the image: pulled, or where no registry answers made from this machine's static busybox.
fn have_image() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        if succeeds("image inspect", &[IMAGE]) || succeeds("pull -q", &[IMAGE]) {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let make = format!(
            "cd {} && mkdir bin tmp && cp \"$(command -v busybox)\" bin/busybox \
             && for applet in $(bin/busybox --list); do [ $applet = busybox ] || ln -s busybox bin/$applet; done \
             && tar c . | docker import -c 'ENV PATH=/bin' -c 'CMD [\"sh\"]' - {IMAGE}",
            folder.path().display()
        );
        let made = Command::new("sh").args(["-c", &make]).status().unwrap();
        assert!(made.success(), "{IMAGE} can be neither pulled nor made: install busybox-static, or load that image");
    });
}

fn succeeds(command: &str, arguments: &[&str]) -> bool {
    let command = Command::new("docker")
        .args(command.split(' '))
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    command.expect("the docker command is installed").success()
}

fn lines(command: &str, arguments: &[&str]) -> Vec<String> {
    let output = Command::new("docker").args(command.split(' ')).args(arguments).output();
    let output = output.expect("the docker command is installed");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[async_trait]
impl Bench for Real {
    fn engine(&self) -> &dyn Engine {
        &self.engine
    }

    fn project(&self) -> &ProjectName {
        &self.project
    }

    async fn fixed(&self, container: &ContainerId) -> Fixed {
        self.engine.definition(container).await.unwrap().0
    }

    async fn pause(&self, container: &ContainerId) {
        assert!(succeeds("pause", &[container.as_str()]));
    }

    async fn kick(&self, container: &ContainerId) {
        assert!(succeeds("rm -f", &[container.as_str()]));
    }

    fn unsupported(&self) -> &[&'static str] {
        // A kernel without real-time groups, or a block device without weights, has them in no engine.
        &["cpu_rt_period", "cpu_rt_runtime", "blkio_weight"]
    }

    async fn clear(&self) {
        let ours = [
            format!("label={}={}", label::ENV, self.project),
            format!("label={}={}", label::COMPOSE_PROJECT, self.project),
            format!("name={}", self.project),
        ];
        for filter in &ours {
            for id in lines("ps -aq --filter", &[filter]) {
                succeeds("rm -f", &[&id]);
            }
        }
        for filter in &ours {
            for id in lines("network ls -q --filter", &[filter]) {
                succeeds("network rm", &[&id]);
            }
            for name in lines("volume ls -q --filter", &[filter]) {
                succeeds("volume rm", &[&name]);
            }
        }
        for image in lines("images -q --filter", &[&format!("reference={}*", self.project)]) {
            succeeds("rmi -f", &[&image]);
        }
    }
}

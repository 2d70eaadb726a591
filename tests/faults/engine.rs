//! The engine under the test: the shared one, or one of the test's own that may be killed and started again.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub enum Engine {
    /// The one that `DOCKER_HOST` names, or the default one.
    Shared,
    /// One in this folder; it ends with this value.
    Own(PathBuf),
}

impl Engine {
    /// Starts one of its own, with the image of these tests.
    pub fn own() -> Self {
        let folder = std::env::temp_dir().join(format!("dsenvtest-{}", std::process::id()));
        script("engine-28.sh", &["start", folder.to_str().unwrap()], None);
        let engine = Self::Own(folder);
        script("busybox-image.sh", &[], Some(&engine.host()));
        engine
    }

    /// What `DOCKER_HOST` must be.
    pub fn host(&self) -> String {
        match self {
            Self::Shared => std::env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".into()),
            Self::Own(folder) => format!("unix://{}", folder.join("docker.sock").display()),
        }
    }

    pub fn socket(&self) -> PathBuf {
        let host = self.host();
        Path::new(host.strip_prefix("unix://").expect("the engine under test listens on a Unix socket")).to_owned()
    }

    /// Kills it, containers and all, and starts it again. The shared one is let be.
    pub fn restart(&self) {
        if let Self::Own(folder) = self {
            script("engine-28.sh", &["restart", folder.to_str().unwrap()], None);
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Self::Own(folder) = self {
            script("engine-28.sh", &["stop", folder.to_str().unwrap()], None);
        }
    }
}

fn script(name: &str, arguments: &[&str], host: Option<&str>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parts").join(name);
    let mut command = Command::new("sh");
    command.arg(path).args(arguments).env("ENGINE", "installed").stdin(Stdio::null()).stdout(Stdio::null());
    if let Some(host) = host {
        command.env("DOCKER_HOST", host);
    }
    assert!(command.status().unwrap().success(), "{name} {arguments:?}");
}

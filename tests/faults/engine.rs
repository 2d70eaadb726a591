//! The engine under the test: one of its own, which may be killed and started again, and of which nothing stays. What is
//! cut off again and again can leave an engine with a network that it never lets go of, so it is nobody else's.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// An engine in this folder; it ends with this value.
pub struct Engine(PathBuf);

impl Engine {
    /// Starts one, with the image of these tests.
    pub fn start() -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("dsenvtest-{}-{number}", std::process::id()));
        script("engine-28.sh", &["start", folder.to_str().unwrap()], None);
        let engine = Self(folder);
        script("busybox-image.sh", &[], Some(&engine.host()));
        engine
    }

    /// What `DOCKER_HOST` must be.
    pub fn host(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    pub fn socket(&self) -> PathBuf {
        self.0.join("docker.sock")
    }

    /// Kills it, containers and all, and starts it again.
    pub fn restart(&self) {
        script("engine-28.sh", &["restart", self.0.to_str().unwrap()], None);
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        script("engine-28.sh", &["stop", self.0.to_str().unwrap()], None);
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

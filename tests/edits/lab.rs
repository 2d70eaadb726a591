//! A project on the twin or on the real engine, and the binary that works on it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use tempfile::TempDir;

/// Where a project is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    Twin,
    /// The one that `DOCKER_HOST` or the default socket names.
    Engine,
}

pub struct Lab {
    pub on: On,
    pub project: String,
    folder: TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

impl Lab {
    pub fn new(on: On) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let project = format!("dsenvtest-edits-{}-{number}", std::process::id());
        Self { on, project, folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, spec: &str) {
        std::fs::write(self.path("env.yaml"), format!("name: {}\n{spec}", self.project)).unwrap();
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("dsenv"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("DSENV_") || name.starts_with("COMPOSE_"))
        {
            command.env_remove(name);
        }
        if self.on == On::Twin {
            command.args(["--host", "memory:world.json"]).env("DSENV_MEMORY_PACE", "50");
        }
        command.args(["--profile", "more"]).args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        let output = command.env("XDG_RUNTIME_DIR", self.folder.path()).output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub fn expect(&self, code: i32, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, code, "{:?}: {arguments:?}: {ran:#?}", self.on);
        ran
    }

    #[track_caller]
    pub fn apply(&self, spec: &str) {
        self.write(spec);
        self.expect(0, &["apply", "--yes"]);
    }

    /// The plan's JSON.
    #[track_caller]
    pub fn plan(&self) -> Value {
        serde_json::from_str(&self.expect(0, &["plan", "--format", "json"]).stdout).unwrap()
    }

    /// The plan is empty: nothing to do at all.
    #[track_caller]
    pub fn is_settled(&self, about: &str) {
        let plan = self.plan();
        assert_eq!(plan["steps"].as_array().unwrap().len(), 0, "{:?}: {about}: {:#}", self.on, changes(&plan));
    }

    /// Ids of containers by address.
    #[track_caller]
    pub fn ids(&self) -> BTreeMap<String, String> {
        let plan = self.plan();
        let text = |seen: &Value, key: &str| seen[key].as_str().unwrap().to_owned();
        let seen = plan["observed"].as_array().unwrap().iter();
        let seen = seen.map(|seen| (text(seen, "address"), text(seen, "id")));
        seen.filter(|(address, _)| address.starts_with("service.")).collect()
    }
}

/// What a plan does, what stays left out.
pub fn changes(plan: &Value) -> Value {
    let all = plan["resource_changes"].as_array().unwrap();
    all.iter().filter(|change| change["action"] != "keep").cloned().collect()
}

impl Drop for Lab {
    fn drop(&mut self) {
        if self.on == On::Engine {
            let script = format!(
                "docker ps -aq --filter label=dev.dsenv.env={0} | xargs -r docker rm -fv;
                 docker network ls -q --filter label=dev.dsenv.env={0} | xargs -r docker network rm;
                 docker volume ls -q --filter label=dev.dsenv.env={0} | xargs -r docker volume rm",
                self.project
            );
            let _ = Command::new("sh").args(["-c", &script]).output();
        }
    }
}

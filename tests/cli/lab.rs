//! A folder with a spec and a twin of an engine, and the binary run in it.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A folder with a spec and a twin of an engine in a file.
pub struct Lab {
    pub folder: TempDir,
}

/// How a run of the binary ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Lab {
    /// With this spec in `env.yaml`; its name is `lab`.
    pub fn new(services: &str) -> Self {
        let lab = Self { folder: tempfile::tempdir().unwrap() };
        lab.spec(services);
        lab
    }

    /// Writes another spec.
    pub fn spec(&self, services: &str) {
        std::fs::write(self.path("env.yaml"), format!("name: lab\n{services}")).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The binary with these arguments, nobody at a terminal, and no variable of ours.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("dsenv"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("DSENV_") || name.starts_with("COMPOSE_"))
        {
            command.env_remove(name);
        }
        command
            .args(["--host", "memory:world.json"])
            .args(arguments)
            .current_dir(self.folder.path())
            .env("DSENV_MEMORY_PACE", "20")
            .env("XDG_RUNTIME_DIR", self.folder.path())
            .env("USER", "ada")
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments).output().unwrap())
    }

    /// Runs and expects this exit code.
    #[track_caller]
    pub fn expect(&self, code: i32, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {ran:#?}");
        ran
    }

    /// Begins a run that the test will signal.
    pub fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The lines of a run in JSON.
    #[track_caller]
    pub fn events(&self, code: i32, arguments: &[&str]) -> Vec<serde_json::Value> {
        let ran = self.expect(code, arguments);
        ran.stdout.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
    }
}

pub fn ran(output: std::process::Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

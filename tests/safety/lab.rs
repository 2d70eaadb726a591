//! A project of its own on the real engine, and the binary run in its folder.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// A project with a folder.
pub struct Lab {
    pub project: String,
    folder: tempfile::TempDir,
}

/// How a run of the binary ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub text: String,
}

impl Lab {
    pub fn new(name: &str) -> Self {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let project = format!("dsenvtest-safe-{name}-{}-{number}", std::process::id());
        Self { project, folder: tempfile::tempdir().unwrap() }
    }

    /// With this spec applied.
    #[track_caller]
    pub fn applied(name: &str, spec: &str) -> Self {
        let lab = Self::new(name);
        lab.apply(spec, 0);
        lab
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, spec: &str) {
        std::fs::write(self.path("env.yaml"), spec).unwrap();
    }

    /// Writes the spec, applies it, and expects this exit code.
    #[track_caller]
    pub fn apply(&self, spec: &str, code: i32) -> String {
        self.write(spec);
        self.expect(code, &["apply", "--yes"])
    }

    /// Runs and expects this exit code.
    #[track_caller]
    pub fn expect(&self, code: i32, verb: &[&str]) -> String {
        let ran = self.run(verb);
        assert_eq!(ran.code, code, "{verb:?}: {}", ran.text);
        ran.text
    }

    /// The plan for the spec in the folder.
    #[track_caller]
    pub fn plan(&self) -> String {
        self.expect(0, &["plan"])
    }

    /// Nothing is left to do.
    #[track_caller]
    pub fn is_settled(&self) {
        let plan = self.plan();
        assert!(plan.starts_with("No changes"), "{plan}");
    }

    pub fn run(&self, verb: &[&str]) -> Ran {
        ended(self.command(verb).output().unwrap())
    }

    pub fn spawn(&self, verb: &[&str]) -> Child {
        self.command(verb).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    pub fn command(&self, verb: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dsenv"));
        command.args(["-f", "env.yaml", "-p", &self.project]).args(verb);
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// The name of a service's first container.
    pub fn name(&self, service: &str) -> String {
        format!("{}-{service}-1", self.project)
    }

    /// Something of a service's first container, by a template of `docker inspect`.
    #[track_caller]
    pub fn inspect(&self, service: &str, template: &str) -> String {
        docker(&["inspect", "--format", template, &self.name(service)])
    }

    #[track_caller]
    pub fn id(&self, service: &str) -> String {
        self.inspect(service, "{{.Id}}")
    }

    /// The names of all its containers, helpers and temporary ones included.
    pub fn containers(&self) -> Vec<String> {
        self.list(&["ps", "-a", "--format", "{{.Names}}"])
    }

    pub fn list(&self, what: &[&str]) -> Vec<String> {
        let filter = format!("name={}", self.project);
        let mut lines: Vec<_> = docker(&[what, &["--filter", &filter]].concat()).lines().map(str::to_owned).collect();
        lines.sort();
        lines
    }
}

impl Drop for Lab {
    /// The engine lets go of a network's endpoints shortly after it removed their containers, so that is tried again.
    fn drop(&mut self) {
        for (list, remove) in [
            (&["ps", "-aq"][..], &["rm", "-f", "-v"][..]),
            (&["network", "ls", "-q"], &["network", "rm"]),
            (&["volume", "ls", "-q"], &["volume", "rm", "-f"]),
        ] {
            for _ in 0..50 {
                let names = self.list(list);
                let names: Vec<_> = names.iter().map(String::as_str).collect();
                if names.is_empty() || try_docker(&[remove, &names].concat()).is_ok() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }
}

pub fn ended(output: std::process::Output) -> Ran {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: output.status.code().unwrap_or(-1), text: format!("{}{}", text(&output.stdout), text(&output.stderr)) }
}

#[track_caller]
pub fn docker(arguments: &[&str]) -> String {
    try_docker(arguments).unwrap_or_else(|errors| panic!("docker {arguments:?}: {errors}"))
}

pub fn try_docker(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("docker").args(arguments).output().expect("the docker client is installed");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

pub fn is_full() -> bool {
    std::env::var_os("DSENV_TEST_FULL").is_some()
}

/// A service that sleeps, with more keys.
pub fn sleeper(name: &str, more: &str) -> String {
    format!("  {name}: {{image: busybox, command: [sleep, '1000'], init: true, x-dsenv: {{settle: 0s}}{more}}}\n")
}

/// Waits until it holds.
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..600 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("not within half a minute: {what}");
}

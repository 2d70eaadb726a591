//! A project of its own on the real engine, and the loop that interrupts an apply at each of its requests.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use super::engine::Engine;
use super::proxy::{Fault, Proxy};

const SEED: &str = "DSENV_TEST_SEED";
const SAMPLE: usize = 8;
/// Where each point costs a restart of the engine.
const SLOW_SAMPLE: usize = 4;

pub struct Lab {
    pub proxy: Proxy,
    project: String,
    folder: tempfile::TempDir,
    before: Option<String>,
    engine: Engine,
    /// Whether the engine is killed and started again after each interruption.
    restarts: bool,
}

/// What a run of dsenv came to.
pub struct Run(Output);

impl Run {
    #[track_caller]
    pub fn expect_code(&self, code: i32) {
        assert_eq!(self.0.status.code(), Some(code), "{}", self.text());
    }

    fn text(&self) -> String {
        format!("{}{}", String::from_utf8_lossy(&self.0.stdout), String::from_utf8_lossy(&self.0.stderr))
    }
}

impl Lab {
    /// `before` is what runs when the interrupted apply begins.
    pub fn new(name: &str, before: Option<String>) -> Self {
        let engine = Engine::start();
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let proxy = Proxy::start(&folder.path().join("engine.sock"), &engine.socket());
        let project = format!("dsenvtest-{name}-{}", std::process::id());
        Self { proxy, project, folder, before, engine, restarts: false }
    }

    /// The same, on an engine that restarts after each interruption.
    pub fn restarting(name: &str, before: Option<String>) -> Self {
        Self { restarts: true, ..Self::new(name, before) }
    }

    /// The engine's name for a volume of the spec.
    pub fn volume(&self, key: &str) -> String {
        format!("{}_{key}", self.project)
    }

    pub fn write(&self, spec: &str) {
        std::fs::write(self.spec(), spec).expect("the spec can be written");
    }

    pub fn apply(&self) -> Run {
        self.run(&["apply", "--yes"])
    }

    pub fn run(&self, verb: &[&str]) -> Run {
        Run(self.command(verb).output().expect("dsenv runs"))
    }

    /// The same, through the proxy, as a victim it may kill.
    pub async fn run_through(&self, verb: &[&str]) -> Run {
        let child = self.command(verb).env("DOCKER_HOST", self.proxy.host()).spawn().expect("dsenv runs");
        self.proxy.victim(child.id());
        Run(tokio::task::spawn_blocking(|| child.wait_with_output()).await.expect("no panic").expect("dsenv ends"))
    }

    /// For every request and every fault: the world before, an apply that is interrupted there, one more apply; then
    /// the plan is empty, nothing is left over, and the volume holds what it held.
    pub async fn interrupt_everywhere(&self, after: &str) {
        self.prepare();
        self.write(after);
        self.proxy.arm(None);
        self.run_through(&["apply", "--yes"]).await.expect_code(0);
        let requests = self.proxy.seen();
        let expected = self.containers();
        let points: Vec<(usize, Fault)> =
            (0..requests.len()).flat_map(|at| super::FAULTS.into_iter().map(move |fault| (at, fault))).collect();
        let chosen = sample(&points, if self.restarts { SLOW_SAMPLE } else { SAMPLE });
        println!("{}: {} of {} points of interruption", self.project, chosen.len(), points.len());
        for (at, fault) in chosen {
            let point = format!("{fault:?} at request {at}: {}", requests[at]);
            self.prepare();
            self.write(after);
            self.proxy.arm(Some((at, fault)));
            let interrupted = self.run_through(&["apply", "--yes"]).await;
            self.proxy.arm(None);
            if self.restarts {
                self.engine.restart();
            }
            let mended = self.apply();
            assert_eq!(
                mended.0.status.code(),
                Some(0),
                "{point}\ninterrupted: {}\nmended: {}",
                interrupted.text(),
                mended.text()
            );
            let plan = self.run(&["plan", "--detailed-exitcode"]);
            assert_eq!(plan.0.status.code(), Some(0), "{point}: the plan is not empty\n{}", plan.text());
            assert_eq!(self.containers(), expected, "{point}: other containers than without the fault");
            if self.before.is_some() {
                assert_eq!(self.data(), "kept\nmine\n", "{point}: the volume's data changed");
            }
        }
    }

    fn prepare(&self) {
        self.clean();
        if let Some(before) = &self.before {
            self.write(before);
            self.apply().expect_code(0);
            self.docker(&["exec", &format!("{}-db-1", self.project), "sh", "-c", "echo mine > /data/own"]);
        }
    }

    fn data(&self) -> String {
        self.docker(&["exec", &format!("{}-db-1", self.project), "sh", "-c", "cat /data/made /data/own"])
    }

    /// Names and states of all the project's containers, helpers included.
    fn containers(&self) -> Vec<String> {
        let filter = format!("name={}", self.project);
        let mut lines: Vec<_> = self
            .docker(&["ps", "-a", "--filter", &filter, "--format", "{{.Names}} {{.State}}"])
            .lines()
            .map(str::to_owned)
            .collect();
        lines.sort();
        lines
    }

    #[track_caller]
    fn docker(&self, arguments: &[&str]) -> String {
        self.try_docker(arguments).unwrap_or_else(|errors| panic!("docker {arguments:?}: {errors}"))
    }

    fn try_docker(&self, arguments: &[&str]) -> Result<String, String> {
        let mut command = Command::new("docker");
        let output = command.args(arguments).env("DOCKER_HOST", self.engine.host()).output();
        let output = output.expect("the docker client is installed");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    fn command(&self, verb: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dsenv"));
        command.arg("-f").arg(self.spec()).args(["-p", &self.project]).args(verb);
        command.env("DOCKER_HOST", self.engine.host()).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn spec(&self) -> PathBuf {
        self.folder.path().join("env.yaml")
    }

    /// Removes what carries this lab's mark. The engine lets go of a network's endpoints shortly after it removed their
    /// containers, so that is tried again.
    fn clean(&self) {
        let filter = format!("name={}", self.project);
        for (list, remove) in [
            (&["ps", "-aq", "--filter"][..], &["rm", "-f"][..]),
            (&["network", "ls", "-q", "--filter"], &["network", "rm"]),
            (&["volume", "ls", "-q", "--filter"], &["volume", "rm", "-f"]),
        ] {
            for tries in 0.. {
                let found = self.docker(&[list, &[&filter]].concat());
                let names: Vec<_> = found.lines().collect();
                if names.is_empty() || self.try_docker(&[remove, &names].concat()).is_ok() {
                    break;
                }
                if tries == 50 && list[0] == "network" {
                    // Engine 20.10 may keep a network that nothing is in, until it restarts.
                    self.engine.restart();
                }
                assert!(tries <= 50, "{names:?} cannot be removed");
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
        }
    }
}

/// All points, or a few of them by a seed that is printed.
fn sample<T: Copy>(points: &[T], count: usize) -> Vec<T> {
    if std::env::var_os("DSENV_TEST_FULL").is_some() {
        return points.to_vec();
    }
    let now = || std::time::UNIX_EPOCH.elapsed().map_or(1, |since| since.as_nanos() as u64);
    let seed = std::env::var(SEED).ok().and_then(|text| text.parse().ok()).unwrap_or_else(now);
    println!("{SEED}={seed}");
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    };
    (0..count).map(|_| points[next() % points.len()]).collect()
}

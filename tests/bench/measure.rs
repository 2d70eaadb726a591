//! Runs a program, with its time and its peak of memory.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    Dsenv,
    Compose,
}

/// One run.
pub struct Run {
    pub took: Duration,
    pub peak_kib: u64,
    code: Option<i32>,
    errors: String,
}

impl Run {
    /// The time of a run that must have gone well.
    #[track_caller]
    pub fn expect_success(&self) -> Duration {
        assert_eq!(self.code, Some(0), "{}", self.errors);
        self.took
    }
}

/// A folder with a spec for each program, and how often things run.
pub struct Bench {
    dsenv: PathBuf,
    pub compose: Option<PathBuf>,
    pub runs: usize,
    folder: tempfile::TempDir,
}

/// What everything carries that is made here. Each run has its own: Engine 20.10 may keep a network of an earlier one.
pub fn mark() -> String {
    format!("dsenvbench{}", std::process::id())
}

impl Bench {
    pub fn new(dsenv: PathBuf, compose: Option<PathBuf>, runs: usize) -> Self {
        Self { dsenv, compose, runs, folder: tempfile::tempdir().expect("a temporary folder can be made") }
    }

    pub fn project(&self) -> String {
        mark()
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// For both programs.
    pub fn write(&self, spec: &str) {
        self.write_for(Program::Dsenv, spec);
        self.write_compose(spec);
    }

    pub fn write_compose(&self, spec: &str) {
        self.write_for(Program::Compose, spec);
    }

    pub fn write_for(&self, program: Program, spec: &str) {
        std::fs::write(self.spec(program), spec).expect("the spec can be written");
    }

    fn spec(&self, program: Program) -> PathBuf {
        self.folder.path().join(match program {
            Program::Dsenv => "env.yaml",
            Program::Compose => "compose.yaml",
        })
    }

    /// The program with its spec and project.
    pub fn command(&self, program: Program) -> Command {
        let (binary, project) = match program {
            Program::Dsenv => (self.dsenv.clone(), mark()),
            Program::Compose => (self.compose.clone().expect("only measured when given"), format!("{}c", mark())),
        };
        let mut command = Command::new(binary);
        command.arg("-f").arg(self.spec(program)).args(["-p", &project]);
        command
    }

    /// The process of the only container that runs.
    pub fn pid(&self) -> String {
        let docker = |arguments: &[&str]| {
            let output = Command::new("docker").args(arguments).output().expect("the docker client is installed");
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        };
        let id = docker(&["ps", "-q", "--filter", &format!("name={}", mark())]);
        docker(&["inspect", "--format", "{{.State.Pid}}", &id])
    }

    /// From the stop signal of a container to the start of the next one, as the engine tells it.
    pub fn outage(&self, since: SystemTime) -> Option<Duration> {
        let stamp = |time: SystemTime| {
            let time = time.duration_since(SystemTime::UNIX_EPOCH).expect("it is not 1970");
            format!("{}.{:09}", time.as_secs(), time.subsec_nanos())
        };
        let output = Command::new("docker")
            .args(["events", "--since", &stamp(since), "--until", &stamp(SystemTime::now())])
            .args(["--filter", "type=container", "--filter", "event=kill", "--filter", "event=start"])
            .args(["--format", "{{.TimeNano}} {{.Action}} {{.Actor.Attributes.name}}"])
            .output()
            .expect("the docker client is installed");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mark = mark();
        let times = |action: &str| -> Vec<u64> {
            let words = text.lines().map(|line| line.split(' ').collect::<Vec<_>>());
            words
                .filter(|words| matches!(words[..], [_, done, name] if done == action && name.starts_with(&mark)))
                .filter_map(|words| words[0].parse().ok())
                .collect()
        };
        let stopped = times("kill").into_iter().min()?;
        let started = times("start").into_iter().max()?;
        started.checked_sub(stopped).map(Duration::from_nanos)
    }

    pub fn run(&self, program: Program, verb: &[&str]) -> Run {
        let started = Instant::now();
        let mut child = self
            .command(program)
            .args(verb)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let status = PathBuf::from(format!("/proc/{}/status", child.id()));
        // The high-water mark only rises, so the last look before the end is the peak.
        let watcher = std::thread::spawn(move || {
            let mut peak = 0;
            while let Some(now) = high_water(&status) {
                peak = now;
                std::thread::sleep(Duration::from_millis(1));
            }
            peak
        });
        let mut errors = String::new();
        if let Some(mut pipe) = child.stderr.take() {
            let _ = std::io::Read::read_to_string(&mut pipe, &mut errors);
        }
        let code = child.wait().expect("the program ends").code();
        Run { took: started.elapsed(), peak_kib: watcher.join().unwrap_or(0), code, errors }
    }

    /// Removes what carries the bench's mark.
    pub fn clean(&self) {
        let docker = |arguments: &[&str]| {
            let output = Command::new("docker").args(arguments).output().expect("the docker client is installed");
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let filter = format!("name={}", mark());
        for (list, remove) in [
            (&["ps", "-aq", "--filter"][..], &["rm", "-f"][..]),
            (&["network", "ls", "-q", "--filter"], &["network", "rm"]),
            (&["volume", "ls", "-q", "--filter"], &["volume", "rm"]),
        ] {
            let found = docker(&[list, &[&filter]].concat());
            let names: Vec<_> = found.lines().collect();
            if !names.is_empty() {
                docker(&[remove, &names].concat());
            }
        }
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.clean();
    }
}

fn high_water(status: &Path) -> Option<u64> {
    let text = std::fs::read_to_string(status).ok()?;
    text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB")?.trim().parse().ok())
}

/// The middle one; `None` of nothing.
pub fn median(mut times: Vec<Duration>) -> Option<Duration> {
    times.sort();
    times.get(times.len() / 2).copied()
}

pub fn ms(time: Option<Duration>) -> String {
    time.map_or("-".into(), |time| format!("{:.1} ms", time.as_secs_f64() * 1000.0))
}

pub fn ratio(one: Option<Duration>, other: Option<Duration>) -> String {
    match (one, other) {
        (Some(one), Some(other)) => format!("{:.2}", one.as_secs_f64() / other.as_secs_f64()),
        _ => "-".into(),
    }
}

//! A folder with a spec, and the binary that watches it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

/// The longest that anything here may take.
const LIMIT: Duration = Duration::from_secs(60);

pub struct Lab {
    folder: tempfile::TempDir,
    /// Where the engine is, if not at its usual place.
    host: Option<String>,
    project: String,
    child: Option<Child>,
    told: Arc<Mutex<Vec<String>>>,
}

/// Hands everything on to the engine, until it is frozen.
pub struct Proxy(Arc<AtomicBool>);

impl Proxy {
    fn listen(path: &Path) -> Self {
        let frozen = Arc::new(AtomicBool::new(false));
        let (listener, flag) = (UnixListener::bind(path).unwrap(), frozen.clone());
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let engine = UnixStream::connect("/var/run/docker.sock").unwrap();
                for (mut from, mut to) in [(client.try_clone().unwrap(), engine.try_clone().unwrap()), (engine, client)]
                {
                    let frozen = flag.clone();
                    std::thread::spawn(move || {
                        let mut buffer = vec![0; 64 << 10];
                        while let Ok(size @ 1..) = from.read(&mut buffer) {
                            while frozen.load(Ordering::Relaxed) {
                                std::thread::sleep(Duration::from_millis(50));
                            }
                            if to.write_all(&buffer[..size]).is_err() {
                                break;
                            }
                        }
                        let _ = to.shutdown(Shutdown::Write);
                    });
                }
            }
        });
        Self(frozen)
    }

    pub fn freeze(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Whatever a container or a folder holds, by path.
pub type Tree = BTreeMap<String, String>;

impl Lab {
    /// With this text as the spec's services.
    pub fn new(services: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        have_image();
        let project = format!("dsenvtest-watch-{}-{number}", std::process::id());
        let lab = Self { folder: tempfile::tempdir().unwrap(), host: None, project, child: None, told: Arc::default() };
        fs::create_dir(lab.path("src")).unwrap();
        lab.spec(services);
        lab
    }

    pub fn spec(&self, services: &str) {
        let text = format!("name: {}\nservices:\n{services}", self.project);
        // As editors do it.
        fs::write(self.path("env.yaml.tmp"), text).unwrap();
        fs::rename(self.path("env.yaml.tmp"), self.path("env.yaml")).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    /// A shell in `src`.
    pub fn shell(&self, script: &str) {
        let status = Command::new("sh").args(["-ec", script]).current_dir(self.path("src")).status().unwrap();
        assert!(status.success(), "{script}");
    }

    /// Begins to watch, and waits until it does.
    pub fn watch(&mut self, flags: &[&str]) {
        self.watch_through(&[], flags);
    }

    /// The same, started through another program.
    pub fn watch_through(&mut self, through: &[&str], flags: &[&str]) {
        let binary = assert_cmd::cargo::cargo_bin!("dsenv");
        let mut words = through.iter().map(PathBuf::from).chain([binary.to_path_buf()]);
        let mut command = Command::new(words.next().unwrap());
        command.args(words).args(["watch", "--yes", "--format", "plain"]).args(flags);
        command.current_dir(self.folder.path()).env("XDG_RUNTIME_DIR", self.folder.path());
        command.envs(self.host.iter().map(|host| ("DOCKER_HOST", host)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (lines, told) = (BufReader::new(child.stderr.take().unwrap()).lines(), self.told.clone());
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| told.lock().unwrap().push(line)));
        self.child = Some(child);
        self.hear("watching the spec");
    }

    /// The watch will reach the engine through something that can stop answering.
    pub fn behind_a_proxy(&mut self) -> Proxy {
        let path = self.path("engine.sock");
        self.host = Some(format!("unix://{}", path.display()));
        Proxy::listen(&path)
    }

    /// The process that watches.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Everything that was told so far.
    pub fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().clone()
    }

    pub fn forget(&self) {
        self.told.lock().unwrap().clear();
    }

    /// How many lines hold this.
    pub fn count(&self, text: &str) -> usize {
        self.told().iter().filter(|line| line.contains(text)).count()
    }

    #[track_caller]
    pub fn hear(&self, text: &str) {
        let heard = until(|| self.count(text) > 0);
        assert!(heard, "never told {text:?}, but:\n{}", self.told().join("\n"));
    }

    /// The container of a service.
    pub fn container(&self, service: &str) -> String {
        format!("{}-{service}-1", self.project)
    }

    pub fn name(&self, key: &str) -> String {
        format!("{}_{key}", self.project)
    }

    pub fn exec(&self, service: &str, script: &str) -> String {
        docker(&["exec", &self.container(service), "sh", "-c", script])
    }

    /// Waits until a folder of a container equals one of this machine.
    #[track_caller]
    pub fn assert_same(&self, service: &str, target: &str, source: &str) {
        let same = || differences(&inside(&self.container(service), target), &outside(&self.path(source))).is_empty();
        if !until(same) {
            let differ = differences(&inside(&self.container(service), target), &outside(&self.path(source)));
            let some = &differ[..differ.len().min(9)];
            panic!("{} paths differ, among them {some:#?}\n{}", differ.len(), self.told().join("\n"));
        }
    }

    /// Ends the watch as a user does.
    pub fn end(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
            let _ = child.wait();
        }
    }
}

impl Lab {
    /// Ends the watch as a machine that fails does.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        self.forget();
    }

    /// The most memory that the watch has had, in bytes.
    pub fn memory(&self) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = text.lines().find(|line| line.starts_with("VmHWM")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.end();
        let label = format!("label=com.docker.compose.project={}", self.project);
        for (list, remove) in [
            (&["ps", "-aq", "--filter"][..], &["rm", "-f"][..]),
            (&["network", "ls", "-q", "--filter"], &["network", "rm"]),
            (&["volume", "ls", "-q", "--filter"], &["volume", "rm", "-f"]),
        ] {
            remove_all(list, &label, remove);
        }
        remove_all(
            &["volume", "ls", "-q", "--filter"],
            &format!("name={}_dsenv", self.project),
            &["volume", "rm", "-f"],
        );
        remove_all(&["images", "-q", "--filter"], &format!("reference={}-*", self.project), &["rmi", "-f"]);
    }
}

fn remove_all(list: &[&str], filter: &str, remove: &[&str]) {
    let found = ask(&[list, &[filter]].concat());
    let names: Vec<_> = found.lines().collect();
    if !names.is_empty() {
        ask(&[remove, &names].concat());
    }
}

/// What the docker command prints, whether it goes well or not.
pub fn ask(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output().expect("the docker client is installed");
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// The docker command, which must go well.
#[track_caller]
pub fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output().expect("the docker client is installed");
    assert!(output.status.success(), "docker {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// Waits until something holds, or long enough.
pub fn until(holds: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < LIMIT {
        if holds() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

fn differences(one: &Tree, other: &Tree) -> Vec<String> {
    let mut names: Vec<_> = one.keys().chain(other.keys()).collect();
    names.sort();
    names.dedup();
    let differ = names.into_iter().filter(|name| one.get(*name) != other.get(*name));
    differ.map(|name| format!("{name}: {:?} inside, {:?} outside", one.get(name), other.get(name))).collect()
}

/// What a container holds, running or not. Empty if it is not there.
fn inside(container: &str, target: &str) -> Tree {
    let output = Command::new("docker").args(["cp", &format!("{container}:{target}/."), "-"]).output().unwrap();
    let mut archive = tar::Archive::new(output.stdout.as_slice());
    let mut tree = Tree::new();
    for entry in archive.entries().unwrap() {
        let Ok(mut entry) = entry else { return Tree::new() };
        let path = entry.path().unwrap().display().to_string();
        let path = path.trim_matches(['.', '/']).to_owned();
        let kind = entry.header().entry_type();
        let text = if kind.is_dir() {
            "folder".to_owned()
        } else if kind.is_symlink() {
            entry.link_name().unwrap().unwrap().display().to_string()
        } else {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            format!("{} {:o}", blake3::hash(&content).to_hex(), entry.header().mode().unwrap() & 0o7777)
        };
        if !path.is_empty() {
            tree.insert(
                entry.path().unwrap().display().to_string().trim_start_matches("./").trim_end_matches('/').to_owned(),
                text,
            );
        }
    }
    tree
}

fn outside(folder: &Path) -> Tree {
    let (mut tree, mut open) = (Tree::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let about = path.symlink_metadata().unwrap();
            let text = if about.is_dir() {
                open.push(path.clone());
                "folder".to_owned()
            } else if about.is_symlink() {
                fs::read_link(&path).unwrap().display().to_string()
            } else {
                let hash = blake3::hash(&fs::read(&path).unwrap()).to_hex();
                format!("{hash} {:o}", about.permissions().mode() & 0o7777)
            };
            tree.insert(path.strip_prefix(folder).unwrap().display().to_string(), text);
        }
    }
    tree
}

/// Makes sure of the image: pulled, or where no registry answers made from this machine's static busybox.
fn have_image() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        let ready =
            |command: &[&str]| Command::new("docker").args(command).output().is_ok_and(|it| it.status.success());
        if ready(&["image", "inspect", "busybox:latest"]) || ready(&["pull", "-q", "busybox:latest"]) {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let make = format!(
            "cd {} && mkdir bin tmp && cp \"$(command -v busybox)\" bin/busybox \
             && for applet in $(bin/busybox --list); do [ $applet = busybox ] || ln -s busybox bin/$applet; done \
             && tar c . | docker import -c 'ENV PATH=/bin' -c 'CMD [\"sh\"]' - busybox:latest",
            folder.path().display()
        );
        let made = Command::new("sh").args(["-c", &make]).status().unwrap();
        assert!(made.success(), "busybox:latest can be neither pulled nor made: install busybox-static and an engine");
    });
}

/// A service that sleeps, with these lines below it.
pub fn sleeper(name: &str, lines: &str) -> String {
    format!(
        "  {name}:\n    image: busybox:latest\n    command: [sleep, '1000']\n    init: true\n    stop_grace_period: 1s\n    \
         x-dsenv: {{settle: 0s}}\n{lines}"
    )
}

/// A service whose `/app` follows `src`.
pub fn synced(lines: &str) -> String {
    let rule = "    develop: {watch: [{path: ./src, action: sync, target: /app, initial_sync: true}]}\n";
    sleeper("web", &format!("    network_mode: none\n{rule}{lines}"))
}

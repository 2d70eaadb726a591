//! Builds with BuildKit.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use dsenv::engine::{Done, Engine, EngineError, Observer};
use dsenv::event::Progress;
use dsenv::model::{Build, Content, Dockerfile, ImageRef};
use dsenv::plan::ImageStep;
use insta::assert_snapshot;

use crate::lab::Lab;

/// A build of a folder of this test's, and what is heard of it.
struct Bench {
    lab: Lab,
    folder: tempfile::TempDir,
    secrets: BTreeMap<String, Content>,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Bench {
    async fn open() -> Self {
        let lab = Lab::open().await;
        let folder = tempfile::tempdir().unwrap();
        Self { lab, folder, secrets: BTreeMap::new(), lines: Arc::default() }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn tag(&self) -> ImageRef {
        ImageRef::new(format!("{}-image", self.lab.project))
    }

    fn inline(&self, text: &str) -> Build {
        Build {
            context: self.path().to_str().unwrap().to_owned(),
            dockerfile: Dockerfile::Inline(format!("FROM busybox:latest\n{text}\n")),
            ..Build::default()
        }
    }

    async fn build(&self, mut build: Build) -> Result<Done, EngineError> {
        build.labels.insert(MARK.to_owned(), self.lab.project.to_string());
        self.lines.lock().unwrap().clear();
        let lines = self.lines.clone();
        let step = ImageStep::Build {
            service: "web".into(),
            build: Box::new(build),
            secrets: self.secrets.clone(),
            tag: self.tag(),
            digest: "d1".into(),
        };
        let heard = move |news| {
            if let Progress::Line(line) = news {
                lines.lock().unwrap().push(line);
            }
        };
        self.lab.docker.perform(&step.into(), &heard).await
    }

    /// Whether the messages are those of the oldest engine: each has its own words.
    fn is_oldest(&self) -> bool {
        self.lab.docker.rules().api == dsenv::rules::ApiVersion::v1(41)
    }

    fn heard(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }

    /// What a command in the image prints.
    fn run(&self, script: &str) -> String {
        output("docker", &["run", "--rm", "--network=none", self.tag().as_str(), "sh", "-c", script])
    }
}

/// Builds under one tag leave images without one.
impl Drop for Bench {
    fn drop(&mut self) {
        let filter = format!("label={MARK}={}", self.lab.project);
        let script = format!("docker image ls -q --filter {filter} | sort -u | xargs -r docker image rm -f");
        output("sh", &["-c", &script]);
    }
}

/// The label of all images that are made here.
const MARK: &str = "dev.dsenv.test";

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

const LABELS: &str = "{{index .Config.Labels \"dev.dsenv.build\"}} {{.Config.Labels.user}}";

/// A step that no build before had: nothing after it comes from the cache.
fn fresh() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    format!("RUN : fresh {} {}", std::process::id(), now.as_nanos())
}

#[tokio::test]
async fn a_folder_is_sent_with_its_rules_and_its_links() {
    let bench = Bench::open().await;
    bench.write("größe/naïve 日本.txt", "grüß\n");
    bench.write("dropped.log", "x");
    bench.write("kept.log", "x");
    bench.write(".dockerignore", "*.log\n!kept.log\n");
    bench.write("run.sh", "#!/bin/sh\necho ran");
    std::os::unix::fs::symlink("größe", bench.path().join("link")).unwrap();
    std::os::unix::fs::symlink("/nowhere", bench.path().join("dangling")).unwrap();
    let text = "COPY . /in\nCOPY --chmod=755 run.sh /run.sh\nRUN /run.sh; cat /in/link/naïve*";
    bench.build(bench.inline(text)).await.unwrap();
    let seen = bench.run("cd /in; find . | sort; readlink link; readlink dangling; /run.sh; cat größe/*");
    assert_snapshot!(seen, @"
    .
    ./.dockerignore
    ./dangling
    ./größe
    ./größe/naïve 日本.txt
    ./kept.log
    ./link
    ./run.sh
    größe
    /nowhere
    ran
    grüß
    ");
    let step = fresh();
    bench.build(bench.inline(&format!("{step}\n{text}"))).await.unwrap();
    // The base is shared with builds at the same time, and may go by the name that it has there.
    let heard = bench.heard().replace(&step, "RUN : fresh");
    let heard: Vec<_> = heard.lines().filter(|line| !line.contains(" FROM ")).collect();
    assert_snapshot!(heard.join("\n"), @"
    [2/5] RUN : fresh
    [3/5] COPY . /in
    [4/5] COPY --chmod=755 run.sh /run.sh
    [5/5] RUN /run.sh; cat /in/link/naïve*
    ran
    grüß
    exporting to image
    ");
    // As long as before.
    bench.write("run.sh", "#!/bin/sh\necho RAN");
    bench.build(bench.inline("COPY . /in")).await.unwrap();
    assert_eq!(bench.run("tail -n 1 /in/run.sh"), "echo RAN");
}

#[tokio::test]
async fn a_secret_is_seen_by_its_step_alone() {
    let mut bench = Bench::open().await;
    let value = format!("hunter2-{}", bench.lab.project);
    bench.secrets = [("token", value.as_str()), ("other", "x")]
        .map(|(id, value)| (id.to_owned(), Content::new(value.as_bytes())))
        .into();
    let id = |id: &str| (id.to_owned(), dsenv::model::BuildSecret { content: bench.secrets[id].id() });
    let build = Build {
        secrets: [id("token"), id("other")].into(),
        ..bench.inline(
            &format!("{}\n\
             RUN --mount=type=secret,id=token,uid=7,mode=0400 cut -c-7 /run/secrets/token; stat -c '%u %a' /run/secrets/token; wc -c </run/secrets/token >/length\n\
             RUN test ! -e /run/secrets/token", fresh()),
        )
    };
    bench.build(build).await.unwrap();
    assert!(bench.heard().contains("\nhunter2\n7 400"), "{}", bench.heard());
    assert!(!bench.heard().contains(&value));
    assert_eq!(bench.run("cat /length"), value.len().to_string());
    let history = output("docker", &["history", "--no-trunc", bench.tag().as_str()]);
    assert!(history.contains("/run/secrets/token") && !history.contains("hunter2"), "{history}");
    assert!(!output("docker", &["image", "inspect", bench.tag().as_str()]).contains("hunter2"));

    let required = "RUN --mount=type=secret,id=absent,required cat /run/secrets/absent";
    let failed = bench.build(bench.inline(required)).await.unwrap_err().to_string();
    assert!(bench.is_oldest() || failed == "dockerfile_inline:2: secret absent: not found", "{failed}");
    assert_snapshot!(failed.replace("dockerfile_inline:2: secret absent:", "secret absent not found:"), @"secret absent not found: not found");
    bench.build(bench.inline("RUN --mount=type=secret,id=absent test ! -e /run/secrets/absent")).await.unwrap();
}

#[tokio::test]
async fn a_cache_mount_lives_on_from_one_build_to_the_next() {
    let bench = Bench::open().await;
    let mount = format!("RUN --mount=type=cache,id={},target=/cache", bench.lab.project);
    bench.build(bench.inline(&format!("{mount} echo kept >/cache/file; echo {}", fresh()))).await.unwrap();
    bench.build(bench.inline(&format!("{mount} cp /cache/file /found; echo {}", fresh()))).await.unwrap();
    assert_eq!(bench.run("cat /found; test -e /cache/file || echo away"), "kept\naway");
}

#[tokio::test]
async fn a_step_that_fails_is_named_with_its_line_and_its_last_words() {
    let bench = Bench::open().await;
    bench.write(
        "app/Dockerfile",
        "FROM busybox:latest\n\nRUN true\nRUN for i in 1 2 3; do echo line $i; done; exit 9\n",
    );
    let build = Build { dockerfile: Dockerfile::Path("app/Dockerfile".into()), ..bench.inline("") };
    let told = |failed: Result<Done, EngineError>| match failed {
        Err(EngineError::Build { message, output }) => format!("{message}\n---\n{output}"),
        other => panic!("{other:?}"),
    };
    let failed = told(bench.build(build).await);
    if !bench.is_oldest() {
        assert!(failed.starts_with("app/Dockerfile:4: ") && failed.ends_with("line 1\nline 2\nline 3"), "{failed}");
        return;
    }
    assert_snapshot!(failed, @"
    executor failed running [/bin/sh -c for i in 1 2 3; do echo line $i; done; exit 9]: exit code: 9
    ---
    [3/3] RUN for i in 1 2 3; do echo line $i; done; exit 9
    line 1
    line 2
    line 3
    ");
    assert_snapshot!(told(bench.build(bench.inline("RUNN x")).await), @"
    dockerfile parse error line 2: unknown instruction: RUNN
    ---
    ");
    assert_snapshot!(told(bench.build(bench.inline("COPY absent /")).await), @r#"
    failed to compute cache key: "/absent" not found: not found
    ---
    [2/2] COPY absent /
    "#);
    let target = Build { target: Some("dev".into()), ..bench.inline("") };
    assert_snapshot!(told(bench.build(target).await), @"
    target stage dev could not be found
    ---
    ");
    let absent = Build { dockerfile: Dockerfile::Inline("FROM 127.0.0.1:1/nothing:1".into()), ..bench.inline("") };
    assert_snapshot!(told(bench.build(absent).await), @r#"
    failed to do request: Head "http://127.0.0.1:1/v2/nothing/manifests/1": dial tcp 127.0.0.1:1: connect: connection refused
    ---
    [internal] load metadata for 127.0.0.1:1/nothing:1
    "#);
    let privileged = Build { privileged: true, ..bench.inline("RUN --security=insecure true") };
    assert_snapshot!(told(bench.build(privileged).await), @"
    granting entitlement security.insecure is not allowed by build daemon configuration: the engine's daemon.json must allow it, under `builder.entitlements`
    ---
    ");
}

#[tokio::test]
async fn keys_of_a_build_reach_its_steps() {
    let bench = Bench::open().await;
    let build = Build {
        dockerfile: Dockerfile::Inline(
            "FROM busybox:latest AS base\nARG WHO\nENV WHO=$WHO\nRUN grep 'db.example\\|10.0.0.8' /etc/hosts | sort; ls /sys/class/net; uname -m\nFROM base AS dev\nRUN echo dev >/stage\nFROM base\nRUN echo last >/stage".into(),
        ),
        args: [("WHO".to_owned(), Some("ada, \"b\"=ü".to_owned())), ("NONE".to_owned(), None)].into(),
        target: Some("dev".into()),
        labels: [("user".to_owned(), "a=b".to_owned())].into(),
        tags: [format!("{}-image:more", bench.lab.project)].into(),
        extra_hosts: ["db.example:10.0.0.9".to_owned(), "b.example:10.0.0.8".to_owned()].into(),
        network: Some("none".into()),
        platforms: ["linux/amd64".to_owned()].into(),
        no_cache: true,
        ..bench.inline("")
    };
    bench.build(build.clone()).await.unwrap();
    assert!(bench.heard().contains("\n10.0.0.8\tb.example\n10.0.0.9\tdb.example\nlo\nx86_64\n"), "{}", bench.heard());
    assert_eq!(bench.run("cat /stage; echo $WHO"), "dev\nada, \"b\"=ü");
    let labels = output("docker", &["image", "inspect", "-f", LABELS, build.tags.first().unwrap()]);
    assert_eq!(labels, "d1 a=b");

    // The host's own interfaces.
    let host =
        Build { network: Some("host".into()), no_cache_filter: ["base".to_owned()].into(), no_cache: false, ..build };
    bench.build(host).await.unwrap();
    assert!(bench.heard().contains("\ndocker0\n"), "{}", bench.heard());
}

/// Asks the agent behind SSH_AUTH_SOCK for its keys, and prints their comments.
const ASK: &str = r#"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
int main(void) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    char answer[65536];
    int socket_ = socket(AF_UNIX, SOCK_STREAM, 0), size = 0, wanted = 4, got;
    strcpy(to.sun_path, getenv("SSH_AUTH_SOCK"));
    if (connect(socket_, (struct sockaddr *)&to, sizeof to) || write(socket_, "\0\0\0\1\13", 5) != 5) return perror("agent"), 1;
    while (size < wanted && (got = read(socket_, answer + size, sizeof answer - size)) > 0) {
        size += got;
        if (size >= 4) wanted = 4 + ((answer[2] & 255) << 8) + (answer[3] & 255);
    }
    for (int at = 0; at < size; at++) putchar(answer[at] >= ' ' && answer[at] <= '~' ? answer[at] : '\n');
    return 0;
}
"#;

#[tokio::test]
async fn an_ssh_agent_and_a_key_are_lent_to_their_steps() {
    let bench = Bench::open().await;
    if Command::new("ssh-agent").arg("-h").output().is_err() {
        eprintln!("skipped: OpenSSH's agent is not installed");
        return;
    }
    bench.write("ask.c", ASK);
    let path = |name: &str| bench.path().join(name).to_str().unwrap().to_owned();
    output("cc", &["-static", "-o", &path("ask"), &path("ask.c")]);
    for name in ["own", "file"] {
        let comment = format!("key-{name}");
        output("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", &comment, "-f", &path(name)]);
    }
    let mut agent = Command::new("ssh-agent")
        .args(["-D", "-a", &path("agent")])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while !bench.path().join("agent").exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let added =
        Command::new("ssh-add").args(["-q", &path("own")]).env("SSH_AUTH_SOCK", path("agent")).status().unwrap();
    assert!(added.success());
    bench.write(".dockerignore", "*\n!ask");
    let text = format!(
        "COPY ask /ask\n{}\nRUN --mount=type=ssh /ask | grep key-\nRUN --mount=type=ssh,id=deploy /ask | grep key-\nRUN test -z \"$SSH_AUTH_SOCK\"",
        fresh()
    );
    let ssh = [format!("default={}", path("agent")), format!("deploy={}", path("file"))].into();
    let built = bench.build(Build { ssh, ..bench.inline(&text) }).await;
    agent.kill().unwrap();
    agent.wait().unwrap();
    built.unwrap();
    let heard = bench.heard();
    let keys: Vec<_> = heard.lines().filter(|line| line.starts_with("key-")).collect();
    assert_eq!(keys, ["key-own", "key-file"], "{heard}");

    let ssh = |each: &str| [each.to_owned()].into();
    let closed = std::fs::write(bench.path().join("closed"), "no key");
    closed.unwrap();
    let refused =
        bench.build(Build { ssh: ssh(&format!("x={}", path("absent"))), ..bench.inline("") }).await.unwrap_err();
    assert_snapshot!(refused.to_string().replace(&path(""), "/lab/"), @"build.ssh: the key /lab/absent cannot be read: No such file or directory (os error 2)");
    let refused =
        bench.build(Build { ssh: ssh(&format!("x={}", path("closed"))), ..bench.inline("") }).await.unwrap_err();
    assert!(
        refused.to_string().starts_with(&format!("build.ssh: the key {} cannot be used: ", path("closed"))),
        "{refused}"
    );
    let refused = bench.build(bench.inline("RUN --mount=type=ssh,required true")).await.unwrap_err();
    let refused = refused.to_string().replace("dockerfile_inline:2: ", "");
    assert_snapshot!(refused, @"the build has no SSH agent `default`");
}

#[tokio::test]
async fn a_build_that_is_given_up_ends_on_the_engine_too() {
    let bench = Bench::open().await;
    let seconds = 1000 + std::process::id() % 1000;
    let text = format!("{}\nRUN echo begun; sleep {seconds}", fresh());
    let sleeping = || !output("sh", &["-c", &format!("pgrep -f '[s]leep {seconds}' || true")]).is_empty();
    let started = async {
        while !bench.heard().ends_with("begun") {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert!(sleeping());
    };
    tokio::select! {
        built = bench.build(bench.inline(&text)) => panic!("{built:?}"),
        () = started => {}
    }
    let gone = async {
        while sleeping() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), gone).await.expect("the step goes on");
}

#[tokio::test]
async fn a_large_context_goes_through_and_the_next_time_only_what_changed() {
    let bench = Bench::open().await;
    const SIZE: usize = 100 << 20;
    let block: Vec<u8> = (0..1 << 20).map(|at: u32| at.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
    let mut file = std::fs::File::create(bench.path().join("large")).unwrap();
    for _ in 0..SIZE >> 20 {
        std::io::Write::write_all(&mut file, &block).unwrap();
    }
    drop(file);
    // What the process held at most, from its first line of life.
    let peak = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
    };
    let before = peak();
    let began = std::time::Instant::now();
    bench.build(bench.inline("COPY large /large\nRUN stat -c %s /large")).await.unwrap();
    let first = began.elapsed();
    bench.write("small", "x");
    let began = std::time::Instant::now();
    bench.build(bench.inline("COPY large /large\nCOPY small /small")).await.unwrap();
    let (second, more) = (began.elapsed(), peak() - before);
    eprintln!("100 MiB: {first:?}, again {second:?}, {} KiB more at the peak", more >> 10);
    assert!(more < SIZE / 4, "{more} bytes more");
    output("docker", &["builder", "prune", "-f", "--filter", "type=source.local"]);
}

#[tokio::test]
async fn folders_and_images_beside_the_context() {
    let bench = Bench::open().await;
    bench.write("größe/file", "shared\n");
    bench.write("größe/dropped", "x");
    bench.write("größe/.dockerignore", "dropped");
    bench.write("app/main", "main\n");
    let context = |path: &str| bench.path().join(path).to_str().unwrap().to_owned();
    let build = Build {
        context: context("app"),
        additional_contexts: [
            ("shared".to_owned(), context("größe")),
            ("base".to_owned(), "docker-image://busybox:latest".to_owned()),
        ]
        .into(),
        dockerfile: Dockerfile::Inline("FROM base\nCOPY --from=shared . /shared\nCOPY main /\nRUN <<END\ncat /main /shared/*\nls /shared >/list\nEND".into()),
        ..bench.inline("")
    };
    match bench.build(build).await {
        Ok(_) => assert_eq!(bench.run("cat /main /shared/file; cat /list"), "main\nshared\nfile"),
        Err(old) => {
            assert_snapshot!(old, @"the engine's Dockerfile frontend is too old for additional_contexts: begin the Dockerfile with `# syntax=docker/dockerfile:1`, or use Docker Engine 23.0 or newer")
        }
    }
}

/// A registry that asks for a password and has nothing; what it was told as `Authorization`.
fn registry() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = told.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = std::io::BufRead::lines(std::io::BufReader::new(stream.try_clone().unwrap()));
            let head: Vec<_> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            let login = head.iter().find_map(|line| line.strip_prefix("Authorization: "));
            let answer = match login {
                Some(login) => {
                    heard.lock().unwrap().push(login.to_owned());
                    "HTTP/1.1 404 Not Found\r\n"
                }
                None => "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"lab\"\r\n",
            };
            let rest =
                "Docker-Distribution-Api-Version: registry/2.0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            std::io::Write::write_all(&mut stream, format!("{answer}{rest}").as_bytes()).ok();
        }
    });
    (port, told)
}

#[tokio::test]
async fn a_private_base_image_is_asked_for_with_the_users_login() {
    let mut bench = Bench::open().await;
    if !bench.is_oldest() {
        eprintln!("skipped: an engine in a network of its own does not reach the test's registry");
        return;
    }
    let (port, told) = registry();
    bench.write("config.json", &format!(r#"{{"auths": {{"127.0.0.1:{port}": {{"auth": "YWRhOmh1bnRlcjI="}}}}}}"#));
    let config = bench.path().to_str().unwrap().to_owned();
    bench.lab = Lab::open_with(&[("DOCKER_CONFIG", &config)]).await;
    let private = Dockerfile::Inline(format!("FROM 127.0.0.1:{port}/lab/private:1"));
    let failed = bench.build(Build { dockerfile: private, ..bench.inline("") }).await.unwrap_err();
    assert_snapshot!(failed.to_string().replace(&port.to_string(), "PORT"), @"127.0.0.1:PORT/lab/private:1: not found");
    assert_eq!(told.lock().unwrap().first().map(String::as_str), Some("Basic YWRhOmh1bnRlcjI="));
}

#[tokio::test]
async fn an_engine_behind_tcp_builds_too() {
    let mut bench = Bench::open().await;
    let host = std::env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".to_owned());
    let Some(socket) = host.strip_prefix("unix://").map(str::to_owned) else { return };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = format!("tcp://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let mut far = tokio::net::UnixStream::connect(&socket).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut near, &mut far).await });
        }
    });
    bench.lab = Lab::open_with(&[("DOCKER_HOST", &host)]).await;
    bench.write("file", "through tcp");
    bench.build(bench.inline("COPY file /file\nRUN --mount=type=cache,target=/x cat /file")).await.unwrap();
    assert_eq!(bench.run("cat /file"), "through tcp");
}

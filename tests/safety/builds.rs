//! Images that are built while a plan is applied, through the binary.

use std::process::Command;

use super::lab::{Lab, docker, ended, try_docker, until};

/// The label of all images that are made here.
const MARK: &str = "dev.dsenv.test";

/// A lab whose images go with it, those that lost their tag to a later one as well.
struct Builds {
    /// Gone first when it is dropped.
    lab: Option<Lab>,
    project: String,
}

impl Builds {
    fn new(name: &str) -> Self {
        let lab = Lab::new(name);
        Self { project: lab.project.clone(), lab: Some(lab) }
    }

    fn lab(&self) -> &Lab {
        self.lab.as_ref().unwrap()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.lab().path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Writes the spec, each of its builds marked.
    fn spec(&self, text: &str) {
        let mark = format!("      labels: {{{MARK}: {}}}\n      context:", self.project);
        self.lab().write(&text.replace("      context:", &mark));
    }

    /// Runs with these variables beside the usual ones.
    fn run(&self, variables: &[(&str, &str)], verb: &[&str]) -> super::lab::Ran {
        ended(self.lab().command(verb).envs(variables.iter().copied()).output().unwrap())
    }
}

impl Drop for Builds {
    fn drop(&mut self) {
        // Their containers first.
        drop(self.lab.take());
        let project = &self.project;
        let images = docker(&["image", "ls", "-q", "--filter", &format!("label={MARK}={project}")]);
        for image in images.lines() {
            try_docker(&["image", "rm", "-f", image]).ok();
        }
    }
}

#[test]
fn a_builds_secrets_are_seen_by_their_step_and_by_nobody_else() {
    let builds = Builds::new("secrets");
    let (file, variable) = (format!("infile-{}", builds.project), format!("invar-{}", builds.project));
    builds.write("token", &file);
    builds.write(
        "app/Dockerfile",
        // What a step sees of secrets is nothing to its cache: the name makes it one of its own.
        &"FROM busybox\nRUN --mount=type=secret,id=a --mount=type=secret,id=renamed,target=/b : NAME; wc -c </run/secrets/a >/sizes; wc -c </b >>/sizes\nCMD [\"sleep\", \"1000\"]\n".replace("NAME", &builds.project),
    );
    builds.spec(
        "services:\n  web:\n    init: true\n    x-dsenv: {settle: 0s}\n    build:\n      context: app\n      secrets:\n        - a\n        - {source: b, target: renamed, mode: 0400}\nsecrets:\n  a: {file: ./token}\n  b: {environment: LAB_TOKEN}\n",
    );
    let environment = [("LAB_TOKEN", variable.as_str())];
    let mut said = String::new();
    for verb in [
        &["plan", "--format", "json"][..],
        &["plan"],
        &["config"],
        &["apply", "--yes", "--format", "json"],
        &["status", "--format", "json"],
        &["history", "--format", "json"],
    ] {
        let ran = builds.run(&environment, verb);
        assert_eq!(ran.code, 0, "{verb:?}: {}", ran.text);
        said += &ran.text;
    }
    let sizes = docker(&["exec", &builds.lab().name("web"), "cat", "/sizes"]);
    assert_eq!(sizes, format!("{}\n{}", file.len(), variable.len()));
    let image = format!("{}-web", builds.project);
    for of_the_engine in [
        docker(&["history", "--no-trunc", &image]),
        docker(&["image", "inspect", &image]),
        docker(&["inspect", &builds.lab().name("web")]),
        docker(&["volume", "inspect", &format!("{}_dsenv_record_1", builds.project)]),
    ] {
        said += &of_the_engine;
    }
    for (what, secret) in [("file", &file), ("variable", &variable)] {
        assert!(!said.contains(secret.as_str()), "the secret of the {what} is told: {said}");
        let digest = blake3::hash(secret.as_bytes()).to_hex();
        assert!(!said.contains(digest.as_str()), "a digest of the {what}'s secret without a key is told: {said}");
    }
    assert!(said.contains("`build.secrets.mode` of service `web` has no effect"), "{said}");

    // Another value alone builds nothing anew; another Dockerfile does, with that value.
    builds.write("token", "short");
    let plan = builds.run(&environment, &["plan"]);
    assert!(plan.text.contains("No changes"), "{}", plan.text);
    builds.write("app/Dockerfile", &"FROM busybox\nRUN --mount=type=secret,id=a,required : NAME; wc -c </run/secrets/a >/sizes\nCMD [\"sleep\", \"1000\"]\n".replace("NAME", &builds.project));
    assert_eq!(builds.run(&environment, &["apply", "--yes"]).code, 0);
    assert_eq!(docker(&["exec", &builds.lab().name("web"), "cat", "/sizes"]), "5");
}

#[test]
fn an_interrupted_build_ends_on_the_engine_and_in_the_terminal() {
    let builds = Builds::new("cut");
    let seconds = 2000 + std::process::id() % 1000;
    builds.spec(&format!(
        "services:\n  web:\n    build:\n      context: .\n      dockerfile_inline: |\n        FROM busybox\n        RUN : {}; sleep {seconds}\n",
        builds.project
    ));
    let running =
        || Command::new("pgrep").args(["-f", &format!("[s]leep {seconds}")]).output().unwrap().status.success();
    let child = builds.lab().spawn(&["apply", "--yes"]);
    until("the step runs", running);
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let began = std::time::Instant::now();
    let ran = ended(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 130, "{}", ran.text);
    assert!(began.elapsed().as_secs() < 10, "it hung: {}", ran.text);
    until("the step is gone", || !running());
}

#[test]
fn a_build_takes_from_another_services_image_which_is_built_before() {
    let builds = Builds::new("from");
    builds.write("base/Dockerfile", "FROM busybox\nRUN echo first >/base\n");
    builds.write("app/Dockerfile", "FROM base\nCOPY --from=files . /files\nCMD [\"sleep\", \"1000\"]\n");
    builds.write("shared/größe.txt", "shared");
    builds.spec(
        "services:\n  app:\n    init: true\n    x-dsenv: {settle: 0s}\n    build:\n      context: app\n      additional_contexts:\n        base: service:base\n        files: ./shared\n  base:\n    build:\n      context: base\n    scale: 0\n",
    );
    let applied = builds.run(&[], &["apply", "--yes"]);
    if applied.text.contains("too old for additional_contexts") {
        // The oldest engine's frontend, without a `# syntax=` line: nothing is silent, and nothing is left behind.
        assert_eq!(applied.code, 3, "{}", applied.text);
        assert!(applied.text.contains("# syntax=docker/dockerfile:1"), "{}", applied.text);
        return;
    }
    assert_eq!(applied.code, 0, "{}", applied.text);
    assert_eq!(docker(&["exec", &builds.lab().name("app"), "sh", "-c", "cat /base /files/*"]), "first\nshared");
    builds.lab().is_settled();
    // What the other image is made of is what this one is made of.
    builds.write("base/Dockerfile", "FROM busybox\nRUN echo second >/base\n");
    builds.lab().expect(0, &["apply", "--yes"]);
    assert_eq!(docker(&["exec", &builds.lab().name("app"), "cat", "/base"]), "second");
    builds.lab().is_settled();
}

/// Several platforms and attestations are kept by containerd's image store alone (Engine 29.0's default); an engine with
/// a store of its own is told apart before anything is done.
#[test]
fn what_an_image_store_has_room_for_is_kept_and_the_rest_is_told_at_its_line() {
    let builds = Builds::new("store");
    let lab = builds.lab();
    builds.write("app/hello", "hello");
    let image = format!("{}-web", lab.project);
    builds.spec(
        "services:
  web:
    command: [sleep, '1000']
    stop_grace_period: 0s
    build:
      context: ./app
      dockerfile_inline: |
        FROM --platform=$$BUILDPLATFORM busybox AS tools
        RUN cat /proc/sys/kernel/random/uuid >/once
        FROM scratch
        ENV PATH=/bin
        COPY --from=tools /bin /bin
        COPY --from=tools /once /once
        COPY hello /
      provenance: mode=max
      platforms: [linux/amd64, linux/arm64]
      cache_to: ['type=local,dest=./cache,mode=max']
      cache_from: ['type=local,src=./cache']
",
    );
    lab.expect(0, &["validate"]);
    if docker(&["info", "--format", "{{json .DriverStatus}}"]).contains("io.containerd.snapshotter.v1") {
        lab.expect(0, &["apply", "--yes"]);
        lab.is_settled();
        let socket = std::env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".into());
        let socket = socket.strip_prefix("unix://").unwrap();
        let address = format!("http://engine/v1.48/images/{image}/json?manifests=1");
        let shown = Command::new("curl").args(["-fsS", "--unix-socket", socket, &address]).output().unwrap();
        let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
        let kinds: Vec<_> = shown["Manifests"].as_array().unwrap().iter().map(|one| one["Kind"].clone()).collect();
        for kind in ["image", "attestation"] {
            assert_eq!(kinds.iter().filter(|other| **other == kind).count(), 2, "{kind}: {kinds:?}");
        }
        // What the engine has forgotten comes out of the folder.
        let once = || docker(&["exec", &lab.name("web"), "cat", "/once"]);
        let before = once();
        docker(&["builder", "prune", "-af"]);
        lab.expect(0, &["apply", "--yes", "--build"]);
        assert_eq!(once(), before);
        assert!(lab.path("cache/index.json").exists() && lab.path("cache/oci-layout").exists());
        std::fs::remove_dir_all(lab.path("cache")).unwrap();
        docker(&["builder", "prune", "-af"]);
        lab.expect(0, &["apply", "--yes", "--build"]);
        assert_ne!(once(), before, "it was not the engine that remembered");
        return;
    }
    let refused = lab.expect(4, &["apply", "--yes"]);
    for (place, key) in [("env.yaml:17:7", "platforms"), ("env.yaml:16:", "provenance"), ("env.yaml:18:", "cache_to")] {
        let told = format!("`build.{key}` needs containerd's image store");
        assert!(refused.contains(place) && refused.contains(&told), "{refused}");
    }
    assert!(lab.containers().is_empty(), "nothing is done");
    let flags = ["--allow-lossy", "build.platforms,build.provenance,build.cache_to"];
    let gone = lab.expect(0, &[&["apply", "--yes"], &flags[..]].concat());
    assert!(gone.contains("it goes on without it"), "{gone}");
    assert_eq!(docker(&["exec", &lab.name("web"), "cat", "/hello"]), "hello");
}

#[test]
fn a_changed_file_that_no_step_reads_replaces_nothing_with_either_builder() {
    for builder in ["1", "0"] {
        let builds = Builds::new("same");
        let name = builds.lab().name("web");
        let apply = |verb: &[&str]| {
            let ran = builds.run(&[("DOCKER_BUILDKIT", builder)], verb);
            assert_eq!(ran.code, 0, "{}", ran.text);
            ran.text
        };
        let id = || docker(&["inspect", "--format", "{{.Id}}", &name]);
        let dockerfile = "FROM busybox\nCOPY src /src\nENV A=1\nCMD [\"sleep\", \"1000\"]\n";
        builds.write("app/Dockerfile", dockerfile);
        builds.write("app/src/code", &builds.project);
        builds.write("app/README.md", "one");
        builds.spec("services:\n  web:\n    init: true\n    x-dsenv: {settle: 0s}\n    build:\n      context: ./app\n");
        apply(&["apply", "--yes"]);
        let first = id();
        for (file, text) in
            [("app/README.md", "two"), ("app/.git/HEAD", "ref"), ("app/Dockerfile", &format!("# Why.\n{dockerfile}"))]
        {
            builds.write(file, text);
            apply(&["apply", "--yes"]);
            assert_eq!(id(), first, "BuildKit {builder}: {file}");
            builds.lab().is_settled();
        }
        for (file, text) in [("app/src/code", "2"), ("app/Dockerfile", &dockerfile.replace("A=1", "A=2"))] {
            let before = id();
            builds.write(file, text);
            apply(&["apply", "--yes"]);
            assert_ne!(id(), before, "BuildKit {builder}: {file}");
        }
    }
}

#[test]
fn many_containers_on_one_new_volume_do_not_trip_over_each_other() {
    let builds = Builds::new("fill");
    let folders = "mkdir -p /opt/pkg && i=0; while [ $$i -lt 1500 ]; do mkdir -p /opt/pkg/$$i/a; i=$$((i+1)); done";
    let mut spec = format!(
        "services:\n  a:\n    image: {0}-a\n    init: true\n    x-dsenv: {{settle: 0s}}\n    command: [sleep, '1000']\n    volumes: [pkg:/opt/pkg]\n    build:\n      context: .\n      dockerfile_inline: |\n        FROM busybox\n        RUN {folders}\n",
        builds.project
    );
    for name in ["b", "c", "d", "e"] {
        spec += &format!(
            "  {name}: {{image: {0}-a, init: true, x-dsenv: {{settle: 0s}}, command: [sleep, '1000'], volumes: ['pkg:/opt/pkg']}}\n",
            builds.project
        );
    }
    spec += "volumes: {pkg: {}}\n";
    builds.spec(&spec);
    for _ in 0..3 {
        let ran = builds.run(&[], &["apply", "--yes"]);
        assert_eq!(ran.code, 0, "{}", ran.text);
        let there = docker(&["exec", &builds.lab().name("e"), "sh", "-c", "ls /opt/pkg | wc -l"]);
        assert_eq!(there, "1500");
        builds.lab().expect(0, &["destroy", "--yes", "--destroy-data", "pkg"]);
    }
}

#[test]
fn what_the_classic_builder_does_not_read_is_told_before_anything_is_done() {
    for (instruction, kind) in [
        ("RUN --mount=type=cache,target=/x true", "RUN --mount"),
        ("RUN --network=none true", "RUN --network"),
        ("RUN --security=sandbox true", "RUN --security"),
        ("RUN <<EOF\n        true\n        EOF", "RUN <<"),
        ("COPY <<EOF /x\n        text\n        EOF", "COPY <<"),
        ("COPY --link x /x", "COPY --link"),
        ("COPY --parents x /x", "COPY --parents"),
        ("COPY --exclude=y x /x", "COPY --exclude"),
        ("COPY --chmod=644 x /x", "COPY --chmod"),
        ("ADD --chmod=644 x /x", "ADD --chmod"),
        ("ADD --link x /x", "ADD --link"),
    ] {
        let builds = Builds::new("unread");
        builds.write("x", "x");
        builds.spec(&format!(
            "services:\n  web:\n    build:\n      context: .\n      dockerfile_inline: |\n        FROM busybox\n        {instruction}\n    networks: [own]\nnetworks: {{own: {{}}}}\n"
        ));
        let refused = builds.run(&[("DOCKER_BUILDKIT", "0")], &["apply", "--yes"]);
        assert_eq!(refused.code, 4, "{kind}: {}", refused.text);
        let told = format!("service web: the Dockerfile has `{kind}` (line 2), which needs BuildKit");
        assert!(refused.text.contains(&told), "{kind}: {}", refused.text);
        assert!(refused.text.contains("env.yaml:3:5"), "{kind}: {}", refused.text);
        is_nothing_done(&builds);
        // The engine agrees.
        let text = std::fs::read_to_string(builds.lab().path("env.yaml")).unwrap();
        let text = text.split("dockerfile_inline: |\n").nth(1).unwrap().split("    networks").next().unwrap();
        builds.write("Dockerfile", &text.replace("        ", ""));
        let mut classic = Command::new("docker");
        classic.args(["build", "--rm", "--force-rm", "--label", &format!("{MARK}={}", builds.project)]);
        let built = classic.arg(builds.lab().path("")).env("DOCKER_BUILDKIT", "0").output().unwrap();
        assert!(!built.status.success(), "{kind} is built by the classic builder");
    }
}

/// Neither a network, nor an image, nor a container, nor a volume.
#[track_caller]
fn is_nothing_done(builds: &Builds) {
    let lab = builds.lab();
    for list in [&["ps", "-a", "-q"][..], &["network", "ls", "-q"], &["volume", "ls", "-q"]] {
        assert!(lab.list(list).is_empty(), "{list:?}");
    }
    assert_eq!(docker(&["image", "ls", "-q", "--filter", &format!("label={MARK}={}", builds.project)]), "");
}

#[test]
fn a_key_of_a_build_that_the_classic_builder_lacks_is_told_before_anything_is_done() {
    for (key, value) in [
        ("ssh", "[default]"),
        ("secrets", "[s]"),
        ("additional_contexts", "{other: .}"),
        ("cache_to", "['type=inline']"),
        ("cache_from", "['type=registry,ref=x']"),
        ("no_cache_filter", "[x]"),
        ("entitlements", "[network.host]"),
        ("privileged", "true"),
    ] {
        let builds = Builds::new("lacks");
        builds.write("Dockerfile", "FROM busybox\n");
        builds.spec(&format!(
            "services:\n  web:\n    build:\n      context: .\n      {key}: {value}\nsecrets: {{s: {{environment: USER}}}}\n"
        ));
        let refused = builds.run(&[("DOCKER_BUILDKIT", "0"), ("USER", "me")], &["apply", "--yes"]);
        let told = format!("`build.{key}` needs");
        assert!(refused.code == 4 && refused.text.contains(&told), "{key}: {}", refused.text);
        assert!(refused.text.contains("env.yaml:6:"), "{key}: {}", refused.text);
        is_nothing_done(&builds);
    }
}

#[test]
fn an_agent_or_a_key_that_is_missing_is_told_before_anything_is_done() {
    let builds = Builds::new("unlent");
    builds.write("Dockerfile", "FROM busybox\n");
    let path = |name: &str| builds.lab().path(name).display().to_string();
    drop(std::os::unix::net::UnixListener::bind(path("dead")).unwrap());
    for (ssh, socket, told) in [
        ("default", "", "there is no agent for `default`: SSH_AUTH_SOCK is not set"),
        ("default", &path("absent"), "of SSH_AUTH_SOCK for `default` does not answer: No such file"),
        ("default", &path("dead"), "of SSH_AUTH_SOCK for `default` does not answer: Connection refused"),
        ("deploy=./absent", "", "absent cannot be read: No such file"),
        ("deploy=.", "", "cannot be read: it is a folder"),
    ] {
        builds.spec(&format!("services:\n  web:\n    build:\n      context: .\n      ssh: [{ssh}]\n"));
        for verb in [&["plan"][..], &["apply", "--yes"]] {
            let refused = builds.run(&[("SSH_AUTH_SOCK", socket)], verb);
            assert!(refused.code == 4 && refused.text.contains(told), "{ssh} {socket}: {}", refused.text);
            assert!(refused.text.contains("env.yaml:6:"), "{ssh}: {}", refused.text);
            is_nothing_done(&builds);
        }
    }
}

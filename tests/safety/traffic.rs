//! A web service under constant requests while it is replaced start-first: none of them fails.

use std::process::{Child, Command, Stdio};

use super::lab::{Lab, docker, is_full, try_docker};

/// The edition is in the page and in the environment, so that each one replaces every container.
fn web(edition: usize, scale: usize) -> String {
    format!(
        "services:\n  web:\n    image: busybox\n    init: true\n    command: [httpd, -f, -p, '80', -h, /www]\n    environment: {{EDITION: '{edition}'}}\n    \
         configs: [{{source: page, target: /www/index.html}}]\n    deploy: {{replicas: {scale}, update_config: {{order: start-first}}}}\n    \
         healthcheck: {{test: [CMD, wget, -q, -O, /dev/null, 'http://127.0.0.1/'], interval: 1s}}\nconfigs:\n  page: {{content: 'edition {edition}'}}\n"
    )
}

/// One whose names are resolved by a libc.
const CLIENT_IMAGE: &str = "debian:bookworm-slim";

/// Asks some hundred times a second until `/stop` is there, each time with a name to resolve and a connection of its own; then tells
/// how often it got an answer, and what it got instead.
const CLIENT: &str = r#"
    ok=0
    exec 9<> <(:)
    while [ ! -e /stop ]; do
        answer=
        if exec 3<>/dev/tcp/web/80; then
            printf 'GET / HTTP/1.0\r\n\r\n' >&3 && read -r -t 5 -u 3 answer
            exec 3>&-
        fi 2>/tmp/why
        case $answer in
        HTTP/1.?' 200 '*) ok=$((ok + 1)) ;;
        *) echo "failed: $answer $(cat /tmp/why)" ;;
        esac
        read -r -t 0.003 -u 9
    done
    echo "answered $ok""#;

/// A container of its own on the project's network.
struct Client {
    name: String,
    asking: Child,
}

impl Client {
    fn start(lab: &Lab) -> Self {
        let (name, network) = (format!("{}-client", lab.project), format!("{}_default", lab.project));
        docker(&["run", "-d", "--init", "--name", &name, "--network", &network, CLIENT_IMAGE, "sleep", "1000"]);
        let mut command = Command::new("docker");
        let asking = command.args(["exec", &name, "bash", "-c", CLIENT]).stdout(Stdio::piped()).spawn().unwrap();
        Self { name, asking }
    }

    /// How many were answered, and the others' words.
    fn stop(self) -> (usize, Vec<String>) {
        docker(&["exec", &self.name, "touch", "/stop"]);
        let said = String::from_utf8(self.asking.wait_with_output().unwrap().stdout).unwrap();
        let (answered, failed): (Vec<_>, Vec<_>) = said.lines().partition(|line| line.starts_with("answered "));
        let answered = answered.first().and_then(|line| line.rsplit(' ').next()?.parse().ok());
        try_docker(&["rm", "-f", &self.name]).unwrap();
        (answered.expect("it told its count"), failed.into_iter().map(str::to_owned).collect())
    }
}

fn replaced_under_requests(scale: usize) {
    let replacements = if is_full() { 10 } else { 2 };
    let lab = Lab::applied("traffic", &web(0, scale));
    let client = Client::start(&lab);
    for edition in 1..=replacements {
        let before = lab.id("web");
        let told = lab.apply(&web(edition, scale), 0);
        assert!(!told.contains("stop-first"), "{told}");
        assert_ne!(lab.id("web"), before);
    }
    let (answered, failed) = client.stop();
    println!("{replacements} replacements at {scale}: {answered} answered, {} failed", failed.len());
    assert_eq!(failed, Vec::<String>::new(), "beside {answered} that were answered");
    assert!(answered > 20 * replacements, "only {answered} requests came through");
    lab.is_settled();
}

#[test]
fn no_request_fails_while_one_replica_is_replaced() {
    replaced_under_requests(1);
}

#[test]
fn no_request_fails_while_three_replicas_are_replaced() {
    replaced_under_requests(3);
}

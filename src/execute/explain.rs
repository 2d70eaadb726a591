//! An engine's error in words for people: what went wrong, and what to do next.

use crate::engine::{EngineError, GateFailure};
use crate::event::Failure;
use crate::plan::{NetworkStep, Node, Step};
use crate::state::own;

/// What the report says of a failed step. The step's own name is added by who prints it.
pub fn explain(node: &Node, error: &EngineError) -> Failure {
    let service = node.part_of.service().map_or("SERVICE", |name| name.as_str());
    let hook = own::pre_start_number(&node.step.object());
    let hints = match error {
        EngineError::Unreachable { hints, .. } => hints.clone(),
        EngineError::Broken(_) => {
            vec!["run the same command again: it looks at what was done and goes on from there".to_owned()]
        }
        EngineError::NotFound(_) => vec!["something else removed it; run the same command again".to_owned()],
        EngineError::Conflict(_) => match &node.step {
            Step::Network(NetworkStep::Remove { .. }) => {
                vec!["disconnect or remove what still uses it, then run the same command again".to_owned()]
            }
            _ => Vec::new(),
        },
        EngineError::PortTaken { port, .. } => {
            let number = port.rsplit(':').next().unwrap_or(port);
            let number = number.split('/').next().unwrap_or(number);
            vec![format!("`ss -ltnp 'sport = :{number}'` shows who listens; stop that, or publish another port")]
        }
        EngineError::NoImage { cause, .. } => vec![no_image(cause).to_owned()],
        EngineError::Gate(_) | EngineError::Timeout { .. } if hook.is_some() => {
            vec![format!("its container is removed again; `pre_start` of {service} says what it runs")]
        }
        EngineError::Gate(gate) => explain_gate(gate, service),
        EngineError::Timeout { .. } => vec![format!("`dsenv logs {service}` shows what it is doing")],
        EngineError::Refused(words) => refused(words).into_iter().map(str::to_owned).collect(),
        EngineError::Build { .. } | EngineError::Exit { .. } | EngineError::Local(_) => Vec::new(),
    };
    let message = match hook {
        Some(number) => format!("pre_start hook {number}: {error}"),
        None => error.to_string(),
    };
    Failure { message, hints, output: output(error) }
}

/// What to do about an image that is not given. Who cannot reach the registry has no use for another tag.
fn no_image(cause: &str) -> &'static str {
    const UNREACHED: [&str; 11] = [
        "dial tcp",
        "no such host",
        "i/o timeout",
        "network is unreachable",
        "connection refused",
        "connection reset",
        "TLS handshake timeout",
        "Client.Timeout",
        "request canceled while waiting",
        "emporary failure in name resolution",
        "proxyconnect",
    ];
    let cause = cause.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|words| cause.contains(&words.to_lowercase()));
    if says(&["toomanyrequests", "rate limit"]) {
        return "the registry gives no more for now; wait, or `docker login` for a higher limit";
    }
    if says(&UNREACHED) {
        return "the engine does not reach the registry; check the network, the name servers and the proxy of its host";
    }
    if says(&["x509", "certificate"]) {
        return "the engine does not trust the registry's certificate; give it to the engine (`/etc/docker/certs.d`)";
    }
    if says(&["no matching manifest", "does not match the specified platform"]) {
        return "the image is not there for this platform; set `platform`, or take another image";
    }
    "check name and tag; a private registry needs `docker login` first"
}

/// What to do about what the engine or its runtime refuses, by their words.
fn refused(words: &str) -> Option<&'static str> {
    const KNOWN: [(&str, &str); 15] = [
        (
            "could not select device driver",
            "the engine has no driver for these devices: for GPUs install the NVIDIA Container Toolkit on its host and restart \
             the engine, or take `gpus` or `devices` away",
        ),
        ("CDI device", "list what the engine's host has with `nvidia-ctk cdi list`, or in /etc/cdi and /var/run/cdi"),
        (
            "nvidia-container-cli",
            "the host's NVIDIA driver does not work with this image; `nvidia-smi` on the host tells more",
        ),
        ("unknown or invalid runtime name", "register the runtime with the engine, or take `runtime` away"),
        ("unknown runtime specified", "register the runtime with the engine, or take `runtime` away"),
        ("unable to find user", "the image has no such user: give a number in `user`, or make the user in the image"),
        ("unable to find group", "the image has no such group: give a number, or make the group in the image"),
        (
            "no matching entries in passwd",
            "the image has no such user: give a number in `user`, or make it in the image",
        ),
        (
            "is not in a separate kernel namespace",
            "this kernel parameter is the host's: set it there, and take it out of `sysctls`",
        ),
        (
            "not allowed in host network namespace",
            "this kernel parameter is the host's here: set it there, or take `network_mode: host` away",
        ),
        (
            "no log driver named",
            "install the plug-in of this log driver on the engine, or choose another `logging.driver`",
        ),
        (
            "failed to initialize logging driver",
            "the log driver's target must be there before the container: check `logging.options`",
        ),
        ("Range of CPUs is from", "ask for no more `cpus` than the engine's host has"),
        ("Requested CPUs are not available", "name processors in `cpuset` that the engine's host has"),
        ("Requested memory nodes are not available", "name nodes in `x-dsenv.cpuset_mems` that the engine's host has"),
    ];
    let words = words.to_lowercase();
    KNOWN.iter().find(|(known, _)| words.contains(&known.to_lowercase())).map(|(_, hint)| *hint)
}

fn explain_gate(gate: &GateFailure, service: &str) -> Vec<String> {
    let logs = || format!("`dsenv logs {service}` shows what it said");
    match gate {
        GateFailure::Exited { oom: true, .. } => {
            vec!["it used more memory than its limit; raise `mem_limit` or `deploy.resources.limits.memory`".to_owned()]
        }
        GateFailure::Exited { code: 126, .. } => {
            vec!["its command is there but cannot be executed; check permissions and architecture".to_owned()]
        }
        GateFailure::Exited { code: 127, .. } => {
            vec!["its command is not in the image; check `command` and `entrypoint`".to_owned()]
        }
        GateFailure::Restarting { .. } => {
            vec![logs(), "its policy restarts it; `x-dsenv.timeout` says how long it may take to stay up".to_owned()]
        }
        GateFailure::Exited { .. }
        | GateFailure::GivenUp { .. }
        | GateFailure::Looping { .. }
        | GateFailure::Unhealthy { .. } => vec![logs()],
        GateFailure::NoHealthcheck => {
            vec![format!("give {service} a `healthcheck`, or depend on it with `condition: service_started`")]
        }
        GateFailure::Gone => vec!["run the same command again".to_owned()],
    }
}

fn output(error: &EngineError) -> Option<String> {
    let output = match error {
        EngineError::Build { output, .. }
        | EngineError::Exit { output, .. }
        | EngineError::Gate(GateFailure::Unhealthy { output }) => output,
        EngineError::Timeout { output, .. } => output.as_ref()?,
        EngineError::Unreachable { .. }
        | EngineError::Broken(_)
        | EngineError::NotFound(_)
        | EngineError::Conflict(_)
        | EngineError::PortTaken { .. }
        | EngineError::NoImage { .. }
        | EngineError::Gate(_)
        | EngineError::Refused(_)
        | EngineError::Local(_) => return None,
    };
    Some(output.trim_end().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_cannot_reach_the_registry_is_not_sent_to_check_the_tag() {
        let cases = [
            (
                "Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io: no such host",
                "name servers",
            ),
            ("net/http: request canceled while waiting for connection (Client.Timeout exceeded)", "name servers"),
            ("Get \"https://r.example/v2/\": net/http: TLS handshake timeout", "name servers"),
            ("toomanyrequests: You have reached your pull rate limit", "wait"),
            ("x509: certificate signed by unknown authority", "certs.d"),
            ("no matching manifest for linux/arm64/v8 in the manifest list entries", "platform"),
            ("manifest for nginx:nope not found: manifest unknown", "docker login"),
            ("pull access denied for secret, repository does not exist or may require 'docker login'", "docker login"),
        ];
        for (cause, hint) in cases {
            assert!(no_image(cause).contains(hint), "{cause}: {}", no_image(cause));
        }
    }

    #[test]
    fn what_an_engine_lacks_has_a_hint() {
        let cases = [
            ("could not select device driver \"\" with capabilities: [[gpu]]", "Toolkit"),
            ("unknown runtime specified nope", "runtime"),
            ("unable to find user nobodyhere: no matching entries in passwd file", "number"),
            ("OCI runtime create failed: sysctl \"vm.swappiness\" is not in a separate kernel namespace", "host"),
            ("logger: no log driver named 'nope' is registered", "logging.driver"),
            ("range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available", "cpus"),
            ("requested CPUs are not available - requested 0-9, available: 0-1", "cpuset"),
        ];
        for (words, hint) in cases {
            assert!(refused(words).is_some_and(|said| said.contains(hint)), "{words}");
        }
        assert_eq!(refused("something else"), None);
    }
}

//! An engine's error in words for people: what went wrong, and what to do next.

use crate::engine::{EngineError, GateFailure};
use crate::event::Failure;
use crate::plan::{Node, Step};

/// What the report says of a failed step. The step's own name is added by who prints it.
pub fn explain(node: &Node, error: &EngineError) -> Failure {
    let service = node.part_of.service().map_or("SERVICE", |name| name.as_str());
    let hints = match error {
        EngineError::Unreachable { hints, .. } => hints.clone(),
        EngineError::Broken(_) => {
            vec!["run the same command again: it looks at what was done and goes on from there".to_owned()]
        }
        EngineError::NotFound(_) => vec!["something else removed it; run the same command again".to_owned()],
        EngineError::Conflict(_) => match &node.step {
            Step::RemoveNetwork { .. } => {
                vec!["disconnect or remove what still uses it, then run the same command again".to_owned()]
            }
            _ => Vec::new(),
        },
        EngineError::PortTaken { port, .. } => {
            let number = port.rsplit(':').next().unwrap_or(port);
            let number = number.split('/').next().unwrap_or(number);
            vec![format!("`ss -ltnp 'sport = :{number}'` shows who listens; stop that, or publish another port")]
        }
        EngineError::NoImage { .. } => {
            vec!["check name and tag; a private registry needs `docker login` first".to_owned()]
        }
        EngineError::Gate(gate) => explain_gate(gate, service),
        EngineError::Timeout { .. } => vec![format!("`dsenv logs {service}` shows what it is doing")],
        EngineError::Build { .. } | EngineError::Exit { .. } | EngineError::Refused(_) | EngineError::Local(_) => {
            Vec::new()
        }
    };
    Failure { message: error.to_string(), hints, output: output(error) }
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
        GateFailure::Exited { .. } | GateFailure::GivenUp { .. } | GateFailure::Unhealthy { .. } => vec![logs()],
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

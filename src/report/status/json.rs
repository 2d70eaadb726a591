//! One service as JSON.

use jiff::Timestamp;
use serde_json::{Value, json as object};

use super::row::{Instance, Row};
use super::words;
use crate::state::{Health, RunState};

/// One service as JSON. `state` and `health` are the words of the table; the containers have them one by one.
pub fn json(row: &Row, now: Timestamp) -> Value {
    let Row { service, wanted, job, containers, one_offs, image, urls, drift, note } = row;
    object!({
        "service": service,
        "wanted": wanted,
        "job": job,
        "well": words::well(row) == words::Well::Yes,
        "state": words::state(row),
        "health": Some(words::health(row)).filter(|health| !health.is_empty()),
        "image": image,
        "urls": urls,
        "containers": containers.iter().map(|container| instance(container, now)).collect::<Vec<_>>(),
        "one_offs": one_offs.iter().map(|one_off| instance(one_off, now)).collect::<Vec<_>>(),
        "drift": drift,
        "note": note,
    })
}

fn instance(instance: &Instance, now: Timestamp) -> Value {
    let Instance { name, replica, state, health, started_at, finished: _, restarts } = instance;
    let (code, oom) = match state {
        RunState::Exited { code, oom } => (Some(*code), *oom),
        _ => (None, false),
    };
    let output = match health {
        Some(Health::Unhealthy { output }) => Some(output),
        _ => None,
    };
    let age = started_at.filter(|_| state.is_up()).map(|at| (now.as_second() - at.as_second()).max(0));
    object!({
        "name": name,
        "replica": replica,
        "state": word(state),
        "exit_code": code,
        "out_of_memory": oom,
        "health": health.as_ref().map(ToString::to_string),
        "probe_output": output,
        "started_at": started_at.map(|at| at.to_string()),
        "age_s": age,
        "restarts": restarts,
    })
}

fn word(state: &RunState) -> &'static str {
    match state {
        RunState::Created => "created",
        RunState::Running => "running",
        RunState::Paused => "paused",
        RunState::Restarting => "restarting",
        RunState::Exited { .. } => "exited",
        RunState::Removing => "removing",
        RunState::Dead => "dead",
    }
}

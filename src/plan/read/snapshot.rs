//! What a plan was made from, object by object: what each one is and what it is doing. Secrets are keyed digests.

use serde_json::{Map, Value, json};

use crate::diff;
use crate::model::{Address, Attachment, Key};
use crate::state::applied::hidden;
use crate::state::{self, Container, Observed};

/// One object of the engine as the planner saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectSnapshot {
    /// What the plan calls it; a network or volume that is nobody's by key is called by its name.
    pub address: Address,
    /// Its name on the engine.
    pub name: String,
    /// The engine's id; a volume has none but its name.
    pub id: String,
    /// What it is: nothing that changes by itself.
    pub definition: Value,
    /// What it is doing; `null` for what does nothing.
    pub state: Value,
}

impl ObjectSnapshot {
    /// Tells one definition from another; what an object is doing is not in it.
    pub fn fingerprint(&self) -> String {
        blake3::hash(self.definition.to_string().as_bytes()).to_hex().to_string()
    }
}

/// All objects of a look, in the order of their addresses.
pub fn snapshot(observed: &Observed, key: &Key) -> Vec<ObjectSnapshot> {
    let mut snapshot: Vec<_> = observed.containers.iter().map(of_container).collect();
    snapshot.extend(observed.networks.iter().map(of_network));
    snapshot.extend(observed.volumes.iter().map(of_volume));
    snapshot.extend(observed.images.iter().map(|(reference, image)| ObjectSnapshot {
        address: Address::Image(reference.clone()),
        name: reference.to_string(),
        id: image.id.as_str().to_owned(),
        definition: json!({"id": image.id.as_str(), "build": image.build_digest}),
        state: Value::Null,
    }));
    // Whatever a part of it looks like: nothing secret leaves in a file, or as a fingerprint that could be guessed.
    for one in &mut snapshot {
        diff::veil("", &mut one.definition, &|text| hidden(text, key));
    }
    snapshot.sort_by(|one, other| (&one.address, &one.name, &one.id).cmp(&(&other.address, &other.name, &other.id)));
    snapshot
}

fn of_container(container: &Container) -> ObjectSnapshot {
    let Container {
        id,
        name,
        service: _,
        replica: _,
        oneoff,
        record,
        image,
        image_reference,
        config_hash: _,
        environment,
        tunable,
        endpoints,
        mounts,
        lives_in,
        ports: _,
        state,
        health,
        started_at: _,
        ended: _,
        restart_count: _,
    } = container;
    let networks: Map<_, _> = endpoints
        .iter()
        .map(|(id, endpoint)| {
            // The engine chooses another hardware address at each start.
            let attachment = Attachment { mac_address: None, ..endpoint.attachment.clone() };
            (endpoint.network.to_string(), json!({"id": id.as_str(), "endpoint": attachment}))
        })
        .collect();
    let volumes: Map<_, _> = mounts.iter().map(|mount| (mount.target.clone(), json!(mount.volume))).collect();
    ObjectSnapshot {
        address: container.address(),
        name: name.to_string(),
        id: id.as_str().to_owned(),
        definition: json!({
            "name": name,
            "one_off": oneoff,
            "image": image_reference,
            "image_id": image.as_str(),
            "record": record.as_ref().map(|record| &record.fixed),
            "environment": environment,
            "limits": tunable,
            "networks": networks,
            "volumes": volumes,
            "lives_in": lives_in.iter().map(state::ContainerId::as_str).collect::<Vec<_>>(),
        }),
        state: json!({"state": state.to_string(), "health": health.as_ref().map(ToString::to_string)}),
    }
}

fn of_network(network: &state::Network) -> ObjectSnapshot {
    let state::Network { id, name, key, record, live } = network;
    ObjectSnapshot {
        address: key.clone().map_or_else(|| Address::Stray(name.to_string()), Address::Network),
        name: name.to_string(),
        id: id.as_str().to_owned(),
        definition: json!({"name": name, "record": record, "live": live}),
        state: Value::Null,
    }
}

fn of_volume(volume: &state::Volume) -> ObjectSnapshot {
    let state::Volume { name, key, ours, anonymous, record, live } = volume;
    ObjectSnapshot {
        address: key.clone().map_or_else(|| Address::Stray(name.to_string()), Address::Volume),
        name: name.to_string(),
        id: name.to_string(),
        definition: json!({"name": name, "ours": ours, "anonymous": anonymous, "record": record, "live": live}),
        state: Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::lab::{env, key, lab};
    use crate::state::RunState;

    #[test]
    fn what_an_object_does_is_not_what_it_is() {
        let hostile = |web: &mut crate::model::Service| {
            env(web, "TOKEN", "hunter2");
            web.fixed.labels.insert("dsn".into(), "Password=hunter2".into());
        };
        let mut world = lab().service("web", hostile).applied();
        let before = snapshot(&world.observed, &key());
        world.container("lab-web-1").state = RunState::Exited { code: 1, oom: false };
        let after = snapshot(&world.observed, &key());
        let web = |snapshot: &[ObjectSnapshot]| {
            snapshot.iter().find(|snapshot| snapshot.name == "lab-web-1").cloned().expect("it is there")
        };
        assert_eq!(web(&before).fingerprint(), web(&after).fingerprint());
        assert_ne!(web(&before).state, web(&after).state);
        world.container("lab-web-1").tunable.memory = Some(1 << 26);
        assert_ne!(web(&before).fingerprint(), web(&snapshot(&world.observed, &key())).fingerprint());
        let told = format!("{before:?}");
        assert!(!told.contains("hunter2") && told.contains("digest:"), "{told}");
    }
}

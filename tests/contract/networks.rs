//! Networks, endpoints and names.

use dsenv::engine::EngineError;
use dsenv::model::{Attachment, Ipam, IpamPool, NetworkDefinition, NetworkMode};
use dsenv::plan::{Handle, NetworkRef, NewContainer};
use dsenv::state::label;

use crate::lab::{Lab, aliases, id, is_refusal, network_id};

fn subnet(text: &str) -> NetworkDefinition {
    let pool = IpamPool { subnet: Some(text.to_owned()), ..IpamPool::default() };
    NetworkDefinition { ipam: Ipam { config: vec![pool], ..Ipam::default() }, ..NetworkDefinition::default() }
}

/// A range that hardly anything else uses, different for each process.
fn range(third: u8) -> String {
    format!("10.{}.{third}.0/24", 128 + std::process::id() % 100)
}

fn on(new: NewContainer, network: &NetworkRef, attachment: Attachment) -> NewContainer {
    NewContainer { networks: vec![(network.clone(), attachment)], ..new }
}

pub async fn two_of_one_name_are_told_apart_by_id(lab: &Lab) {
    let one = lab.network("front").await;
    // Newer engines refuse the second one.
    let Ok(other) = lab.try_network("front", NetworkDefinition::default()).await else { return };
    assert_ne!(network_id(&one), network_id(&other));
    assert_eq!(lab.look().await.networks.len(), 2);
    let container = lab.create(on(lab.serving("web"), &other, aliases(&[]))).await;
    assert!(lab.try_start(&container).await.is_err(), "a start looks networks up by name");
    lab.remove_network(&one).await.unwrap();
    assert_eq!(lab.look().await.networks.iter().map(|network| &network.id).collect::<Vec<_>>(), [network_id(&other)]);
    lab.try_start(&container).await.unwrap();
    assert_eq!(lab.see(&container).await.endpoints.keys().collect::<Vec<_>>(), [network_id(&other)]);
}

pub async fn a_network_in_use_is_not_removed(lab: &Lab) {
    let network = lab.network("front").await;
    let container = lab.start(on(lab.serving("web"), &network, aliases(&[]))).await;
    let refused = lab.remove_network(&network).await;
    assert!(is_refusal(&refused), "{refused:?}");
    lab.stop_and_remove(&container).await;
    lab.remove_network(&network).await.unwrap();
    lab.remove_network(&network).await.unwrap();
}

pub async fn a_network_goes_while_stopped_containers_remember_it(lab: &Lab) {
    let network = lab.network("front").await;
    let container = lab.start(on(lab.serving("web"), &network, aliases(&["www"]))).await;
    lab.stop(&container).await.unwrap();
    lab.remove_network(&network).await.unwrap();
    let endpoints = lab.see(&container).await.endpoints;
    assert_eq!(endpoints.keys().collect::<Vec<_>>(), [network_id(&network)]);
    let failed = lab.try_start(&container).await;
    assert!(matches!(failed, Err(EngineError::NotFound(_))), "{failed:?}");
    assert!(!lab.see(&container).await.state.is_up());
}

pub async fn a_network_shows_its_key_and_record(lab: &Lab) {
    let mut definition = NetworkDefinition { internal: true, ..subnet(&range(1)) };
    definition.labels.insert("tier".into(), "gold".into());
    let mut labels = lab.labels(label::KIND_NETWORK, "front");
    labels.insert("tier".into(), "gold".into());
    labels.insert(label::APPLIED.into(), serde_json::to_string(&definition).unwrap());
    let step = dsenv::plan::NetworkStep::Create {
        key: "front".into(),
        name: lab.name("front").as_str().into(),
        definition: definition.clone(),
        labels,
    };
    lab.perform(step).await.unwrap();
    let seen = lab.look().await.networks.remove(0);
    assert_eq!((seen.key, seen.record.as_ref()), (Some("front".into()), Some(&definition)));
    assert!(seen.live.internal);
    assert_eq!((seen.live.driver.as_deref(), seen.live.labels), (Some("bridge"), definition.labels));
    assert_eq!(seen.live.ipam.config[0].subnet, definition.ipam.config[0].subnet);
}

pub async fn overlapping_pools_are_refused(lab: &Lab) {
    lab.try_network("one", subnet(&range(2))).await.unwrap();
    let refused = lab.try_network("other", subnet(&range(2))).await;
    assert!(is_refusal(&refused), "{refused:?}");
}

pub async fn names_resolve_while_connected(lab: &Lab) {
    let (front, back) = (lab.network("front").await, lab.network("back").await);
    let asking = lab.start(on(lab.serving("asking"), &front, aliases(&[]))).await;
    let web = lab.start(on(lab.serving("web"), &back, aliases(&["web"]))).await;
    assert!(!lab.resolves(&asking, "web").await);
    lab.connect(&web, &front, aliases(&["web", "www"])).await.unwrap();
    for name in ["web", "www", web.name.as_str(), id(&web).short()] {
        assert!(lab.resolves(&asking, name).await, "{name}");
    }
    let shown = &lab.see(&web).await.endpoints[network_id(&front)];
    assert_eq!(
        (shown.attachment.aliases.clone(), shown.network.clone()),
        (aliases(&["web", "www"]).aliases, front.name.clone())
    );
    assert_eq!(shown.addresses.len(), 1);
    lab.disconnect(&web, &front).await.unwrap();
    assert!(!lab.resolves(&asking, "web").await);
    assert_eq!(lab.see(&web).await.endpoints.len(), 1);
}

pub async fn a_new_name_resolves_at_once(lab: &Lab) {
    let front = lab.network("front").await;
    let web = lab.start(on(lab.serving("web"), &front, aliases(&[]))).await;
    let new = lab.name("new").replace('_', "-");
    lab.rename(&web, &new).await.unwrap();
    assert!(lab.resolves(&web, &new).await);
    assert!(!lab.resolves(&web, web.name.as_str()).await);
}

pub async fn connecting_twice_is_refused(lab: &Lab) {
    let front = lab.network("front").await;
    let web = lab.start(on(lab.serving("web"), &front, aliases(&["one"]))).await;
    let refused = lab.connect(&web, &front, aliases(&["other"])).await;
    assert!(is_refusal(&refused), "{refused:?}");
    assert_eq!(lab.see(&web).await.endpoints[network_id(&front)].attachment.aliases, aliases(&["one"]).aliases);
}

pub async fn what_is_not_connected_is_disconnected_already(lab: &Lab) {
    let (front, back) = (lab.network("front").await, lab.network("back").await);
    let web = lab.start(on(lab.serving("web"), &front, aliases(&[]))).await;
    lab.disconnect(&web, &back).await.unwrap();
    assert_eq!(lab.see(&web).await.endpoints.len(), 1);
}

pub async fn the_default_bridge_takes_no_alias(lab: &Lab) {
    let mut scope = lab.scope();
    scope.networks.insert("bridge".into());
    let bridge = lab.engine().observe(&scope).await.unwrap().networks.remove(0);
    assert_eq!((bridge.key, bridge.record), (None, None));
    let bridge = NetworkRef { name: bridge.name, handle: Handle::Known(bridge.id) };
    let front = lab.network("front").await;
    let web = lab.start(on(lab.serving("web"), &front, aliases(&[]))).await;
    let refused = lab.connect(&web, &bridge, aliases(&["www"])).await;
    assert!(is_refusal(&refused), "{refused:?}");
    lab.connect(&web, &bridge, aliases(&[])).await.unwrap();
    let mut new = lab.serving("plain");
    new.fixed.network_mode = NetworkMode::Named("bridge".into());
    let plain = lab.start(new).await;
    assert_eq!(lab.see(&plain).await.endpoints.keys().collect::<Vec<_>>(), [network_id(&bridge)]);
}

pub async fn an_unknown_network_is_not_joined(lab: &Lab) {
    let network = lab.network("front").await;
    lab.remove_network(&network).await.unwrap();
    // Old engines find out at the start.
    let failed = match lab.try_create(on(lab.serving("web"), &network, aliases(&[]))).await {
        Ok(web) => lab.try_start(&web).await.map(|_| ()),
        Err(error) => Err(error),
    };
    assert!(matches!(failed, Err(EngineError::NotFound(_))), "{failed:?}");
    let web = lab.start(lab.serving("other")).await;
    let failed = lab.connect(&web, &network, aliases(&[])).await;
    assert!(matches!(failed, Err(EngineError::NotFound(_))), "{failed:?}");
}

pub async fn a_fixed_address_needs_a_configured_subnet(lab: &Lab) {
    let range = range(3);
    let address = range.replace("0/24", "77");
    let attachment = Attachment { ipv4_address: Some(address.clone()), ..Attachment::default() };
    let (free, configured) = (lab.network("free").await, lab.try_network("configured", subnet(&range)).await.unwrap());
    let web = lab.start(on(lab.serving("web"), &configured, attachment.clone())).await;
    let shown = lab.see(&web).await.endpoints[network_id(&configured)].clone();
    assert_eq!((shown.addresses, shown.attachment.ipv4_address), (vec![address.clone()], Some(address)));
    let refused = lab.connect(&web, &free, attachment.clone()).await;
    assert!(is_refusal(&refused), "{refused:?}");
    let second = lab.create(on(lab.serving("second"), &configured, attachment)).await;
    let refused = lab.try_start(&second).await;
    assert!(is_refusal(&refused), "the address is taken: {refused:?}");
}

pub async fn an_endpoint_gets_its_address_back(lab: &Lab) {
    let front = lab.network("front").await;
    let web = lab.start(on(lab.serving("web"), &front, aliases(&["web"]))).await;
    lab.start(on(lab.serving("other"), &front, aliases(&[]))).await;
    let addresses = async || lab.see(&web).await.endpoints[network_id(&front)].addresses.clone();
    let before = addresses().await;
    lab.disconnect(&web, &front).await.unwrap();
    lab.connect(&web, &front, aliases(&["web"])).await.unwrap();
    assert_eq!(addresses().await, before);
}

pub async fn an_alias_moves_by_disconnect_and_connect(lab: &Lab) {
    let front = lab.network("front").await;
    let old = lab.start(on(lab.serving("old"), &front, aliases(&["web"]))).await;
    let new = lab.start(on(lab.serving("new"), &front, aliases(&[]))).await;
    lab.disconnect(&new, &front).await.unwrap();
    lab.connect(&new, &front, aliases(&["web"])).await.unwrap();
    lab.disconnect(&old, &front).await.unwrap();
    lab.connect(&old, &front, aliases(&[])).await.unwrap();
    assert!(lab.resolves(&old, "web").await);
    let aliases_of =
        async |container| lab.see(container).await.endpoints[network_id(&front)].attachment.aliases.clone();
    assert_eq!((aliases_of(&old).await, aliases_of(&new).await), (aliases(&[]).aliases, aliases(&["web"]).aliases));
}

pub async fn an_alias_that_is_the_containers_name_is_shown(lab: &Lab) {
    let front = lab.network("front").await;
    let new = lab.serving("web");
    let wanted = aliases(&[new.name.as_str(), "web"]);
    let web = lab.start(on(new, &front, wanted.clone())).await;
    assert_eq!(lab.see(&web).await.endpoints[network_id(&front)].attachment.aliases, wanted.aliases);
}

pub async fn a_container_has_all_its_networks_from_the_start(lab: &Lab) {
    let (front, back) = (lab.network("front").await, lab.network("back").await);
    let new = NewContainer {
        networks: vec![(front.clone(), aliases(&["web"])), (back.clone(), aliases(&["inner"]))],
        ..lab.serving("web")
    };
    let web = lab.create(new).await;
    let names = async || {
        let endpoints = lab.see(&web).await.endpoints;
        [&front, &back].map(|network| endpoints[network_id(network)].attachment.aliases.clone())
    };
    let wanted = [aliases(&["web"]).aliases, aliases(&["inner"]).aliases];
    assert_eq!(names().await, wanted);
    lab.try_start(&web).await.unwrap();
    assert_eq!(names().await, wanted);
    assert!(lab.resolves(&web, "web").await && lab.resolves(&web, "inner").await);
}

pub async fn a_stopped_container_is_connected_and_disconnected(lab: &Lab) {
    let (front, back) = (lab.network("front").await, lab.network("back").await);
    let web = lab.create(on(lab.serving("web"), &front, aliases(&[]))).await;
    lab.connect(&web, &back, aliases(&["inner"])).await.unwrap();
    lab.disconnect(&web, &front).await.unwrap();
    let endpoints = lab.see(&web).await.endpoints;
    assert_eq!(endpoints.keys().collect::<Vec<_>>(), [network_id(&back)]);
    assert_eq!(endpoints[network_id(&back)].attachment.aliases, aliases(&["inner"]).aliases);
    lab.try_start(&web).await.unwrap();
    assert!(lab.resolves(&web, "inner").await);
}

pub async fn another_ones_network_can_be_shared_while_it_runs(lab: &Lab) {
    let front = lab.network("front").await;
    let web = lab.start(on(lab.serving("web"), &front, aliases(&["web"]))).await;
    let mut new = lab.serving("sidecar");
    new.fixed.network_mode = NetworkMode::Service("web".into());
    new.borrowed.insert("web".into(), web.clone());
    let sidecar = lab.start(new).await;
    assert!(lab.see(&sidecar).await.endpoints.is_empty());
    lab.stop(&sidecar).await.unwrap();
    lab.stop(&web).await.unwrap();
    let refused = lab.try_start(&sidecar).await;
    assert!(is_refusal(&refused), "{refused:?}");
}

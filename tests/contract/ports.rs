//! Ports of the host.

use std::collections::BTreeSet;

use dsenv::engine::EngineError;
use dsenv::model::{Attachment, Port, Protocol};
use dsenv::plan::{NetworkRef, NewContainer};

use crate::lab::{Lab, is_refusal};

fn publishing(mut new: NewContainer, network: &NetworkRef, published: Option<String>) -> NewContainer {
    let host_ip = Some("127.0.0.1".to_owned());
    new.fixed.ports.insert(Port { target: 80, protocol: Protocol::Tcp, host_ip, published });
    new.networks = vec![(network.clone(), Attachment::default())];
    new
}

/// A port that hardly anything else uses, different for each process.
fn port() -> u16 {
    20_000 + u16::try_from(std::process::id() % 10_000).unwrap()
}

pub async fn a_taken_port_is_named(lab: &Lab) {
    let port = port();
    let network = lab.network("front").await;
    let one = lab.start(publishing(lab.serving("one"), &network, Some(port.to_string()))).await;
    let other = lab.create(publishing(lab.serving("other"), &network, Some(port.to_string()))).await;
    match lab.try_start(&other).await {
        Err(EngineError::PortTaken { port: named, .. }) => assert!(named.ends_with(&port.to_string()), "{named}"),
        result => panic!("{result:?}"),
    }
    assert!(!lab.see(&other).await.state.is_up());
    lab.stop(&one).await.unwrap();
    lab.try_start(&other).await.unwrap();
    let refused = lab.try_start(&one).await;
    assert!(is_refusal(&refused) || matches!(refused, Err(EngineError::PortTaken { .. })), "{refused:?}");
}

pub async fn free_ports_are_found_and_shown(lab: &Lab) {
    let mut seen = BTreeSet::new();
    let network = lab.network("front").await;
    for service in ["one", "other"] {
        let container = lab.start(publishing(lab.serving(service), &network, None)).await;
        let ports = lab.see(&container).await.ports;
        assert_eq!(ports.len(), 1);
        assert_eq!((ports[0].target, ports[0].protocol.as_str()), (80, "tcp"));
        assert_eq!(ports[0].host_ip, "127.0.0.1");
        seen.insert(ports[0].published);
    }
    assert_eq!(seen.len(), 2);
}

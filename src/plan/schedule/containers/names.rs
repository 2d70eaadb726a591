//! The names of a container on its networks. An alias cannot be added to a live connection, so names move by disconnect
//! and connect.

use crate::model::Attachment;
use crate::plan::schedule::builder::WayBack;
use crate::plan::schedule::state::Schedule;
use crate::plan::vocabulary::{ContainerRef, ContainerStep, NetworkRef, NodeId};

/// Gives a container other names on a network, on a way back.
pub fn rejoin(
    s: &mut Schedule,
    back: &mut WayBack,
    container: &ContainerRef,
    network: &NetworkRef,
    attachment: &Attachment,
) -> [NodeId; 2] {
    let leave = ContainerStep::Disconnect { container: container.clone(), network: network.clone() };
    let join = ContainerStep::Connect {
        container: container.clone(),
        network: network.clone(),
        attachment: attachment.clone(),
    };
    [leave, join].map(|step| back.then(&mut s.nodes, step))
}

/// How it is on a network for as long as another one has the names.
pub fn nameless(attachment: &Attachment) -> Attachment {
    Attachment { aliases: Default::default(), ..attachment.clone() }
}

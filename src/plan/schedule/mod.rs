//! When what is decided is done, and what is done when it fails.
//!
//! [`Decisions`] go in, with the two sides that they were made from. Nodes come out: one engine operation each, every
//! `after` before its node, in the order of the dependencies. What is kept on the way are numbers of steps by entity
//! ([`state`]); nothing is decided from them, and a fate is matched whole.
//!
//! | file | schedules |
//! |---|---|
//! | `builder` | nodes, chains of them, and ways back |
//! | `images`, `volumes`, `networks`, `files`, `providers`, `models` | one kind of thing each, once for all that need it |
//! | `gates`, `needs` | what a start and a creation come after |
//! | `network_guard` | that a move of names has its networks to itself |
//! | `containers` | containers: made, mended, replaced, removed |
//! | `strays`, `destroy` | what goes |
//! | `fill` | that a new volume is filled by one container alone |
//! | `labels` | what is written on new objects |

mod builder;
mod containers;
mod destroy;
mod files;
mod fill;
mod gates;
mod images;
mod labels;
mod models;
mod needs;
mod network_guard;
mod networks;
mod providers;
mod state;
mod strays;
mod volumes;

pub use destroy::teardown;

use self::containers::{port_swap, service};
use self::state::Schedule;
use crate::plan::compare::sides::Sides;
use crate::plan::decide::decisions::{Decisions, Unit};
use crate::plan::vocabulary::Node;

/// The steps for all decisions.
pub fn schedule<'a>(sides: &'a Sides<'a>, decisions: &'a Decisions<'a>) -> Vec<Node> {
    let mut s = Schedule::new(sides, decisions);
    strays::helpers(&mut s);
    images::refresh(&mut s);
    strays::containers(&mut s);
    volumes::plan(&mut s);
    networks::plan(&mut s);
    for unit in &decisions.units {
        match unit {
            Unit::Service(name) => service::plan(&mut s, &decisions.services[name]),
            Unit::PortSwap(swap) => port_swap::plan(&mut s, swap),
        }
    }
    models::rest(&mut s);
    providers::rest(&mut s);
    strays::rest(&mut s);
    files::sweep(&mut s);
    let mut nodes = s.nodes.finish();
    fill::one_by_one(&mut nodes, &sides.index);
    nodes
}

//! `extra_hosts`: a list of `NAME=ADDRESS`, or a map from names to addresses.

use super::Said;
use crate::diagnostic::Diagnostic;
use crate::spec::code;
use crate::yaml::{Key, Map, Node, Value};

/// From either form to a map from names to lists of addresses.
pub fn hosts(node: &mut Node, said: &mut Said<'_>) {
    match &mut node.value {
        Value::List(list) => {
            let mut map = Map::with_capacity(list.len());
            for item in std::mem::take(list) {
                add(&mut map, item, said);
            }
            node.value = Value::from(map);
        }
        Value::Map(map) => {
            for value in map.values_mut() {
                super::lists::one_or_many(value, said);
                if let Value::List(addresses) = &mut value.value {
                    addresses.iter_mut().for_each(|address| bare(address, said));
                }
            }
        }
        _ => {}
    }
}

fn add(map: &mut Map, item: Node, said: &mut Said<'_>) {
    let pair = item.as_text().and_then(|text| text.split_once('=').or_else(|| text.split_once(':')));
    let Some((name, address)) = pair.filter(|(name, _)| !name.is_empty()) else {
        let message = "expected `NAME=ADDRESS`";
        said.push(Diagnostic::error(code::WRONG_VALUE, message).at(item.place, "").help("such as `db.lab=10.0.0.5`"));
        return;
    };
    let mut address = Node::new(item.place.clone(), address);
    bare(&mut address, said);
    let key = Key::new(name, item.place.clone());
    let addresses = map.entry(key).or_insert_with(|| Node::new(item.place, Vec::new()));
    if let Value::List(list) = &mut addresses.value {
        list.push(address);
    }
}

/// Takes the brackets from an IPv6 address. None at all, as of a variable that is not set, is no mistake to Compose, but
/// the engine will refuse it.
fn bare(address: &mut Node, said: &mut Said<'_>) {
    if address.as_text() == Some("") {
        let told = Diagnostic::warning(code::WRONG_VALUE, "the address is empty, which the engine refuses");
        said.push(told.at(address.place.clone(), "").help("such as `db.lab=10.0.0.5`"));
    }
    if let Value::Text(text) = &mut address.value
        && let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'))
    {
        *text = inner.to_owned();
    }
}

//! A later tree over an earlier one: several files, `extends`, and what includes another file.
//!
//! Both are in long form, so a list that has keys is told apart by them, and a map and a list never meet by accident.

pub mod key;

use std::collections::HashMap;

use indexmap::map::Entry;

use super::code;
use super::rule::{Merge, Rule};
use super::told::Told;
use crate::diagnostic::Diagnostic;
use crate::yaml::{Map, Node, Tag, Value};

/// Most values that are remembered of those that one replaced.
const REMEMBERED: usize = 32;

/// Puts `over` over `base`.
pub fn tree(base: &mut Node, over: Node, rule: &Rule, said: &mut Told) {
    match over.tag {
        Tag::Override => return replace(base, settled(over)),
        // What is reset is taken away by the map that it stands in.
        Tag::Reset | Tag::None => {}
    }
    if over.is_null() && !matches!(rule.merge, Merge::Replace) {
        return;
    }
    if base.is_null() {
        return replace(base, settled(over));
    }
    match rule.merge {
        Merge::Replace => return replace(base, settled(over)),
        Merge::SameDriver if differ(base, &over) => return replace(base, settled(over)),
        Merge::Pools => return pools(base, over, rule, said),
        Merge::Deep | Merge::Mapping | Merge::Keyed(_) | Merge::SameDriver => {}
    }
    let Node { place, tag, value, replaced } = over;
    match (&mut base.value, value) {
        (Value::Map(below), Value::Map(above)) => maps(below, *above, rule, said),
        (Value::List(below), Value::List(above)) => {
            below.extend(above.into_iter().map(settled));
            if let Merge::Keyed(key) = rule.merge {
                unique(below, key);
            }
        }
        (Value::Map(_) | Value::List(_), value) => said.push(clash(base, &Node { place, tag, value, replaced })),
        // Over a scalar anything may stand: whether it may stand there is for its type to say.
        (_, value) => replace(base, settled(Node { place, tag, value, replaced })),
    }
}

fn maps(below: &mut Map, above: Map, rule: &Rule, said: &mut Told) {
    for (key, value) in above {
        if value.tag == Tag::Reset {
            below.shift_remove(key.text.as_str());
            continue;
        }
        let mapping = rule.merge;
        let rule = rule.at(&key.text);
        let unsets = matches!(mapping, Merge::Mapping) && value.is_null();
        match below.entry(key) {
            Entry::Vacant(free) => {
                free.insert(settled(value));
            }
            Entry::Occupied(mut taken) if unsets => replace(taken.get_mut(), settled(value)),
            Entry::Occupied(mut taken) => tree(taken.get_mut(), value, rule, said),
        }
    }
}

fn replace(base: &mut Node, over: Node) {
    let old = std::mem::replace(base, over);
    // The innermost that was replaced, so that a chain of files is told in order.
    let mut end = &mut base.replaced;
    while let Some(next) = end {
        end = &mut next.replaced;
    }
    *end = Some(Box::new(old));
    // No chain grows without end: a list may say the same thing many times.
    let mut end = &mut base.replaced;
    for _ in 0..REMEMBERED {
        let Some(next) = end else { return };
        end = &mut next.replaced;
    }
    *end = None;
}

/// A tree that meets nothing: what asks to be reset is gone, and no tags are left.
pub fn settled(mut node: Node) -> Node {
    settle(&mut node);
    node
}

/// Takes from a tree below what one above it resets or overrides: the rest of the one above is laid over it later.
pub fn strike(below: &mut Node, above: &Node) {
    let (Some(below), Some(above)) = (below.as_map_mut(), above.as_map()) else { return };
    for (key, value) in above {
        match value.tag {
            Tag::None => below.get_mut(key.text.as_str()).into_iter().for_each(|below| strike(below, value)),
            Tag::Reset | Tag::Override => {
                below.shift_remove(key.text.as_str());
            }
        }
    }
}

/// Drops the items of lists that ask to be reset: they say nothing to those of other files.
pub fn drop_items(node: &mut Node) {
    match &mut node.value {
        Value::Map(map) => map.values_mut().for_each(drop_items),
        Value::List(list) => {
            list.retain(|item| item.tag != Tag::Reset);
            list.iter_mut().for_each(drop_items);
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {}
    }
}

/// Puts the tags of a tree on what it became as it was merged: they still speak to an earlier file.
pub fn keep_tags(from: &Node, onto: &mut Node) {
    let (Value::Map(from), Value::Map(onto)) = (&from.value, &mut onto.value) else { return };
    for (key, value) in from.iter() {
        match (value.tag, onto.get_mut(key.text.as_str())) {
            (Tag::Reset, _) => {
                onto.insert(key.clone(), value.clone());
            }
            (Tag::Override, Some(merged)) => merged.tag = Tag::Override,
            (Tag::None, Some(merged)) => keep_tags(value, merged),
            (Tag::Override | Tag::None, None) => {}
        }
    }
}

fn settle(node: &mut Node) {
    node.tag = Tag::None;
    match &mut node.value {
        Value::Map(map) => {
            if map.values().any(|value| value.tag == Tag::Reset) {
                map.retain(|_, value| value.tag != Tag::Reset);
            }
            map.values_mut().for_each(settle);
        }
        Value::List(list) => list.iter_mut().for_each(settle),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {}
    }
}

/// Keeps one item of each key: the later one, in the place of the earlier one.
pub fn unique(list: &mut Vec<Node>, key: fn(&Node) -> String) {
    if list.len() < 2 {
        return;
    }
    let mut at: HashMap<String, usize> = HashMap::with_capacity(list.len());
    let mut kept: Vec<Node> = Vec::with_capacity(list.len());
    for item in list.drain(..) {
        match at.entry(key(&item)) {
            std::collections::hash_map::Entry::Occupied(known) => replace(&mut kept[*known.get()], item),
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(kept.len());
                kept.push(item);
            }
        }
    }
    *list = kept;
}

fn differ(base: &Node, over: &Node) -> bool {
    match (base.get("driver"), over.get("driver")) {
        (Some(base), Some(over)) => base.value != over.value,
        _ => false,
    }
}

fn pools(base: &mut Node, over: Node, rule: &Rule, said: &mut Told) {
    let (Some(below), Value::List(above)) = (base.as_list(), &over.value) else {
        said.push(clash(base, &over));
        return;
    };
    let subnet = |pool: &Node| pool.get("subnet").and_then(Node::as_text).map(str::to_owned);
    let merged = above.iter().map(|pool| {
        let mut known = below.iter().find(|known| subnet(known) == subnet(pool)).cloned();
        match &mut known {
            Some(known) => tree(known, pool.clone(), rule.at(""), said),
            None => known = Some(settled(pool.clone())),
        }
        known.expect("it was set just now")
    });
    let merged = Node { value: Value::List(merged.collect()), ..Node::new(over.place.clone(), Value::Null) };
    replace(base, merged);
}

fn clash(base: &Node, over: &Node) -> Diagnostic {
    Diagnostic::error(code::MERGE, format!("{} cannot be merged over {}", over.kind(), base.kind()))
        .at(over.place.clone(), "")
        .related(base.place.clone(), "over this")
        .help("use the same kind, or replace the earlier value with `!override`")
}

/// Applies the rules of uniqueness within one tree, and drops keys that say nothing where that is as good as no key.
pub fn unify(node: &mut Node, rule: &Rule) {
    match &mut node.value {
        Value::Map(map) => {
            if map.iter().any(|(key, value)| value.is_null() && rule.at(&key.text).nothing_is_absent) {
                map.retain(|key, value| !(value.is_null() && rule.at(&key.text).nothing_is_absent));
            }
            for (key, value) in map.iter_mut() {
                unify(value, rule.at(&key.text));
            }
        }
        Value::List(list) => {
            if let Merge::Keyed(key) = rule.merge {
                unique(list, key);
            }
            let each = rule.at("");
            list.iter_mut().for_each(|item| unify(item, each));
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {}
    }
}

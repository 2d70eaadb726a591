//! Which column each node stands in: behind everything it needs, and no column too tall.

use std::collections::BTreeMap;

/// The column of each node, from 0. An edge that closes a circle is left out of account.
pub fn layers(nodes: &[usize], edges: &[(usize, usize)]) -> BTreeMap<usize, usize> {
    let order = sorted(nodes, edges);
    let rank: BTreeMap<_, _> = order.iter().enumerate().map(|(at, node)| (*node, at)).collect();
    let forward: Vec<_> = edges.iter().copied().filter(|(from, to)| rank[from] < rank[to]).collect();
    let before = |node: usize| forward.iter().filter(move |(_, to)| *to == node).map(|(from, _)| *from);
    let behind = |node: usize| forward.iter().filter(move |(from, _)| *from == node).map(|(_, to)| *to);

    let most = tallest(nodes.len());
    let mut layer = BTreeMap::new();
    let mut height: BTreeMap<usize, usize> = BTreeMap::new();
    for node in &order {
        let mut at = before(*node).map(|other| layer[&other] + 1).max().unwrap_or(0);
        while height.get(&at).is_some_and(|height| *height >= most) {
            at += 1;
        }
        *height.entry(at).or_default() += 1;
        layer.insert(*node, at);
    }
    // What comes early and is needed late moves towards those that need it.
    for node in order.iter().rev() {
        let (here, ins) = (layer[node], before(*node).count());
        let Some(limit) = behind(*node).map(|other| layer[&other]).min() else { continue };
        let target = (here + 1..limit).rev().find(|at| height.get(at).is_none_or(|height| *height < most));
        if let Some(target) = target.filter(|_| ins <= 1) {
            *height.entry(here).or_default() -= 1;
            *height.entry(target).or_default() += 1;
            layer.insert(*node, target);
        }
    }
    let used: Vec<_> = {
        let mut used: Vec<_> = layer.values().copied().collect();
        used.sort_unstable();
        used.dedup();
        used
    };
    layer
        .into_iter()
        .map(|(node, at)| (node, used.binary_search(&at).expect("every column in use is listed")))
        .collect()
}

/// How many nodes a column may have: pictures are wider than tall, and small ones need no limit.
fn tallest(nodes: usize) -> usize {
    let square = (1..).find(|side| side * side >= nodes).unwrap_or(nodes);
    (square + 1).max(5)
}

/// What is needed before what needs it; among equals, what is needed by more first.
fn sorted(nodes: &[usize], edges: &[(usize, usize)]) -> Vec<usize> {
    let mut waiting: BTreeMap<usize, usize> = nodes.iter().map(|node| (*node, 0)).collect();
    let mut wanted: BTreeMap<usize, usize> = waiting.clone();
    for (from, to) in edges {
        *waiting.entry(*to).or_default() += 1;
        *wanted.entry(*from).or_default() += 1;
    }
    let mut order = Vec::with_capacity(nodes.len());
    while !waiting.is_empty() {
        let free = waiting.iter().filter(|(_, count)| **count == 0).map(|(node, _)| *node);
        let next = free.max_by_key(|node| (wanted[node], std::cmp::Reverse(*node)));
        // In a circle nothing is free: the one that waits for least goes first.
        let next = next.or_else(|| waiting.iter().min_by_key(|(node, count)| (**count, **node)).map(|(node, _)| *node));
        let Some(next) = next else { break };
        waiting.remove(&next);
        for (_, to) in edges.iter().filter(|(from, _)| *from == next) {
            if let Some(count) = waiting.get_mut(to) {
                *count = count.saturating_sub(1);
            }
        }
        order.push(next);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_stands_behind_what_it_needs() {
        let layers = layers(&[0, 1, 2, 3], &[(0, 1), (1, 2), (3, 2)]);
        assert_eq!(layers, BTreeMap::from([(0, 0), (1, 1), (2, 2), (3, 1)]));
    }

    #[test]
    fn a_circle_does_not_hang() {
        assert_eq!(layers(&[0, 1], &[(0, 1), (1, 0)]).len(), 2);
    }

    #[test]
    fn no_column_is_too_tall() {
        let nodes: Vec<_> = (0..60).collect();
        let edges: Vec<_> = (1..60).map(|node| (0, node)).collect();
        let layers = layers(&nodes, &edges);
        let tallest = (0..20).map(|at| layers.values().filter(|layer| **layer == at).count()).max();
        assert_eq!(tallest, Some(9));
    }
}

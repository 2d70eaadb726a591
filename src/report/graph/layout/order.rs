//! The order within the columns: few crossings, by barycentres.

use std::collections::{BTreeMap, BTreeSet};

use super::Slot;

/// Sweeps over all columns; more bring nothing that one would see.
const SWEEPS: usize = 24;
/// With more slots than this the slow half of the search is left out.
const MANY: usize = 250;

/// Columns of slots, and the links between one column and the next.
#[derive(Debug, Clone)]
pub struct Columns {
    /// From left to right, each from top to bottom.
    pub slots: Vec<Vec<Slot>>,
    /// From a slot of a column to a slot of the next, with the edges that run there.
    pub links: Vec<BTreeMap<(Slot, Slot), Vec<usize>>>,
}

impl Columns {
    /// Long edges get a place in every column between, one for all edges of a node.
    pub fn new(nodes: &[usize], edges: &[(usize, usize)], inner: &[usize], layer: &BTreeMap<usize, usize>) -> Self {
        let count = layer.values().max().map_or(0, |last| last + 1);
        let mut slots = vec![Vec::new(); count];
        let mut links = vec![BTreeMap::new(); count.saturating_sub(1)];
        for node in nodes {
            slots[layer[node]].push(Slot::Node(*node));
        }
        let mut trunks = BTreeSet::new();
        for edge in inner {
            let (from, to) = edges[*edge];
            let mut here = Slot::Node(from);
            for at in layer[&from]..layer[&to] {
                let next = if at + 1 == layer[&to] { Slot::Node(to) } else { Slot::Trunk(from) };
                links[at].entry((here, next)).or_insert_with(Vec::new).push(*edge);
                if next == Slot::Trunk(from) && trunks.insert((at + 1, from)) {
                    slots[at + 1].push(next);
                }
                here = next;
            }
        }
        Self { slots, links }
    }

    /// Reorders the slots and keeps the best order that was seen.
    pub fn untangle(&mut self) {
        let mut best = (self.crossings(), self.slots.clone());
        for sweep in 0..SWEEPS {
            if best.0 == 0 {
                break;
            }
            let last = self.slots.len().saturating_sub(1);
            let way: Vec<_> = if sweep % 2 == 0 { (1..=last).collect() } else { (0..last).rev().collect() };
            for at in way {
                self.sort(at, sweep % 2 == 0);
            }
            if self.slots.iter().map(Vec::len).sum::<usize>() <= MANY {
                self.swap_neighbours();
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.slots.clone());
            }
        }
        self.slots = best.1;
    }

    /// Sorts a column by the middle of each slot's neighbours on one side.
    fn sort(&mut self, at: usize, from_left: bool) {
        let (links, other) = if from_left { (&self.links[at - 1], at - 1) } else { (&self.links[at], at + 1) };
        let position: BTreeMap<_, _> =
            self.slots[other].iter().enumerate().map(|(at, slot)| (*slot, at as f64)).collect();
        let mut sums: BTreeMap<Slot, (f64, f64)> = BTreeMap::new();
        for (left, right) in links.keys() {
            let (mine, theirs) = if from_left { (right, left) } else { (left, right) };
            let sum = sums.entry(*mine).or_default();
            *sum = (sum.0 + position[theirs], sum.1 + 1.0);
        }
        // A slot without neighbours on this side stays where it is.
        let mut keyed: Vec<_> = self.slots[at]
            .iter()
            .enumerate()
            .map(|(at, slot)| (sums.get(slot).map_or(at as f64, |(sum, count)| sum / count), *slot))
            .collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.slots[at] = keyed.into_iter().map(|(_, slot)| slot).collect();
    }

    /// Swaps two that stand together wherever that crosses less.
    fn swap_neighbours(&mut self) {
        for at in 0..self.slots.len() {
            for upper in 1..self.slots[at].len() {
                let before = self.crossings_at(at);
                self.slots[at].swap(upper - 1, upper);
                if self.crossings_at(at) >= before {
                    self.slots[at].swap(upper - 1, upper);
                }
            }
        }
    }

    fn crossings_at(&self, at: usize) -> usize {
        let left = if at > 0 { self.crossings_behind(at - 1) } else { 0 };
        left + if at < self.links.len() { self.crossings_behind(at) } else { 0 }
    }

    fn crossings(&self) -> usize {
        (0..self.links.len()).map(|at| self.crossings_behind(at)).sum()
    }

    fn crossings_behind(&self, at: usize) -> usize {
        let index = |slots: &[Slot]| slots.iter().enumerate().map(|(at, slot)| (*slot, at)).collect::<BTreeMap<_, _>>();
        let (left, right) = (index(&self.slots[at]), index(&self.slots[at + 1]));
        let mut lines: Vec<_> = self.links[at].keys().map(|(from, to)| (left[from], right[to])).collect();
        lines.sort_unstable();
        let crossing =
            |(at, line): (usize, &(usize, usize))| lines[at + 1..].iter().filter(|other| other.1 < line.1).count();
        lines.iter().enumerate().map(crossing).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crossed_lines_are_untangled() {
        let edges = [(0, 3), (1, 2)];
        let layer = BTreeMap::from([(0, 0), (1, 0), (2, 1), (3, 1)]);
        let mut columns = Columns::new(&[0, 1, 2, 3], &edges, &[0, 1], &layer);
        assert_eq!(columns.crossings(), 1);
        columns.untangle();
        assert_eq!(columns.crossings(), 0);
    }

    #[test]
    fn edges_of_one_node_share_a_place() {
        let edges = [(0, 1), (1, 2), (0, 3), (2, 3), (0, 4), (2, 4)];
        let layer = BTreeMap::from([(0, 0), (1, 1), (2, 2), (3, 3), (4, 3)]);
        let columns = Columns::new(&[0, 1, 2, 3, 4], &edges, &[0, 1, 2, 3, 4, 5], &layer);
        assert_eq!(columns.slots[2], [Slot::Node(2), Slot::Trunk(0)]);
        assert_eq!(columns.links[0][&(Slot::Node(0), Slot::Trunk(0))], [2, 4]);
    }
}

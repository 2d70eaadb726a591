//! Coordinates: every slot as near as can be to the middle of its neighbours, nothing on top of anything.

use std::collections::BTreeMap;

use super::order::Columns;
use super::{Layout, Point, Segment, Size, Slot};

/// Between two boxes of a column.
const BETWEEN: f64 = 22.0;
/// Between a trunk and its neighbour.
const BESIDE: f64 = 13.0;
/// Between two lines that end at one box.
const PORTS: f64 = 13.0;
const SWEEPS: usize = 16;

/// Places the slots of columns whose order is settled.
pub fn place(sizes: &[Size], columns: &Columns, gap: f64) -> Layout {
    let y = rows(sizes, columns);
    let widths: Vec<f64> =
        columns.slots.iter().map(|slots| slots.iter().map(|slot| width(sizes, *slot)).fold(0.0, f64::max)).collect();
    let gaps: Vec<f64> = columns.links.iter().map(|links| gap + (links.len() as f64 * 2.0).min(80.0)).collect();
    let lefts: Vec<f64> =
        (0..widths.len()).map(|at| widths[..at].iter().sum::<f64>() + gaps[..at].iter().sum::<f64>()).collect();

    let mut corners = vec![Point::default(); sizes.len()];
    let mut bottom: f64 = 0.0;
    for (at, slots) in columns.slots.iter().enumerate() {
        for slot in slots {
            bottom = bottom.max(y[&(at, *slot)] + height(sizes, *slot) / 2.0);
            if let Slot::Node(node) = slot {
                let Size { width, height } = sizes[*node];
                corners[*node] = Point { x: lefts[at] + (widths[at] - width) / 2.0, y: y[&(at, *slot)] - height / 2.0 };
            }
        }
    }
    let mut segments = Vec::new();
    for (at, links) in columns.links.iter().enumerate() {
        let ends = ends(sizes, links, &y, at + 1);
        for ((from, to), through) in links {
            // Lines bend between columns only: a narrow node's line goes straight to the edge of its column first.
            let start = Point { x: lefts[at] + widths[at], y: y[&(at, *from)] };
            if let Slot::Node(node) = from {
                let edge = Point { x: corners[*node].x + sizes[*node].width, ..start };
                if edge.x < start.x {
                    segments.push(Segment { from: edge, to: start, edges: through.clone(), last: false });
                }
            }
            let end = match to {
                Slot::Node(node) => Point { x: corners[*node].x, y: ends[&(*from, *to)] },
                Slot::Trunk(_) => Point { x: lefts[at + 1], y: y[&(at + 1, *to)] },
            };
            segments.push(Segment { from: start, to: end, edges: through.clone(), last: matches!(to, Slot::Node(_)) });
            if let Slot::Trunk(_) = to {
                let straight = Point { x: lefts[at + 1] + widths[at + 1], y: end.y };
                segments.push(Segment { from: end, to: straight, edges: through.clone(), last: false });
            }
        }
    }
    let right = lefts.last().copied().unwrap_or(0.0) + widths.last().copied().unwrap_or(0.0);
    Layout { corners, segments, width: right, height: bottom }
}

fn width(sizes: &[Size], slot: Slot) -> f64 {
    if let Slot::Node(node) = slot { sizes[node].width } else { 0.0 }
}

fn height(sizes: &[Size], slot: Slot) -> f64 {
    if let Slot::Node(node) = slot { sizes[node].height } else { 0.0 }
}

/// Where each line ends at its node's left side: spread, in the order in which they come.
fn ends(
    sizes: &[Size],
    links: &BTreeMap<(Slot, Slot), Vec<usize>>,
    y: &BTreeMap<(usize, Slot), f64>,
    at: usize,
) -> BTreeMap<(Slot, Slot), f64> {
    let mut by_node: BTreeMap<Slot, Vec<Slot>> = BTreeMap::new();
    for (from, to) in links.keys() {
        by_node.entry(*to).or_default().push(*from);
    }
    let mut ends = BTreeMap::new();
    for (to, mut from) in by_node {
        from.sort_by(|a, b| y[&(at - 1, *a)].total_cmp(&y[&(at - 1, *b)]));
        let room = (height(sizes, to) - 16.0).max(0.0);
        let step = PORTS.min(room / (from.len().max(2) - 1) as f64);
        let first = y[&(at, to)] - step * (from.len() - 1) as f64 / 2.0;
        for (number, slot) in from.into_iter().enumerate() {
            ends.insert((slot, to), first + step * number as f64);
        }
    }
    ends
}

/// The middle of each slot, from 0 downwards.
fn rows(sizes: &[Size], columns: &Columns) -> BTreeMap<(usize, Slot), f64> {
    let mut y = BTreeMap::new();
    let apart: Vec<Vec<f64>> = columns
        .slots
        .iter()
        .map(|slots| slots.windows(2).map(|pair| distance(sizes, pair[0], pair[1])).collect())
        .collect();
    for (at, slots) in columns.slots.iter().enumerate() {
        let mut down = -apart[at].iter().sum::<f64>() / 2.0;
        for (number, slot) in slots.iter().enumerate() {
            y.insert((at, *slot), down);
            down += apart[at].get(number).copied().unwrap_or(0.0);
        }
    }
    let last = columns.slots.len().saturating_sub(1);
    for sweep in 0..SWEEPS {
        let rightward = sweep % 2 == 0;
        let way: Vec<_> = if rightward { (0..=last).collect() } else { (0..=last).rev().collect() };
        for at in way {
            let wanted: Vec<_> = columns.slots[at].iter().map(|slot| wish(columns, &y, at, *slot)).collect();
            for (slot, middle) in columns.slots[at].iter().zip(spread(&wanted, &apart[at])) {
                y.insert((at, *slot), middle);
            }
        }
    }
    let top = columns.slots.iter().enumerate().flat_map(|(at, slots)| slots.iter().map(move |slot| (at, *slot)));
    let top = top.map(|key| y[&key] - height(sizes, key.1) / 2.0).fold(f64::INFINITY, f64::min);
    y.values_mut().for_each(|middle| *middle -= top);
    y
}

fn distance(sizes: &[Size], upper: Slot, lower: Slot) -> f64 {
    let gap = match (upper, lower) {
        (Slot::Node(_), Slot::Node(_)) => BETWEEN,
        _ => BESIDE,
    };
    (height(sizes, upper) + height(sizes, lower)) / 2.0 + gap
}

/// Where a slot would stand if it were alone, and how much that matters: trunks want to be straight.
fn wish(columns: &Columns, y: &BTreeMap<(usize, Slot), f64>, at: usize, slot: Slot) -> (f64, f64) {
    let left =
        (at > 0).then(|| columns.links[at - 1].keys().filter(|(_, to)| *to == slot).map(|(from, _)| (at - 1, *from)));
    let right =
        columns.links.get(at).map(|links| links.keys().filter(|(from, _)| *from == slot).map(|(_, to)| (at + 1, *to)));
    let neighbours: Vec<_> = left.into_iter().flatten().chain(right.into_iter().flatten()).collect();
    let (mut sum, mut weight) = (0.0, 0.0);
    for neighbour in &neighbours {
        let pull = match (slot, neighbour.1) {
            (Slot::Trunk(_), Slot::Trunk(_)) => 8.0,
            (Slot::Trunk(_), _) | (_, Slot::Trunk(_)) => 2.0,
            (Slot::Node(_), Slot::Node(_)) => 1.0,
        };
        sum += pull * y[neighbour];
        weight += pull;
    }
    if weight == 0.0 { (y[&(at, slot)], 0.1) } else { (sum / weight, weight) }
}

/// Positions nearest to the wishes (least squares) that keep their order and distances: neighbours whose wishes
/// collide are pooled, and stand where the mean of their wishes is.
fn spread(wishes: &[(f64, f64)], apart: &[f64]) -> Vec<f64> {
    let mut offset = 0.0;
    let mut offsets = Vec::with_capacity(wishes.len());
    // (weighted sum, weight, how many)
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for (at, (wish, weight)) in wishes.iter().enumerate() {
        offsets.push(offset);
        let mut pool = ((wish - offset) * weight, *weight, 1);
        while let Some(upper) = pools.last()
            && upper.0 / upper.1 >= pool.0 / pool.1
        {
            pool = (pool.0 + upper.0, pool.1 + upper.1, pool.2 + upper.2);
            pools.pop();
        }
        pools.push(pool);
        offset += apart.get(at).copied().unwrap_or(0.0);
    }
    let middles = pools.iter().flat_map(|(sum, weight, count)| std::iter::repeat_n(sum / weight, *count));
    middles.zip(offsets).map(|(middle, offset)| middle + offset).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colliding_wishes_share_their_mean() {
        let wishes = [(0.0, 1.0), (0.0, 1.0), (100.0, 1.0)];
        assert_eq!(spread(&wishes, &[10.0, 10.0]), [-5.0, 5.0, 100.0]);
    }
}

//! Parts that do not hang together are laid out alone, then set beside and below each other.

use super::{Layout, Point, Segment};

/// Between two parts.
const GAP: f64 = 40.0;
/// How much wider than tall a picture may be.
const RATIO: f64 = 1.6;

/// One part, laid out.
pub struct Part {
    pub nodes: Vec<usize>,
    pub layout: Layout,
}

/// The nodes that hang together, each part sorted, the largest part first.
pub fn parts(nodes: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut part: Vec<usize> = (0..nodes).collect();
    for (from, to) in edges {
        let (old, new) = (part[*from].max(part[*to]), part[*from].min(part[*to]));
        part.iter_mut().filter(|part| **part == old).for_each(|part| *part = new);
    }
    let mut parts: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    for (node, part) in part.iter().enumerate() {
        parts[*part].push(node);
    }
    parts.retain(|part| !part.is_empty());
    parts.sort_by_key(|part| (std::cmp::Reverse(part.len()), part[0]));
    parts
}

/// Sets the parts in rows.
pub fn pack(parts: Vec<Part>, nodes: usize) -> Layout {
    let widest = parts.iter().map(|part| part.layout.width).fold(0.0, f64::max);
    let area: f64 = parts.iter().map(|part| (part.layout.width + GAP) * (part.layout.height + GAP)).sum();
    let limit = widest.max((area * RATIO).sqrt());
    let mut whole = Layout { corners: vec![Point::default(); nodes], ..Layout::default() };
    let (mut x, mut y, mut row) = (0.0, 0.0, 0.0_f64);
    for Part { nodes, layout } in parts {
        if x > 0.0 && x + layout.width > limit {
            (x, y, row) = (0.0, y + row + GAP, 0.0);
        }
        let shift = |point: Point| Point { x: point.x + x, y: point.y + y };
        for node in nodes {
            whole.corners[node] = shift(layout.corners[node]);
        }
        whole.segments.extend(layout.segments.into_iter().map(|segment| Segment {
            from: shift(segment.from),
            to: shift(segment.to),
            ..segment
        }));
        (whole.width, whole.height) = (whole.width.max(x + layout.width), whole.height.max(y + layout.height));
        row = row.max(layout.height);
        x += layout.width + GAP;
    }
    whole
}

//! A layered layout, from left to right: what comes first stands left. Knows sizes and edges, no meaning.
//!
//! Edges of one node run together as a trunk and part late, so that a database with twenty dependents is one line
//! through the picture and not twenty. In every column that a trunk passes it holds a place of its own, so that no
//! edge crosses a box.

mod layers;
mod order;
mod pack;
mod place;

/// The size of a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    pub width: f64,
    pub height: f64,
}

/// A point of the drawing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

/// A piece of a trunk: straight through a column, or across the gap between two.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    pub from: Point,
    pub to: Point,
    /// The edges that run through it.
    pub edges: Vec<usize>,
    /// Whether a node ends it.
    pub last: bool,
}

/// A finished layout.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layout {
    /// The upper left corner of each node.
    pub corners: Vec<Point>,
    pub segments: Vec<Segment>,
    pub width: f64,
    pub height: f64,
}

impl Default for Point {
    fn default() -> Self {
        Self { x: 0.0, y: 0.0 }
    }
}

/// Where a node of a column comes from: a node of the picture, or the place of a trunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    Node(usize),
    /// The trunk of this node.
    Trunk(usize),
}

/// Lays out nodes of these sizes; an edge is `(from, to)`. `gap` is the space between two columns.
pub fn layout(sizes: &[Size], edges: &[(usize, usize)], gap: f64) -> Layout {
    let parts = pack::parts(sizes.len(), edges).into_iter().map(|part| {
        let inner: Vec<_> = (0..edges.len()).filter(|edge| part.binary_search(&edges[*edge].0).is_ok()).collect();
        component(sizes, edges, &part, &inner, gap)
    });
    pack::pack(parts.collect(), sizes.len())
}

/// The layout of nodes that hang together; what is not of it stays at zero.
fn component(sizes: &[Size], edges: &[(usize, usize)], nodes: &[usize], inner: &[usize], gap: f64) -> pack::Part {
    let layer = layers::layers(nodes, &inner.iter().map(|edge| edges[*edge]).collect::<Vec<_>>());
    let mut columns = order::Columns::new(nodes, edges, inner, &layer);
    columns.untangle();
    let layout = place::place(sizes, &columns, gap);
    pack::Part { nodes: nodes.to_vec(), layout }
}

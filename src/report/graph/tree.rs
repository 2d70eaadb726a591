//! The picture for a terminal: what needs most stands at the left, what it needs below it.

use std::collections::BTreeSet;

use super::edge::label;
use super::picture::{EdgeKind, Kind, Picture};
use super::text::label_lines;
use crate::report::text::line;

/// One line a node; what was shown before is not shown again with all below it.
pub fn draw(picture: &Picture, headline: &str) -> String {
    let mut out = line(&format!("{}: {headline}", picture.project));
    let needed: BTreeSet<usize> = picture.edges.iter().map(|edge| edge.from).collect();
    let mut shown = BTreeSet::new();
    // What waits in a circle is needed by something all the same; the rest of the picture has its roots.
    let roots = (0..picture.nodes.len()).filter(|node| !needed.contains(node));
    for root in roots.chain(0..picture.nodes.len()) {
        if !shown.contains(&root) {
            out += &line(&name(picture, root));
            below(picture, root, "", &mut shown, &mut out);
        }
    }
    out
}

/// What a node needs: services first, then networks and volumes.
fn below(picture: &Picture, node: usize, indent: &str, shown: &mut BTreeSet<usize>, out: &mut String) {
    if !shown.insert(node) {
        return;
    }
    let mut needs: Vec<_> = picture.edges.iter().filter(|edge| edge.to == node).collect();
    needs.sort_by_key(|edge| edge.from);
    for (at, edge) in needs.iter().enumerate() {
        let last = at + 1 == needs.len();
        let how = label(edge.kind).map(|label| format!(" ({label})")).unwrap_or_default();
        let again = matches!(edge.kind, EdgeKind::Waits { .. })
            && shown.contains(&edge.from)
            && picture.edges.iter().any(|below| below.to == edge.from);
        let again = if again { ", as above" } else { "" };
        let branch = if last { "└─ " } else { "├─ " };
        *out += &line(&format!("{indent}{branch}{}{how}{again}", name(picture, edge.from)));
        below(picture, edge.from, &format!("{indent}{}", if last { "   " } else { "│  " }), shown, out);
    }
}

fn name(picture: &Picture, node: usize) -> String {
    let node = &picture.nodes[node];
    let kind = match node.kind {
        Kind::Service { .. } | Kind::Stray => "",
        Kind::Network { .. } => "network ",
        Kind::Volume { .. } => "volume ",
    };
    format!("{kind}{}", label_lines(node).join("  "))
}

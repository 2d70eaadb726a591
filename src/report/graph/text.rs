//! The picture for other programs: Graphviz, Mermaid.

use super::edge::{condition_word, label};
use super::picture::{EdgeKind, Kind, Node, Picture};
use super::theme::{class, colours};
use crate::model::Condition;
use crate::plan::Action;

/// For Graphviz.
pub fn dot(picture: &Picture) -> String {
    let mut out =
        format!("digraph {} {{\n  rankdir=LR\n  node [fontname=\"sans-serif\" fontsize=11]\n", quote(&picture.project));
    for node in &picture.nodes {
        let shape = match node.kind {
            Kind::Service { .. } => "shape=box style=\"rounded,filled\"",
            Kind::Network { .. } => "shape=hexagon style=filled",
            Kind::Volume { .. } => "shape=cylinder style=filled",
            Kind::Stray => "shape=box style=\"rounded,filled,dashed\"",
        };
        let [line, tint, ..] = colours(first(node));
        let label = quote(&label_lines(node).join("\n"));
        out += &format!("  {} [{shape} color=\"{line}\" fillcolor=\"{tint}\" label={label}]\n", quote(&node.id));
    }
    for edge in &picture.edges {
        let (from, to) = (&picture.nodes[edge.from].id, &picture.nodes[edge.to].id);
        let style = match edge.kind {
            EdgeKind::Waits { condition: Condition::ServiceStarted, .. } => " style=dotted",
            EdgeKind::Waits { condition: Condition::ServiceCompletedSuccessfully, .. } => " style=dashed",
            EdgeKind::Waits { condition: Condition::ServiceHealthy, .. } => "",
            EdgeKind::Joins | EdgeKind::Mounts { .. } => " dir=none color=\"#b0b6bd\"",
        };
        let label = quote(&label(edge.kind).unwrap_or_default());
        out += &format!("  {} -> {} [label={label} fontsize=9{style}]\n", quote(from), quote(to));
    }
    out + "}\n"
}

/// For Mermaid.
pub fn mermaid(picture: &Picture) -> String {
    let mut out = String::from("flowchart LR\n");
    for (at, node) in picture.nodes.iter().enumerate() {
        let lines: Vec<_> = label_lines(node).iter().map(|line| entities(line)).collect();
        let label = lines.join("<br/>");
        let (open, close) = match node.kind {
            Kind::Service { .. } | Kind::Stray => ("(", ")"),
            Kind::Network { .. } => ("{{", "}}"),
            Kind::Volume { .. } => ("[(", ")]"),
        };
        let class = match first(node) {
            Action::Keep => String::new(),
            action => format!(":::{}", class(action)),
        };
        out += &format!("  n{at}{open}\"{label}\"{close}{class}\n");
    }
    for edge in &picture.edges {
        let (from, to) = (edge.from, edge.to);
        out += &match edge.kind {
            EdgeKind::Waits { condition, required } => {
                let word = condition_word(condition);
                let optional = if required { "" } else { ", optional" };
                let line = if condition == Condition::ServiceStarted { "-.->" } else { "-->" };
                format!("  n{from} {line}|{word}{optional}| n{to}\n")
            }
            EdgeKind::Joins | EdgeKind::Mounts { .. } => format!("  n{from} --- n{to}\n"),
        };
    }
    let mut used: Vec<_> = picture.nodes.iter().map(first).filter(|action| *action != Action::Keep).collect();
    used.sort();
    used.dedup_by_key(|action| class(*action));
    for action in used {
        let [line, tint, ..] = colours(action);
        out += &format!("  classDef {} fill:{tint},stroke:{line},color:#1f2328\n", class(action));
    }
    out
}

fn first(node: &Node) -> Action {
    node.actions.first().copied().unwrap_or(Action::Keep)
}

/// The mark before the name says what colour says.
pub(super) fn label_lines(node: &Node) -> Vec<String> {
    let marks = super::card::marks(&node.actions);
    let mut lines = vec![if marks.is_empty() { node.name.clone() } else { format!("{marks} {}", node.name) }];
    if let Kind::Service { image, ports, scale, job } = &node.kind {
        if *scale != 1 {
            lines[0] += &format!(" ×{scale}");
        }
        if *job {
            lines[0] += " (job)";
        }
        lines.push(image.clone());
        lines.extend(ports.iter().cloned());
    }
    lines
}

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

fn entities(text: &str) -> String {
    text.replace('&', "#amp;").replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;")
}

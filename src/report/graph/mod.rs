//! The project as a picture: services, networks, volumes, who waits for whom, and what a plan does to each.

mod card;
mod edge;
mod layout;
mod picture;
mod svg;
#[cfg(test)]
mod tests;
mod text;
mod theme;
mod tree;

use crate::model::Project;
use crate::plan::Plan;

use super::text::count;
use picture::picture;

/// A drawing, made without any other program; nodes are coloured and marked by what the plan does to them.
pub fn svg(project: &Project, plan: Option<&Plan>) -> String {
    svg::draw(&picture(project, plan), &headline(project, plan))
}

/// Text for a terminal: each service with what it needs below it.
pub fn tree(project: &Project, plan: Option<&Plan>) -> String {
    tree::draw(&picture(project, plan), &headline(project, plan))
}

/// For Graphviz.
pub fn dot(project: &Project, plan: Option<&Plan>) -> String {
    text::dot(&picture(project, plan))
}

/// For Mermaid, as Markdown on most sites draws it.
pub fn mermaid(project: &Project, plan: Option<&Plan>) -> String {
    text::mermaid(&picture(project, plan))
}

/// Nodes and edges; an edge leads from the address of what comes first to that of what needs it.
pub fn json(project: &Project, plan: Option<&Plan>) -> String {
    let picture = picture(project, plan);
    let mut json = serde_json::to_value(&picture).expect("plain data has a JSON form");
    for (edge, value) in picture.edges.iter().zip(json["edges"].as_array_mut().into_iter().flatten()) {
        value["from"] = picture.nodes[edge.from].id.as_str().into();
        value["to"] = picture.nodes[edge.to].id.as_str().into();
    }
    format!("{json:#}\n")
}

fn headline(project: &Project, plan: Option<&Plan>) -> String {
    plan.map_or_else(|| contents(project), |plan| super::plan::summary(plan).line())
}

fn contents(project: &Project) -> String {
    let services = count(project.services.len(), "service", "services");
    let networks = count(project.networks.len(), "network", "networks");
    let volumes = count(project.volumes.len(), "volume", "volumes");
    format!("{services}, {networks}, {volumes}")
}

//! The project as a picture.

use crate::model::Project;
use crate::plan::Plan;

/// A drawing, made without any other program; nodes are coloured and marked by what the plan does to them.
pub fn svg(_project: &Project, _plan: Option<&Plan>) -> String {
    String::new()
}

/// For Graphviz.
pub fn dot(_project: &Project, _plan: Option<&Plan>) -> String {
    String::new()
}

/// For Markdown.
pub fn mermaid(_project: &Project, _plan: Option<&Plan>) -> String {
    String::new()
}

/// Nodes and edges.
pub fn json(_project: &Project, _plan: Option<&Plan>) -> String {
    String::new()
}

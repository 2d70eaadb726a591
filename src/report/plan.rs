//! A plan for people, for scripts, and as JSON.

use super::Style;
use crate::plan::Plan;

/// What would be done and why. `verbose` also lists what stays as it is.
pub fn render(_plan: &Plan, _style: &Style, _verbose: bool) -> String {
    String::new()
}

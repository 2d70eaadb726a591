//! The table of services.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Style;
use crate::model::{ImageRef, Project, ServiceName};
use crate::state::{Health, Observed, RunState};

/// One service.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its name.
    pub service: ServiceName,
    /// How many containers the spec asks for.
    pub wanted: u32,
    /// Those that are there, by number.
    pub containers: Vec<Instance>,
    /// The image that the spec asks for, or else that of the first container.
    pub image: Option<ImageRef>,
    /// Where it can be reached.
    pub urls: Vec<String>,
    /// What differs from the last apply, in words ("memory: 512 MiB -> 1 GiB").
    pub drift: Vec<String>,
    /// Why the spec does not ask for it to run ("not in the spec", "profile gpu is off").
    pub note: Option<String>,
}

/// One container of a service.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// Its name.
    pub name: String,
    /// Its number, from 1.
    pub replica: u32,
    /// What it is doing.
    pub state: RunState,
    /// What its health check says; `None` without one.
    pub health: Option<Health>,
    /// Since when.
    pub started_at: Option<Timestamp>,
    /// Whether it is done when it exits 0.
    pub job: bool,
}

/// The services of the project and what is there of them; then services that are there and in no spec.
pub fn rows(_project: &Project, _observed: &Observed, _drift: &BTreeMap<ServiceName, Vec<String>>) -> Vec<Row> {
    Vec::new()
}

/// The table. `now` is for the ages.
pub fn render(_rows: &[Row], _now: Timestamp, _style: &Style) -> String {
    String::new()
}

/// One service as JSON.
pub fn json(_row: &Row, _now: Timestamp) -> serde_json::Value {
    serde_json::Value::Null
}

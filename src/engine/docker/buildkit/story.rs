//! What a build tells while it runs: its steps as they begin, and what they print.

use std::collections::BTreeMap;

use bollard_buildkit_proto::moby::buildkit::v1::{StatusResponse, Vertex};

use super::super::perform::{Layers, QUOTED, Report};
use crate::event::Progress;

/// What was told so far.
pub(super) struct Story<'a> {
    progress: Report<'a>,
    layers: Layers,
    steps: BTreeMap<String, Step>,
    /// The step that failed first.
    failed: Option<String>,
}

#[derive(Default)]
struct Step {
    name: String,
    told: bool,
    /// The rest of a line.
    rest: String,
    /// The last lines.
    lines: Vec<String>,
}

impl<'a> Story<'a> {
    pub fn new(progress: Report<'a>) -> Self {
        Self { progress, layers: Layers::default(), steps: BTreeMap::new(), failed: None }
    }

    /// One message of the engine.
    pub fn hear(&mut self, news: StatusResponse) {
        for vertex in news.vertexes {
            self.step(vertex);
        }
        for log in news.logs {
            let step = self.steps.entry(log.vertex).or_default();
            step.rest.push_str(&String::from_utf8_lossy(&log.msg));
            while let Some(end) = step.rest.find('\n') {
                let line: String = step.rest.drain(..=end).collect();
                step.say(&line, self.progress);
            }
        }
        for status in news.statuses {
            // A base image on its way.
            let known = match status.id.as_str() {
                id if !id.starts_with("sha256:") => None,
                _ if status.completed.is_some() => Some("Download complete"),
                _ => Some("Downloading").filter(|_| status.name == "downloading" || status.name == status.id),
            };
            let bytes = self.layers.hear(Some(&status.id), known, Some(status.current), Some(status.total));
            if let Some(bytes) = bytes {
                (self.progress)(bytes);
            }
        }
        for warning in news.warnings {
            let text = String::from_utf8_lossy(&warning.short).into_owned();
            (self.progress)(Progress::Line(format!("warning: {text}")));
        }
    }

    fn step(&mut self, vertex: Vertex) {
        let step = self.steps.entry(vertex.digest.clone()).or_default();
        step.name = vertex.name;
        // What BuildKit does for itself is no step of the user's.
        if vertex.started.is_some() && !step.told && !step.name.starts_with("[internal]") {
            step.told = true;
            let name = step.name.lines().next().unwrap_or_default();
            let cached = if vertex.cached { " (cached)" } else { "" };
            (self.progress)(Progress::Line(format!("{name}{cached}")));
        }
        if vertex.completed.is_some() {
            let rest = std::mem::take(&mut step.rest);
            step.say(&rest, self.progress);
        }
        let cancelled = vertex.error.contains("context canceled");
        if !vertex.error.is_empty() && !cancelled && self.failed.is_none() {
            self.failed = Some(vertex.digest);
        }
    }

    /// The step that failed and the last lines that it printed.
    pub fn quoted(&self) -> String {
        let Some(step) = self.failed.as_ref().and_then(|failed| self.steps.get(failed)) else { return String::new() };
        let name = step.name.lines().next().unwrap_or_default();
        let lines: Vec<_> = std::iter::once(name).chain(step.lines.iter().map(String::as_str)).collect();
        lines.join("\n")
    }
}

impl Step {
    fn say(&mut self, line: &str, progress: Report<'_>) {
        let line = line.trim_end();
        if line.is_empty() {
            return;
        }
        progress(Progress::Line(line.to_owned()));
        self.lines.push(line.to_owned());
        if self.lines.len() >= QUOTED {
            self.lines.remove(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use bollard_buildkit_proto::google::protobuf::Timestamp;
    use bollard_buildkit_proto::moby::buildkit::v1::{VertexLog, VertexStatus};

    use super::*;

    fn step(digest: &str, name: &str, error: &str) -> StatusResponse {
        let at = Some(Timestamp { seconds: 1, nanos: 0 });
        let completed = (!error.is_empty()).then_some(Timestamp { seconds: 2, nanos: 0 });
        let vertex = Vertex {
            digest: digest.into(),
            name: name.into(),
            started: at,
            completed,
            error: error.into(),
            ..Vertex::default()
        };
        StatusResponse { vertexes: vec![vertex], ..StatusResponse::default() }
    }

    fn log(digest: &str, text: &str) -> StatusResponse {
        let log = VertexLog { vertex: digest.into(), msg: text.into(), ..VertexLog::default() };
        StatusResponse { logs: vec![log], ..StatusResponse::default() }
    }

    #[test]
    fn steps_are_told_once_and_lines_when_they_are_whole() {
        let told = Mutex::new(Vec::new());
        let report = |news| told.lock().unwrap().push(news);
        let mut story = Story::new(&report);
        for news in [
            step("a", "[internal] load build definition", ""),
            step("b", "[1/2] RUN make\nmore", ""),
            step("b", "[1/2] RUN make\nmore", ""),
            log("b", "one\ntw"),
            log("c", "of another step\n"),
            log("b", "o\nrest"),
            step("c", "[2/2] RUN other", "context canceled"),
            step("b", "[1/2] RUN make\nmore", "exit code: 2"),
        ] {
            story.hear(news);
        }
        let layer = VertexStatus {
            id: "sha256:0".into(),
            name: "downloading".into(),
            current: 5,
            total: 10,
            ..VertexStatus::default()
        };
        story.hear(StatusResponse { statuses: vec![layer], ..StatusResponse::default() });
        assert_eq!(story.quoted(), "[1/2] RUN make\none\ntwo\nrest");
        let mut told = told.into_inner().unwrap();
        assert_eq!(told.pop(), Some(Progress::Bytes { done: 5, total: 10 }));
        let lines: Vec<_> = told.into_iter().map(|news| format!("{news:?}")).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        Line("[1/2] RUN make")
        Line("one")
        Line("of another step")
        Line("two")
        Line("[2/2] RUN other")
        Line("rest")
        "#);
    }
}

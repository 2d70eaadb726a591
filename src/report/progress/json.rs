//! One JSON object a line, for programs.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::sink::{Out, Sink};
use super::story::{News, Story};
use crate::event::{Event, Failure, Progress, Verdict, Watched};
use crate::plan::{NodeId, Plan};
use crate::report::status::{self, Row};
use crate::report::text::clean;

/// The shape of these lines; the first number changes when a reader of an older one would be wrong.
const FORMAT: &str = "1.0";

/// One line of `apply --format json`, and of `watch`, which has lines of its own besides. Times are milliseconds: `at` since the run began, `took` of the step alone. Steps
/// are numbered as in the plan.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Line {
    /// The first line.
    Version {
        /// Of these lines.
        format_version: String,
        /// The program's.
        dsenv_version: String,
    },
    /// The second line: what will be done.
    Plan {
        /// The project.
        project: String,
        /// How many resources, by action.
        actions: BTreeMap<String, usize>,
        /// How many stay as they are.
        kept: usize,
        /// How many steps there are, ways back not counted.
        steps: usize,
    },
    /// A step began.
    StepStart {
        /// Milliseconds since the run began.
        at: u64,
        /// Which.
        #[serde(flatten)]
        step: StepName,
    },
    /// A step has news.
    StepProgress {
        /// Milliseconds since the run began.
        at: u64,
        /// Which.
        #[serde(flatten)]
        step: StepName,
        /// The news.
        #[serde(flatten)]
        news: StepNews,
    },
    /// A step still runs; once in ten seconds.
    StepHeartbeat {
        /// Milliseconds since the run began.
        at: u64,
        /// Which.
        #[serde(flatten)]
        step: StepName,
        /// Milliseconds that it has taken so far.
        so_far: u64,
    },
    /// A step is done.
    StepDone {
        /// Milliseconds since the run began.
        at: u64,
        /// Which.
        #[serde(flatten)]
        step: StepName,
        /// Milliseconds.
        took: u64,
    },
    /// A step failed.
    StepFailed {
        /// Milliseconds since the run began.
        at: u64,
        /// Which.
        #[serde(flatten)]
        step: StepName,
        /// Milliseconds.
        took: u64,
        /// Why.
        message: String,
        /// What to do next.
        hints: Vec<String>,
        /// Whether the run goes on as if it had not.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        optional: bool,
        /// The last output of a health check or build.
        #[serde(skip_serializing_if = "Option::is_none")]
        output: Option<String>,
    },
    /// A step cannot run any more.
    StepBlocked {
        /// Milliseconds since the run began.
        at: u64,
        /// Which.
        #[serde(flatten)]
        step: StepName,
        /// The step that failed.
        by: usize,
        /// That step's resource.
        by_address: String,
    },
    /// The end of the log of a container that failed.
    Logs {
        /// Milliseconds since the run began.
        at: u64,
        /// The step that collected it.
        #[serde(flatten)]
        step: StepName,
        /// Oldest first.
        lines: Vec<String>,
    },
    /// Ctrl-C.
    Interrupted {
        /// Milliseconds since the run began.
        at: u64,
        /// How often so far.
        times: usize,
    },
    /// The run is over.
    Summary {
        /// Milliseconds since the run began.
        at: u64,
        /// `done`, `partial`, `rolled_back`, `deadline`, `unreachable` or `interrupted`.
        outcome: String,
        /// How many resources, by action, are done.
        done: BTreeMap<String, usize>,
        /// How many failed, those put back included.
        failed: usize,
        /// How many of them are again as they were.
        put_back: usize,
        /// How many were not done because another failed.
        blocked: usize,
        /// How many there are.
        resources: usize,
    },
    /// The services after the run, as `status --format json` has them.
    Services {
        /// One object each.
        services: Vec<Value>,
    },
}

/// The JSON Schema of [`Line`].
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(Line).to_value();
    let watched = schemars::schema_for!(Watched).to_value();
    schema["title"] = "a line of dsenv apply or watch --format json".into();
    schema["$defs"] = watched["$defs"].clone();
    let (Some(lines), Some(more)) = (schema["oneOf"].as_array_mut(), watched["oneOf"].as_array()) else {
        unreachable!("an enum with named forms is one of them")
    };
    lines.extend(more.iter().cloned());
    schema
}

/// Which step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepName {
    /// Its number in the plan.
    pub step: usize,
    /// The resource that it is done for.
    pub address: String,
    /// `create`, `start`, `wait`, …
    pub verb: String,
    /// What it acts on, by its name on the engine.
    pub object: String,
}

/// News of a step; the fields of one kind are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepNews {
    /// A transfer, all layers together.
    Bytes {
        /// So far.
        done: u64,
        /// As far as is known.
        total: u64,
    },
    /// A line of a build's output.
    Line(String),
    /// The last health probe.
    Probe {
        /// Its exit code.
        code: i64,
        /// What it printed.
        output: String,
    },
}

/// For programs.
pub struct Json {
    story: Story,
    out: Out,
}

impl Json {
    /// Writes the first two lines.
    pub fn new(plan: &Plan, out: Out) -> Self {
        let story = Story::new(plan);
        let summary = crate::report::plan::summary(plan);
        let steps = story.cues.iter().filter(|cue| !cue.is_back).count();
        let mut json = Self { story, out };
        json.say(&Line::Version {
            format_version: FORMAT.to_owned(),
            dsenv_version: env!("CARGO_PKG_VERSION").to_owned(),
        });
        let actions = summary.actions.iter().map(|(action, number)| (name(action), *number)).collect();
        json.say(&Line::Plan { project: plan.project.to_string(), actions, kept: summary.kept, steps });
        json
    }

    fn say(&mut self, line: &Line) {
        let text = serde_json::to_string(line).expect("a line of plain data has a JSON form");
        (self.out)((text + "\n").into());
    }

    fn step(&self, node: NodeId) -> StepName {
        let cue = self.story.cue(node);
        let verb = cue.verb.replace(' ', "_");
        StepName { step: node.0, address: cue.address.to_string(), verb, object: cue.object.clone() }
    }

    fn line(&self, at: u64, event: &Event) -> Option<Line> {
        Some(match event {
            Event::Started(node) => Line::StepStart { at, step: self.step(*node) },
            Event::Progress(node, news) => Line::StepProgress { at, step: self.step(*node), news: news.into() },
            Event::Done { node, took } => Line::StepDone { at, step: self.step(*node), took: millis(*took) },
            Event::Failed { node, took, failure: Failure { message, hints, output } } => Line::StepFailed {
                at,
                step: self.step(*node),
                took: millis(*took),
                message: message.clone(),
                hints: hints.clone(),
                optional: self.story.cue(*node).optional,
                output: output.clone(),
            },
            Event::Logs(node, lines) => {
                Line::Logs { at, step: self.step(*node), lines: lines.iter().map(|line| clean(line)).collect() }
            }
            Event::Blocked { node, by } => {
                let by_address = self.story.cue(*by).address.to_string();
                Line::StepBlocked { at, step: self.step(*node), by: by.0, by_address }
            }
            Event::Ended { .. } | Event::Interrupted => return None,
        })
    }
}

impl From<&Progress> for StepNews {
    fn from(progress: &Progress) -> Self {
        match progress {
            Progress::Bytes { done, total } => Self::Bytes { done: *done, total: *total },
            Progress::Line(line) => Self::Line(clean(line)),
            Progress::Probe { code, output } => Self::Probe { code: *code, output: output.clone() },
        }
    }
}

impl Sink for Json {
    fn event(&mut self, at: Duration, event: &Event) {
        let told = self.story.tell(at, event);
        if let Some(line) = self.line(millis(at), event) {
            self.say(&line);
        }
        for news in told {
            if let News::Interrupted(times) = news {
                self.say(&Line::Interrupted { at: millis(at), times });
            }
        }
    }

    fn tick(&mut self, at: Duration) {
        for running in self.story.overdue(at) {
            let step = self.step(running.node);
            self.say(&Line::StepHeartbeat { at: millis(at), step, so_far: millis(at - running.since) });
        }
    }

    fn pace(&self) -> Option<Duration> {
        Some(Duration::from_secs(1))
    }

    fn finish(&mut self, at: Duration, verdict: Verdict) {
        let score = self.story.score();
        let line = Line::Summary {
            at: millis(at),
            outcome: name(&verdict),
            done: score.done.iter().map(|(action, number)| (name(action), *number)).collect(),
            failed: score.failed,
            put_back: score.put_back,
            blocked: score.blocked,
            resources: score.all,
        };
        self.say(&line);
    }

    fn services(&mut self, rows: &[Row], now: jiff::Timestamp) {
        let services = rows.iter().map(|row| status::json(row, now)).collect();
        self.say(&Line::Services { services });
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The name that an enum has in JSON.
fn name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        other => unreachable!("a plain enum is a string in JSON, not {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_schema_of_the_lines_is_the_one_in_the_repository() {
        crate::current::is_current("schemas/events.schema.json", &format!("{:#}\n", super::schema()));
    }
}

//! Commands in running containers, and the last words of those that failed.

use futures_util::TryStreamExt;

use super::super::logs::Cutter;
use super::super::{Docker, exec, logs};
use super::Report;
use crate::engine::{Done, EngineError, Exec, LogLine, LogOptions};
use crate::event::Progress;
use crate::model::Hook;
use crate::state::ContainerId;

/// Lines of output that a failure quotes.
pub(in super::super) const QUOTED: usize = 20;

pub(super) async fn run(
    docker: &Docker,
    id: &ContainerId,
    hook: &Hook,
    progress: Report<'_>,
) -> Result<Done, EngineError> {
    let Hook { command, user, privileged, working_dir, environment } = hook;
    let variable = |(key, value): (&String, &Option<String>)| value.as_ref().map(|value| format!("{key}={value}"));
    let exec = Exec {
        command: command.clone(),
        user: user.clone(),
        working_dir: working_dir.clone(),
        environment: environment.iter().filter_map(variable).collect(),
        tty: None,
        privileged: *privileged,
    };
    let (mut cutter, mut output) = (Cutter::default(), Vec::new());
    let mut keep = |lines: Vec<LogLine>| {
        for line in lines {
            progress(Progress::Line(line.text.clone()));
            output.push(line.text);
        }
    };
    let code = exec::run(docker, id, &exec, |piece| keep(cutter.add(piece))).await?;
    keep(cutter.rest());
    if code == 0 {
        return Ok(Done::Nothing);
    }
    let quoted = output.split_off(output.len().saturating_sub(QUOTED));
    Err(EngineError::Exit { command: shell_words::join(command), code, output: quoted.join("\n") })
}

/// The last lines of both streams, in the order in which the engine kept them.
pub(super) async fn collect_logs(docker: &Docker, id: &ContainerId, lines: usize) -> Result<Done, EngineError> {
    let options = LogOptions { tail: Some(lines), ..LogOptions::default() };
    let found: Vec<LogLine> = logs::logs(docker, id, &options).await?.try_collect().await?;
    // Of a line that comes in pieces the end says as much as the whole.
    Ok(Done::Logs(found.into_iter().filter(|line| !line.open).map(|line| line.text).collect()))
}

//! Log lines, told apart by stream and cut at newlines: the engine sends whatever pieces it has.

use std::time::Duration;

use bollard::container::LogOutput;
use bollard::query_parameters::LogsOptions;
use bytes::BytesMut;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, stream};

use super::{Docker, error};
use crate::engine::{EngineError, LogLine, LogOptions};
use crate::state::ContainerId;

type Lines = BoxStream<'static, Result<LogLine, EngineError>>;

pub(super) async fn logs(docker: &Docker, id: &ContainerId, options: &LogOptions) -> Result<Lines, EngineError> {
    let LogOptions { follow, tail, since, timestamps } = options;
    let query = LogsOptions {
        follow: *follow,
        stdout: true,
        stderr: true,
        since: since.map_or(0, seconds_ago),
        until: 0,
        timestamps: *timestamps,
        tail: tail.map_or_else(|| "all".to_owned(), |lines| lines.to_string()),
    };
    let mut output = Box::pin(docker.client.logs(id.as_str(), Some(query)));
    // The first piece is awaited here so that a container which is not there fails the call, not the stream. A silent
    // one that is followed has no first piece, and an inspect tells it from one that is gone.
    let first = if *follow {
        docker.inspect(id).await?;
        None
    } else {
        output.next().await.transpose().map_err(error::plain)?
    };
    Ok(lines(stream::iter(first.map(Ok)).chain(output).boxed()))
}

fn seconds_ago(age: Duration) -> i32 {
    let age = jiff::SignedDuration::try_from(age).unwrap_or(jiff::SignedDuration::MAX);
    let time = jiff::Timestamp::now().checked_sub(age).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.as_second().clamp(0, i32::MAX.into()).try_into().unwrap_or(i32::MAX)
}

fn lines(output: BoxStream<'static, Result<LogOutput, bollard::errors::Error>>) -> Lines {
    let state = (output, Cutter::default());
    stream::unfold(Some(state), async |state| {
        let (mut output, mut cutter) = state?;
        let (lines, more) = match output.next().await {
            Some(Ok(piece)) => (cutter.add(piece).into_iter().map(Ok).collect::<Vec<_>>(), Some((output, cutter))),
            Some(Err(error)) => (vec![Err(error::plain(error))], None),
            None => (cutter.rest().into_iter().map(Ok).collect(), None),
        };
        Some((stream::iter(lines), more))
    })
    .flatten()
    .boxed()
}

/// Joins pieces to lines, each stream for itself.
#[derive(Default)]
pub(super) struct Cutter {
    stdout: BytesMut,
    stderr: BytesMut,
}

impl Cutter {
    /// The lines that this piece completes.
    pub fn add(&mut self, piece: LogOutput) -> Vec<LogLine> {
        let stderr = matches!(piece, LogOutput::StdErr { .. });
        let buffer = if stderr { &mut self.stderr } else { &mut self.stdout };
        buffer.extend_from_slice(&piece.into_bytes());
        let mut lines = Vec::new();
        while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
            let line = buffer.split_to(end + 1);
            lines.push(LogLine { stderr, text: text(&line[..end]) });
        }
        lines
    }

    /// What has no newline at the end.
    pub fn rest(&mut self) -> Vec<LogLine> {
        let rest = [(false, self.stdout.split()), (true, self.stderr.split())];
        rest.into_iter()
            .filter(|(_, bytes)| !bytes.is_empty())
            .map(|(stderr, bytes)| LogLine { stderr, text: text(&bytes) })
            .collect()
    }
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_become_lines_of_their_own_stream() {
        let out = |text: &'static str| LogOutput::StdOut { message: text.into() };
        let err = |text: &'static str| LogOutput::StdErr { message: text.into() };
        let mut cutter = Cutter::default();
        assert_eq!(cutter.add(out("one\ntw")), [LogLine { stderr: false, text: "one".into() }]);
        assert_eq!(cutter.add(err("oops\r\n")), [LogLine { stderr: true, text: "oops".into() }]);
        assert_eq!(cutter.add(out("o\n")), [LogLine { stderr: false, text: "two".into() }]);
        assert_eq!(cutter.add(out("end")), []);
        assert_eq!(cutter.rest(), [LogLine { stderr: false, text: "end".into() }]);
    }
}

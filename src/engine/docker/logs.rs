//! Log lines, told apart by stream and cut at newlines: the engine sends whatever pieces it has.

use bollard::container::LogOutput;
use bollard::query_parameters::LogsOptions;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;

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
        since: since.map_or(0, seconds),
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
    Ok(lines(stream::iter(first.map(Ok)).chain(output).boxed(), *timestamps))
}

/// Whole seconds of Unix time.
fn seconds(at: Timestamp) -> i32 {
    at.as_second().clamp(0, i32::MAX.into()).try_into().unwrap_or(i32::MAX)
}

fn lines(output: BoxStream<'static, Result<LogOutput, bollard::errors::Error>>, stamped: bool) -> Lines {
    let state = (output, Cutter { stamped, ..Cutter::default() });
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

/// Bytes of a line that are kept at most before they are handed out.
const LONGEST: usize = 1 << 16;

/// Joins pieces to lines, each stream for itself.
#[derive(Default)]
pub(super) struct Cutter {
    stdout: Line,
    stderr: Line,
    /// Whether the engine puts the time before each of its pieces.
    stamped: bool,
}

/// A line that is not at its end.
#[derive(Default)]
struct Line {
    bytes: Vec<u8>,
    /// Whether it has begun, so that the next piece belongs to it.
    begun: bool,
    /// Whether a part of it was handed out.
    cut: bool,
}

impl Cutter {
    /// The lines that this piece completes, and what of a line is too long to be kept.
    pub fn add(&mut self, piece: LogOutput) -> Vec<LogLine> {
        let stderr = matches!(piece, LogOutput::StdErr { .. });
        let line = if stderr { &mut self.stderr } else { &mut self.stdout };
        let piece = piece.into_bytes();
        let mut lines = Vec::new();
        // Only what is new can end a line.
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            let (text, ended) = part.strip_suffix(b"\n").map_or((part, false), |text| (text, true));
            line.add(text, self.stamped);
            if ended || line.bytes.len() >= LONGEST {
                lines.push(line.take(stderr, !ended, self.stamped));
            }
        }
        lines
    }

    /// What has no newline at the end.
    pub fn rest(&mut self) -> Vec<LogLine> {
        let stamped = self.stamped;
        let rest = [(false, &mut self.stdout), (true, &mut self.stderr)].into_iter().filter(|(_, line)| line.begun);
        rest.map(|(stderr, line)| line.take(stderr, false, stamped)).collect()
    }
}

impl Line {
    fn add(&mut self, text: &[u8], stamped: bool) {
        // A long line comes in several pieces, each with a time of its own.
        let text = if stamped && self.begun { stamp(text).1 } else { text };
        self.begun = true;
        self.bytes.extend_from_slice(text);
    }

    fn take(&mut self, stderr: bool, open: bool, stamped: bool) -> LogLine {
        let whole = if open { whole_characters(&self.bytes) } else { self.bytes.len() };
        let rest = self.bytes.split_off(whole);
        let line = std::mem::replace(&mut self.bytes, rest);
        let line = if open { &line[..] } else { line.strip_suffix(b"\r").unwrap_or(&line) };
        let (at, line) = if stamped && !self.cut { stamp(line) } else { (None, line) };
        let text = String::from_utf8_lossy(line).into_owned();
        (self.begun, self.cut) = (open, open);
        LogLine { stderr, at, text, open }
    }
}

/// The time that the engine put before a text.
fn stamp(text: &[u8]) -> (Option<Timestamp>, &[u8]) {
    let stamped = text.iter().take(40).position(|byte| *byte == b' ').and_then(|end| {
        let at = str::from_utf8(&text[..end]).ok()?.parse().ok()?;
        Some((Some(at), &text[end + 1..]))
    });
    stamped.unwrap_or((None, text))
}

/// How many of the bytes do not belong to a character whose end is not there yet.
fn whole_characters(bytes: &[u8]) -> usize {
    let tail = bytes.len().saturating_sub(3);
    let begun = bytes[tail..].iter().rposition(|byte| *byte >= 0xc0).map(|at| tail + at);
    match begun {
        Some(at) if str::from_utf8(&bytes[at..]).is_err_and(|error| error.error_len().is_none()) => at,
        Some(_) | None => bytes.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out(text: impl Into<Vec<u8>>) -> LogOutput {
        LogOutput::StdOut { message: text.into().into() }
    }

    fn line(stderr: bool, text: &str) -> LogLine {
        LogLine { stderr, at: None, text: text.into(), open: false }
    }

    #[test]
    fn pieces_become_lines_of_their_own_stream() {
        let mut cutter = Cutter::default();
        assert_eq!(cutter.add(out("one\ntw")), [line(false, "one")]);
        assert_eq!(cutter.add(LogOutput::StdErr { message: "oops\r\n".into() }), [line(true, "oops")]);
        assert_eq!(cutter.add(out("o\n\n")), [line(false, "two"), line(false, "")]);
        assert_eq!(cutter.add(out("end")), []);
        assert_eq!((cutter.rest(), cutter.rest()), (vec![line(false, "end")], vec![]));
    }

    #[test]
    fn a_line_without_an_end_is_handed_out_in_pieces_and_takes_time_by_its_length_alone() {
        let mut cutter = Cutter::default();
        let (mut text, mut most) = (0, 0);
        // A character of three bytes falls on every border between two pieces.
        let piece = "€".repeat(1 << 12) + "a";
        let count = 50_000_000 / piece.len();
        for _ in 0..count {
            for LogLine { open, text: part, .. } in cutter.add(out(piece.clone())) {
                assert!(open && !part.contains('\u{fffd}'));
                text += part.len();
                most = most.max(cutter.stdout.bytes.capacity());
            }
        }
        let ended = cutter.add(out("end\n"));
        assert!(ended.len() == 1 && !ended[0].open && ended[0].text.ends_with("end"));
        assert_eq!(text + ended[0].text.len(), count * piece.len() + 3);
        assert!(most < 1 << 20, "{most}");
    }

    #[test]
    fn the_times_of_its_pieces_do_not_stand_in_a_long_line() {
        let mut cutter = Cutter { stamped: true, ..Cutter::default() };
        assert_eq!(cutter.add(out("2026-01-01T00:00:00.000000001Z one ")), []);
        let lines = cutter.add(out("2026-01-01T00:00:00.000000002Z line\n"));
        let at = Some("2026-01-01T00:00:00.000000001Z".parse().unwrap());
        assert_eq!(lines, [LogLine { at, ..line(false, "one line") }]);
        let empty = cutter.add(out("2026-01-01T00:00:00.000000003Z \n"));
        assert_eq!((empty[0].text.as_str(), empty[0].at.is_some()), ("", true));
    }
}

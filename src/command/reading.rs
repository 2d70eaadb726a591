//! How far a log was read, so that it can be opened again and nothing is lost or told twice. Pure.

use std::time::Duration;

use jiff::Timestamp;

use crate::engine::LogLine;

/// Times of one stream are in order; those of the two streams of a container may be a little apart.
const APART: Duration = Duration::from_secs(2);

/// How far a container's log was read.
#[derive(Debug, Default)]
pub struct Reading {
    /// What is older was not asked for.
    from: Option<Timestamp>,
    /// The oldest line that was told.
    first: Option<Timestamp>,
    streams: [Stream; 2],
}

#[derive(Debug, Default)]
struct Stream {
    /// The time of the last line, and how many lines had it.
    last: Option<Mark>,
    /// Since it was opened again: what is older was told, and so many lines of that time.
    told: Option<Mark>,
    /// Whether the line before goes on, and whether that is new.
    open: Option<bool>,
}

type Mark = (Timestamp, usize);

impl Reading {
    /// From a time on.
    pub fn from(from: Option<Timestamp>) -> Self {
        Self { from, ..Self::default() }
    }

    /// From when on must be asked, to have all that is new.
    pub fn since(&self) -> Option<Timestamp> {
        let last = self.streams.iter().filter_map(|stream| Some(stream.last?.0)).max();
        last.and_then(|last| last.checked_sub(APART).ok()).max(self.from)
    }

    /// It is opened anew.
    pub fn reopen(&mut self) {
        for stream in &mut self.streams {
            // A stream that was silent so far is new from where the other one began.
            stream.told = stream.last.or(self.first.map(|first| (first, 0)));
            stream.open = None;
        }
    }

    /// Takes a line for one that was told, with all of its time.
    pub fn pass(&mut self, line: &LogLine) {
        for stream in &mut self.streams {
            stream.last = line.at.map(|at| (at, usize::MAX));
        }
    }

    /// Whether a line, or a piece of one, was not told yet; it counts as told then.
    pub fn is_new(&mut self, line: &LogLine) -> bool {
        let stream = &mut self.streams[usize::from(line.stderr)];
        let new = match (stream.open, line.at) {
            (Some(new), None) => new,
            (_, Some(at)) => stream.is_new(at),
            (None, None) => true,
        };
        stream.open = line.open.then_some(new);
        if new && line.at.is_some() {
            self.first = self.first.min(line.at).or(line.at);
        }
        new
    }
}

impl Stream {
    fn is_new(&mut self, at: Timestamp) -> bool {
        match &mut self.told {
            Some((told, _)) if at < *told => return false,
            Some((told, again)) if at == *told && *again > 0 => {
                *again -= 1;
                return false;
            }
            Some(_) | None => self.told = None,
        }
        self.last = match self.last {
            Some((last, count)) if at == last => Some((at, count.saturating_add(1))),
            Some((last, count)) if at < last => Some((last, count)),
            Some(_) | None => Some((at, 1)),
        };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(stderr: bool, at: i64, text: &str) -> LogLine {
        let at = Some(Timestamp::from_second(at).unwrap());
        LogLine { stderr, at, text: text.to_owned(), open: false }
    }

    fn told(reading: &mut Reading, lines: &[LogLine]) -> String {
        lines.iter().filter(|line| reading.is_new(line)).map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn what_comes_again_is_told_once_even_if_several_have_one_time() {
        let mut reading = Reading::default();
        let first = [line(false, 1, "a"), line(false, 2, "b"), line(false, 2, "c")];
        assert_eq!(told(&mut reading, &first), "abc");
        reading.reopen();
        let more = [line(false, 2, "d"), line(false, 3, "e")];
        assert_eq!(told(&mut reading, &[&first[1..], &more].concat()), "de");
        reading.reopen();
        assert_eq!(told(&mut reading, &[&first[..], &more, &[line(false, 3, "f")]].concat()), "f");
    }

    #[test]
    fn the_two_streams_are_each_in_order_and_begin_together() {
        let mut reading = Reading::default();
        assert_eq!(told(&mut reading, &[line(false, 10, "a"), line(false, 20, "b")]), "ab");
        reading.reopen();
        // Its time is before the last one of the other stream, and it is new all the same.
        let again = [line(true, 5, "x"), line(true, 19, "c"), line(false, 20, "b"), line(false, 21, "d")];
        assert_eq!(told(&mut reading, &again), "cd");
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(reading.since(), Some(at(19)));
    }

    #[test]
    fn what_was_passed_over_is_not_told_and_a_piece_goes_with_its_line() {
        let mut reading = Reading::default();
        reading.pass(&line(false, 4, ""));
        reading.reopen();
        let piece = |at, text, open| LogLine { open, at, ..line(false, 0, text) };
        let at = |second| Some(Timestamp::from_second(second).unwrap());
        let lines =
            [piece(at(4), "o", true), piece(None, "ld", false), piece(at(5), "n", true), piece(None, "ew", false)];
        assert_eq!(told(&mut reading, &lines), "new");
    }
}

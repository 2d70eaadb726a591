//! Durations, sizes, news and ends in words.

use std::time::Duration;

use super::story::{Score, past};
use crate::event::{Progress, Verdict};
use crate::report::text::{clean, count};

/// `0.3 s`, `12 s`, `1 min 5 s`.
pub fn duration(duration: Duration) -> String {
    let tenths = (duration.as_millis() + 50) / 100;
    let seconds = (duration.as_millis() + 500) / 1000;
    match seconds {
        _ if tenths < 100 => format!("{}.{} s", tenths / 10, tenths % 10),
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// `12.3 MB`: about, decimal, as registries count.
pub fn bytes(bytes: u64) -> String {
    let tenths = |unit: u64| (bytes + unit / 20) / (unit / 10);
    let text = |tenths: u64, unit| format!("{}.{} {unit}", tenths / 10, tenths % 10);
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => text(tenths(1_000), "kB"),
        1_000_000..1_000_000_000 => text(tenths(1_000_000), "MB"),
        _ => text(tenths(1_000_000_000), "GB"),
    }
}

/// The last news of a step; `None` if it has none.
pub fn progress(progress: &Progress) -> Option<String> {
    match progress {
        Progress::Bytes { done: 0, total: 0 } => None,
        Progress::Bytes { done, total } if total < done => Some(bytes(*done)),
        Progress::Bytes { done, total } => Some(format!("{} of {}", bytes(*done), bytes(*total))),
        Progress::Line(line) => Some(clean(line).trim().to_owned()).filter(|line| !line.is_empty()),
        Progress::Probe { code, output } => {
            let last = output.lines().map(clean).rfind(|line| !line.trim().is_empty()).unwrap_or_default();
            let said = if last.is_empty() { String::new() } else { format!(": {}", last.trim()) };
            Some(format!("last probe exited {code}{said}"))
        }
    }
}

/// The last line.
pub fn verdict(verdict: Verdict, score: &Score, took: Duration) -> String {
    let took = duration(took);
    let Score { done, failed, put_back, blocked, all } = score;
    let settled = done.values().sum::<usize>() + failed + blocked;
    let mut parts: Vec<_> = done.iter().map(|(action, number)| format!("{number} {}", past(*action))).collect();
    let mut add = |number: usize, words: &str| {
        if number > 0 {
            parts.push(format!("{number} {words}"));
        }
    };
    add(failed.saturating_sub(*put_back), "failed");
    add(*put_back, "failed and put back");
    add(*blocked, "not done because of that");
    add(all.saturating_sub(settled), "not finished");
    let parts = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    match verdict {
        Verdict::Done => format!("Done in {took}{parts}"),
        Verdict::Partial | Verdict::Unreachable => format!("Incomplete after {took}{parts}"),
        Verdict::RolledBack => format!("Rolled back after {took}{parts}"),
        Verdict::Deadline => format!("Out of time after {took}{parts}"),
        Verdict::Interrupted => format!("Interrupted after {took}{parts}"),
    }
}

/// What Ctrl-C does.
pub fn interrupted(times: usize) -> &'static str {
    match times {
        1 => "interrupted: what has begun is finished or put back; Ctrl-C again drops it",
        _ => "interrupted again: everything is dropped; the next apply repairs it",
    }
}

/// `3 of 40 done, 2 at work`
pub fn standing(score: &Score, at_work: usize) -> String {
    let done = score.done.values().sum::<usize>();
    let failed = if score.failed > 0 { format!(", {} failed", score.failed) } else { String::new() };
    format!("{done} of {} done{failed}, {at_work} at work", count(score.all, "resource", "resources"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_are_rounded_for_people() {
        let told: Vec<_> =
            [0, 49, 50, 9_949, 9_950, 59_499, 65_000, 3_725_000].map(|ms| duration(Duration::from_millis(ms))).into();
        assert_eq!(told, ["0.0 s", "0.0 s", "0.1 s", "9.9 s", "10 s", "59 s", "1 min 5 s", "1 h 2 min"]);
        assert_eq!([999, 1_000, 12_345_678, 2_000_000_000].map(bytes), ["999 B", "1.0 kB", "12.3 MB", "2.0 GB"]);
    }
}

//! The cells of a row in words, and the row as one line.

use jiff::Timestamp;

use super::row::{Instance, Row};
use crate::report::text::clean;
use crate::state::{Health, RunState};

/// How well a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Well {
    Yes,
    NotYet,
    No,
}

/// `1/2`: those that are up, or done where that is the point, of those asked for.
pub fn replicas(row: &Row) -> String {
    let up = row.containers.iter().filter(|instance| instance.state.is_up() || instance.finished).count();
    format!("{up}/{}", row.wanted)
}

/// `running`, or `2 running, 1 exited (1)`. What a program runs has no container that could be seen.
pub fn state(row: &Row) -> String {
    let states = row
        .containers
        .iter()
        .map(|instance| if instance.finished { "completed".to_owned() } else { instance.state.to_string() });
    let none = if row.wanted == 0 && row.note.is_some() && row.one_offs.is_empty() { "unseen" } else { "absent" };
    tally(states.collect()).unwrap_or_else(|| none.to_owned())
}

/// `healthy`, or `2 healthy, 1 starting`; empty without a health check.
pub fn health(row: &Row) -> String {
    let up = row.containers.iter().filter(|instance| instance.state.is_up());
    tally(up.filter_map(|instance| instance.health.as_ref()).map(ToString::to_string).collect()).unwrap_or_default()
}

/// Equal words are counted, in the order of their first appearance.
fn tally(words: Vec<String>) -> Option<String> {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for word in words {
        match counts.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => counts.push((word, 1)),
        }
    }
    match counts.as_slice() {
        [] => None,
        [(word, _)] => Some(word.clone()),
        _ => Some(counts.iter().map(|(word, count)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")),
    }
}

/// `3m` since the last start; empty while nothing is up.
pub fn age(row: &Row, now: Timestamp) -> String {
    let up = row.containers.iter().filter(|instance| instance.state.is_up());
    let Some(started) = up.filter_map(|instance| instance.started_at).max() else { return String::new() };
    let seconds = (now.as_second() - started.as_second()).max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// How well it is, for the colour.
pub fn well(row: &Row) -> Well {
    let one = |instance: &Instance| match (&instance.state, &instance.health) {
        _ if instance.finished => Well::Yes,
        (RunState::Running, None | Some(Health::Healthy)) => Well::Yes,
        (RunState::Running, Some(Health::Starting)) | (RunState::Created | RunState::Removing, _) => Well::NotYet,
        (RunState::Running, Some(Health::Unhealthy { .. })) => Well::No,
        (RunState::Paused | RunState::Restarting | RunState::Exited { .. } | RunState::Dead, _) => Well::No,
    };
    let each: Vec<_> = row.containers.iter().map(one).collect();
    if each.contains(&Well::No) || each.len() < row.wanted as usize {
        Well::No
    } else if each.contains(&Well::NotYet) {
        Well::NotYet
    } else {
        Well::Yes
    }
}

/// What needs a line of its own.
pub fn remarks(row: &Row) -> Vec<String> {
    let mut lines: Vec<_> = row.note.iter().cloned().collect();
    for instance in &row.containers {
        if let Some(Health::Unhealthy { output }) = &instance.health
            && let Some(last) = output.lines().map(clean).rfind(|line| !line.trim().is_empty())
        {
            lines.push(format!("{}: last probe: {}", instance.name, last.trim()));
        }
        if instance.state == RunState::Restarting {
            lines.push(format!("{}: restarted {} times", instance.name, instance.restarts));
        }
    }
    lines.extend(row.one_offs.iter().map(|one_off| format!("one-off {}: {}", one_off.name, one_off.state)));
    lines.extend(row.drift.iter().map(|drift| format!("changed by hand: {drift}")));
    lines
}

/// `db: 1/1 running, healthy; image lab-db; up 3m; url …`
pub fn line(row: &Row, now: Timestamp) -> String {
    let mut parts = vec![format!("{} {}", replicas(row), state(row))];
    let health = health(row);
    if !health.is_empty() {
        parts[0] += &format!(", {health}");
    }
    parts.extend(row.image.iter().map(|image| format!("image {image}")));
    parts.extend(Some(age(row, now)).filter(|age| !age.is_empty()).map(|age| format!("up {age}")));
    parts.extend(row.urls.iter().map(|url| format!("url {url}")));
    parts.extend(remarks(row));
    format!("{}: {}", row.service, parts.join("; "))
}

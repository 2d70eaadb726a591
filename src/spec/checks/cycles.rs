//! Services that wait for each other.

use std::collections::BTreeMap;

use super::Check;
use super::references::dependency_place;
use crate::spec::code;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// On the way.
    Open,
    /// Seen with all that it needs.
    Done,
}

/// Tells each ring of services once, found by a walk that remembers where it was.
pub(super) fn check(check: &mut Check<'_>) {
    let mut marks: BTreeMap<&str, Mark> = BTreeMap::new();
    let spec = check.spec;
    for start in spec.services.keys() {
        if marks.contains_key(start.as_str()) {
            continue;
        }
        let needs = |name: &str| spec.services.get(name).map(|service| service.depends_on.keys()).into_iter().flatten();
        let mut way = vec![(start.as_str(), needs(start))];
        marks.insert(start, Mark::Open);
        while let Some((name, rest)) = way.last_mut() {
            let name = *name;
            let Some(next) = rest.next() else {
                marks.insert(name, Mark::Done);
                way.pop();
                continue;
            };
            match marks.get(next.as_str()) {
                Some(Mark::Done) => {}
                Some(Mark::Open) => {
                    let from = way.iter().position(|(name, _)| *name == next).unwrap_or_default();
                    let ring: Vec<_> = way[from..].iter().map(|(name, _)| *name).chain([next.as_str()]).collect();
                    let place = dependency_place(check, name, next);
                    let shown = if ring.len() > 12 {
                        format!("{} → … ({} services)", ring[..10].join(" → "), ring.len() - 1)
                    } else {
                        ring.join(" → ")
                    };
                    if ring.len() == 2 {
                        check.error(code::CYCLE, format!("service `{name}` waits for itself"), place, "remove this");
                        continue;
                    }
                    let message = format!("services wait for each other: {shown}");
                    check.error(code::CYCLE, message, place, "take one of these dependencies away");
                }
                None => {
                    marks.insert(next, Mark::Open);
                    way.push((next, needs(next)));
                }
            }
        }
    }
}

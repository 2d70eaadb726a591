//! Services that wait for each other, and images that are built from each other.

use std::collections::BTreeMap;

use super::Check;
use super::references::dependency_place;
use crate::place::Place;
use crate::spec::code;
use crate::spec::types::Service;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// On the way.
    Open,
    /// Seen with all that it needs.
    Done,
}

/// What one service can need of another so that neither may come first.
struct Need {
    /// The services that one needs.
    of: fn(&Service) -> Vec<&str>,
    /// Where it is written.
    place: fn(&Check<'_>, &str, &str) -> Place,
    /// The beginning of the message about one that needs itself, behind its name, and about a ring.
    alone: &'static str,
    ring: &'static str,
    /// What to take away.
    one: &'static str,
}

const NEEDS: [Need; 2] = [
    Need {
        of: |service| service.depends_on.keys().map(String::as_str).collect(),
        place: dependency_place,
        alone: "waits for itself",
        ring: "services wait for each other",
        one: "dependencies",
    },
    Need {
        of: |service| {
            let contexts = service.build.iter().flat_map(|build| build.additional_contexts.values());
            contexts.filter_map(|context| context.as_str().strip_prefix("service:")).collect()
        },
        place: context_place,
        alone: "is built from itself",
        ring: "images are built from each other",
        one: "additional contexts",
    },
];

/// Where a service's build takes a context from another service.
fn context_place(check: &Check<'_>, name: &str, other: &str) -> Place {
    let build = check.spec.services.get(name).and_then(|service| service.build.as_ref());
    let contexts = build.into_iter().flat_map(|build| &build.additional_contexts);
    let taken = contexts.filter(|(_, from)| from.as_str().strip_prefix("service:") == Some(other)).map(|(key, _)| key);
    let key = taken.into_iter().next().map_or("", String::as_str);
    check.place(&["services", name, "build", "additional_contexts", key])
}

/// Tells each ring of services once.
pub(super) fn check(check: &mut Check<'_>) {
    for need in &NEEDS {
        rings(check, need);
    }
}

/// Finds them by a walk that remembers where it was.
fn rings(check: &mut Check<'_>, need: &Need) {
    let mut marks: BTreeMap<&str, Mark> = BTreeMap::new();
    let spec = check.spec;
    for start in spec.services.keys() {
        if marks.contains_key(start.as_str()) {
            continue;
        }
        let needs = |name: &str| spec.services.get(name).map(need.of).unwrap_or_default().into_iter();
        let mut way = vec![(start.as_str(), needs(start))];
        marks.insert(start, Mark::Open);
        while let Some((name, rest)) = way.last_mut() {
            let name = *name;
            let Some(next) = rest.next() else {
                marks.insert(name, Mark::Done);
                way.pop();
                continue;
            };
            match marks.get(next) {
                Some(Mark::Done) => {}
                Some(Mark::Open) => {
                    let from = way.iter().position(|(name, _)| *name == next).unwrap_or_default();
                    let ring: Vec<_> = way[from..].iter().map(|(name, _)| *name).chain([next]).collect();
                    let place = (need.place)(check, name, next);
                    let shown = if ring.len() > 12 {
                        format!("{} → … ({} services)", ring[..10].join(" → "), ring.len() - 1)
                    } else {
                        ring.join(" → ")
                    };
                    if ring.len() == 2 {
                        let message = format!("service `{name}` {}", need.alone);
                        check.error(code::CYCLE, message, place, "remove this");
                        continue;
                    }
                    let help = format!("take one of these {} away", need.one);
                    check.error(code::CYCLE, format!("{}: {shown}", need.ring), place, help);
                }
                None => {
                    marks.insert(next, Mark::Open);
                    way.push((next, needs(next)));
                }
            }
        }
    }
}

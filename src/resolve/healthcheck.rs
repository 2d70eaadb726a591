//! The health check.

use crate::model::{Healthcheck, Probe};
use crate::spec::types;
use crate::spec::value::Duration;

/// The check; `None` where nothing is said, and the image's own holds. A zero is unset, as for the engine.
pub(super) fn healthcheck(check: &types::Healthcheck) -> Option<Healthcheck> {
    let types::Healthcheck { test, timeout, interval, retries, start_period, start_interval, disable, extensions: _ } =
        check;
    if *disable || test.first().is_some_and(|word| word == "NONE") {
        return Some(Healthcheck::Disabled);
    }
    let probe = Probe {
        test: test.clone(),
        interval: nanos(*interval),
        timeout: nanos(*timeout),
        retries: retries.filter(|count| *count > 0).and_then(|count| i64::try_from(count).ok()),
        start_period: nanos(*start_period),
        start_interval: nanos(*start_interval),
    };
    (probe != Probe::default()).then_some(Healthcheck::Probe(probe))
}

fn nanos(span: Option<Duration>) -> Option<i64> {
    span.map(|span| span.0).filter(|nanos| *nanos > 0)
}

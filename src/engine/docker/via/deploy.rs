//! Converters for how the engine treats a container: restart policy, health check, log driver.

/// The policy and its count.
pub mod restart {
    use bollard::models::{RestartPolicy, RestartPolicyNameEnum as Name};

    use super::super::super::wire::Around;
    use crate::model::Restart;

    pub fn write(model: &Restart, wire: &mut Option<RestartPolicy>, _: &Around) {
        let (name, count) = match *model {
            Restart::No => (Name::NO, None),
            Restart::Always => (Name::ALWAYS, None),
            Restart::UnlessStopped => (Name::UNLESS_STOPPED, None),
            Restart::OnFailure(count) => (Name::ON_FAILURE, Some(count.into())),
        };
        *wire = Some(RestartPolicy { name: Some(name), maximum_retry_count: count });
    }

    pub fn read(wire: &Option<RestartPolicy>, _: &Around) -> Restart {
        let Some(RestartPolicy { name, maximum_retry_count }) = wire else { return Restart::No };
        match name {
            None | Some(Name::EMPTY | Name::NO) => Restart::No,
            Some(Name::ALWAYS) => Restart::Always,
            Some(Name::UNLESS_STOPPED) => Restart::UnlessStopped,
            Some(Name::ON_FAILURE) => {
                Restart::OnFailure(maximum_retry_count.and_then(|count| count.try_into().ok()).unwrap_or_default())
            }
        }
    }
}

/// `NONE` switches the image's off; what is unset is the image's.
pub mod healthcheck {
    use bollard::models::HealthConfig;

    use super::super::super::wire::Around;
    use crate::model::{Healthcheck, Probe};

    pub fn write(model: &Option<Healthcheck>, wire: &mut Option<HealthConfig>, _: &Around) {
        *wire = model.as_ref().map(|check| match check {
            Healthcheck::Disabled => HealthConfig { test: Some(vec!["NONE".to_owned()]), ..Default::default() },
            Healthcheck::Probe(Probe { test, interval, timeout, retries, start_period, start_interval }) => {
                HealthConfig {
                    test: (!test.is_empty()).then(|| test.clone()),
                    interval: *interval,
                    timeout: *timeout,
                    retries: *retries,
                    start_period: *start_period,
                    start_interval: *start_interval,
                }
            }
        });
    }

    pub fn read(wire: &Option<HealthConfig>, _: &Around) -> Option<Healthcheck> {
        let HealthConfig { test, interval, timeout, retries, start_period, start_interval } = wire.clone()?;
        let test = test.unwrap_or_default();
        if test == ["NONE"] {
            return Some(Healthcheck::Disabled);
        }
        let set = |number: Option<i64>| number.filter(|number| *number != 0);
        Some(Healthcheck::Probe(Probe {
            test,
            interval: set(interval),
            timeout: set(timeout),
            retries: set(retries),
            start_period: set(start_period),
            start_interval: set(start_interval),
        }))
    }
}

/// Driver and options; options alone are for the engine's own default driver.
pub mod logging {
    use bollard::models::HostConfigLogConfig;

    use super::super::super::wire::Around;
    use crate::model::Logging;

    pub fn write(model: &Option<Logging>, wire: &mut Option<HostConfigLogConfig>, _: &Around) {
        *wire = model.as_ref().map(|Logging { driver, options }| HostConfigLogConfig {
            typ: driver.clone(),
            config: (!options.is_empty()).then(|| options.clone().into_iter().collect()),
        });
    }

    pub fn read(wire: &Option<HostConfigLogConfig>, _: &Around) -> Option<Logging> {
        let HostConfigLogConfig { typ, config } = wire.clone()?;
        let driver = typ.filter(|name| !name.is_empty());
        Some(Logging { driver, options: config.unwrap_or_default().into_iter().collect() })
    }
}

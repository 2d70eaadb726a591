//! What breaks is mended, with the least that does.

use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::lab::{Lab, ask, docker, sleeper, until};

/// Three services on a network; `sick` turns unhealthy when its file is gone.
fn spec() -> String {
    let check = "    command: [sh, -c, 'touch /ok; sleep 1000']\n    healthcheck: {test: 'test -e /ok', interval: 1s, retries: 3, timeout: 2s}\n";
    let sick = sleeper("sick", check).replace("    command: [sleep, '1000']\n", "");
    format!("{}{}{sick}", sleeper("one", ""), sleeper("two", ""))
}

/// Nothing differs, everything runs and is healthy.
fn is_whole(lab: &Lab) -> bool {
    let plan = Command::new(assert_cmd::cargo::cargo_bin!("dsenv"))
        .args(["plan", "--detailed-exitcode", "-q"])
        .current_dir(lab.path(""))
        .output()
        .unwrap();
    let health = ask(&["inspect", "--format", "{{.State.Health.Status}}", &lab.container("sick")]);
    plan.status.code() == Some(0) && health == "healthy"
}

/// Twenty kinds of damage in a row with `DSENV_TEST_FULL`, a few without: the twin always takes twenty.
#[test]
fn random_kinds_of_damage_in_a_row() {
    let rounds = if std::env::var_os("DSENV_TEST_FULL").is_some() { 20 } else { 6 };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(now);
    eprintln!("seed {seed}");
    let mut lab = Lab::new(&spec());
    lab.watch(&["--heal", "-v"]);
    assert!(until(|| is_whole(&lab)), "{:?}", lab.told());
    let mut random = u64::from(seed) | 1;
    let mut unhealthy = 0;
    for round in 0..rounds {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let service = ["one", "two", "sick"][(random >> 33) as usize % 3];
        let container = lab.container(service);
        // The fifth restart of a service that is unhealthy again and again is not made.
        let kinds = if unhealthy < 4 { 6 } else { 5 };
        let kind = (random >> 40) as usize % kinds;
        lab.forget();
        // The steps that mend it, and no more: a wait looks whether it holds.
        let (what, steps): (_, &[&str]) = match kind {
            0 => {
                docker(&["kill", &container]);
                ("killed", &["started", "ready"])
            }
            1 => {
                docker(&["stop", "-t", "0", &container]);
                ("stopped", &["started", "ready"])
            }
            2 => {
                docker(&["pause", &container]);
                ("paused", &["unpaused", "ready"])
            }
            3 => {
                docker(&["rm", "-f", &container]);
                ("removed", &["created", "started", "ready"])
            }
            4 => {
                docker(&["network", "disconnect", "-f", &lab.name("default"), &container]);
                ("disconnected", &["connected", "ready"])
            }
            _ => {
                unhealthy += 1;
                docker(&["exec", &lab.container("sick"), "rm", "/ok"]);
                ("unhealthy", &[])
            }
        };
        eprintln!("round {round}: {service} {what}");
        lab.hear("mending");
        assert!(until(|| is_whole(&lab)), "round {round}, {service} {what}: {:#?}", lab.told());
        std::thread::sleep(Duration::from_millis(400));
        let done = lab.told().into_iter().filter(|line| line.starts_with("service.") && line.ends_with(" s)"));
        let done: Vec<_> = done.collect();
        assert!(done.len() <= steps.len(), "round {round}, {service} {what}: {done:#?}");
    }
}

#[test]
fn a_crash_loop_trips_the_breaker() {
    let mut lab = Lab::new(&sleeper("web", "    network_mode: none\n"));
    lab.watch(&["--heal"]);
    docker(&["kill", &lab.container("web")]);
    lab.hear("mending web");
    assert!(until(|| lab.count("Done in") > 1), "{:?}", lab.told());
    // From now on it ends with 3 right after each start: its program is gone.
    lab.forget();
    let script = "rm /bin/sleep; printf '#!/bin/sh\\nexit 3\\n' > /bin/sleep; chmod 755 /bin/sleep";
    docker(&["exec", &lab.container("web"), "sh", "-c", script]);
    docker(&["restart", "-t", "0", &lab.container("web")]);
    lab.hear("the next try is in");
    assert!(until(|| lab.count("is degraded: it crashed 5 times in a row") > 0), "{:#?}", lab.told());
    let tries = lab.count("mending web (exited (3))");
    assert_eq!(tries, 4, "{:#?}", lab.told());
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(lab.count("mending web (exited (3))"), tries);
}

#[test]
fn without_the_flag_it_is_told_and_left() {
    let mut lab = Lab::new(&sleeper("web", "    network_mode: none\n"));
    lab.watch(&[]);
    docker(&["kill", &lab.container("web")]);
    lab.hear("web (exited (137)); it is not mended without --heal");
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(docker(&["inspect", "--format", "{{.State.Running}}", &lab.container("web")]), "false");
}

#[test]
fn mending_that_the_engine_refuses_is_no_endless_loop() {
    let image = format!("dsenvtest-watch-gone:{}", std::process::id());
    let web = sleeper("web", "    network_mode: none\n    pull_policy: never\n").replace("busybox:latest", &image);
    let mut lab = Lab::new(&web);
    docker(&["tag", "busybox:latest", &image]);
    lab.watch(&["--heal"]);
    docker(&["rm", "-f", &lab.container("web")]);
    docker(&["rmi", &image]);
    lab.hear("could not be mended; the next try is in");
    std::thread::sleep(Duration::from_secs(4));
    assert!(lab.count("mending") <= 4, "{:#?}", lab.told());
    assert!(lab.told().len() < 60, "{:#?}", lab.told());
}

//! What is left behind when dsenv, its connection or the engine fails at any one request, and whether the next apply
//! mends it. Every test works on a real engine through a proxy.
//!
//! By default a sample of the points of interruption, its seed printed; all of them with `DSENV_TEST_FULL=1`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may end where it stands, and prints its seed")]

#[path = "faults/engine.rs"]
mod engine;
#[path = "faults/lab.rs"]
mod lab;
#[path = "faults/proxy.rs"]
mod proxy;

use lab::Lab;
use proxy::Fault;

const WEB: &str = "busybox:latest";

fn created() -> String {
    format!(
        "services:\n  db:\n    image: {WEB}\n    command: [sh, -c, 'echo kept > /data/made; exec sleep 1000']\n    volumes: [data:/data]\n    \
         init: true\n    restart: always\n    x-dsenv: {{settle: 0s}}\n  web:\n    image: {WEB}\n    command: [sleep, '1000']\n    init: true\n    \
         depends_on: [db]\n    configs: [page]\n    x-dsenv: {{settle: 0s}}\nvolumes:\n  data: {{}}\nconfigs:\n  page:\n    content: hello\n"
    )
}

fn changed(spec: &str, order: &str) -> String {
    spec.replace(
        "    depends_on: [db]\n",
        &format!("    depends_on: [db]\n    environment: {{EDITION: '2'}}\n    deploy: {{update_config: {{order: {order}}}}}\n"),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_looks_makes_no_request_that_writes() {
    let lab = Lab::new("reads", None);
    lab.write(&created());
    lab.apply().expect_code(0);
    let looks = [
        &["plan"][..],
        &["plan", "--format", "json", "-o", "lab.plan"],
        &["plan", "--replace", "db", "--prune"],
        &["drift"],
        &["status"],
        &["history"],
        &["graph", "--plan"],
    ];
    for verb in looks {
        lab.proxy.arm(None);
        lab.run_through(verb).await.expect_code(0);
        assert_eq!(lab.proxy.writes(), Vec::<String>::new(), "{verb:?} wrote");
        assert!(!lab.proxy.seen().is_empty(), "{verb:?} asked the engine nothing");
    }
    // With data in danger the engine is asked how much there is.
    lab.write(&created().replace("data: {}", "data: {driver_opts: {type: tmpfs, device: tmpfs}}"));
    let volume = lab.volume("data");
    for flags in [&["plan", "--destroy-data", &volume][..], &["plan", "-v", "--destroy-data", &volume]] {
        lab.proxy.arm(None);
        lab.run_through(flags).await.expect_code(0);
        assert_eq!(lab.proxy.writes(), Vec::<String>::new(), "{flags:?} wrote");
        assert!(lab.proxy.seen().iter().any(|request| request.contains("/system/df")), "{:?}", lab.proxy.seen());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_creation_is_mended_by_the_next_apply() {
    Lab::new("create", None).interrupt_everywhere(&created()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_stop_first_change_is_mended_by_the_next_apply() {
    Lab::new("stopfirst", Some(created())).interrupt_everywhere(&changed(&created(), "stop-first")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_start_first_change_is_mended_by_the_next_apply() {
    Lab::new("startfirst", Some(created())).interrupt_everywhere(&changed(&created(), "start-first")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_change_of_what_owns_a_volume_loses_no_byte() {
    let after = created().replace("sleep 1000'", "sleep 1001'");
    Lab::new("volume", Some(created())).interrupt_everywhere(&after).await;
}

/// The engine restarts in between: what has `restart: always` comes back with it, so two could write to one volume.
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_change_is_mended_after_the_engine_restarted() {
    let after = changed(&created().replace("sleep 1000'", "sleep 1001'"), "start-first");
    Lab::restarting("restart", Some(created())).interrupt_everywhere(&after).await;
}

const FAULTS: [Fault; 6] =
    [Fault::KillBefore, Fault::KillAfter, Fault::Error500, Fault::CutBefore, Fault::CutAfter, Fault::Pause];

//! Where Compose 2.40.3 falls short, one test each. Two are elsewhere: concurrent runs in `rivals`, start-first in
//! `traffic`; the second Ctrl-C is in `tests/cli/lock.rs`.

use std::net::TcpListener;
use std::process::Command;

use super::lab::{Lab, docker, ended, sleeper, try_docker, until};

fn services(all: &[String]) -> String {
    format!("services:\n{}", all.concat())
}

/// Compose: the container is not recreated, and what it sees depends on how the file was written.
#[test]
fn contents_of_a_config_or_secret_changed() {
    for section in ["configs", "secrets"] {
        let spec = |text: &str| {
            let web = sleeper("web", &format!(", {section}: [{{source: it, target: /etc/it}}]"));
            format!("services:\n{web}{section}:\n  it: {{file: ./{text}}}\n")
        };
        let lab = Lab::new("contents");
        std::fs::write(lab.path("file"), "one").unwrap();
        lab.apply(&spec("file"), 0);
        let before = lab.id("web");
        std::fs::write(lab.path("file"), "two").unwrap();
        let plan = lab.plan();
        assert!(plan.contains("service.web[1]") && plan.contains("content"), "{plan}");
        lab.expect(0, &["apply", "--yes"]);
        assert_ne!(lab.id("web"), before);
        assert_eq!(docker(&["exec", &lab.name("web"), "cat", "/etc/it"]), "two");
        lab.is_settled();
    }
}

/// Compose: none of it is seen.
#[test]
fn drift_in_memory_network_and_name() {
    let spec = services(&[sleeper("web", ", mem_limit: 64m")]);
    let lab = Lab::applied("drift", &spec);
    let (id, network) = (lab.id("web"), format!("{}_default", lab.project));
    docker(&["update", "--memory", "128m", "--memory-swap", "256m", &id]);
    docker(&["network", "disconnect", &network, &id]);
    docker(&["rename", &id, &format!("{}-other", lab.project)]);
    let plan = lab.plan();
    for drifted in ["mem_limit", "networks", "container_name"] {
        assert!(plan.contains(drifted), "{drifted}: {plan}");
    }
    lab.expect(0, &["apply", "--yes"]);
    assert_eq!(lab.id("web"), id, "nothing of it needs another container");
    assert_eq!(lab.inspect("web", "{{.HostConfig.Memory}}"), (64 << 20).to_string());
    assert!(lab.inspect("web", "{{json .NetworkSettings.Networks}}").contains(&network));
    lab.is_settled();
}

/// Compose: `up` fails on it or leaves it frozen.
#[test]
fn a_paused_container() {
    let lab = Lab::applied("paused", &services(&[sleeper("web", "")]));
    docker(&["pause", &lab.name("web")]);
    assert!(lab.plan().contains("paused"));
    lab.expect(0, &["apply", "--yes"]);
    assert_eq!(lab.inspect("web", "{{.State.Status}}"), "running");
    lab.is_settled();
}

/// A server that ends well when it is told to: after a `docker stop`, or a night with the machine off, it is no job that
/// is done.
#[test]
fn a_server_that_was_stopped_and_said_that_all_is_well() {
    let server = "  web: {image: busybox, command: [sh, -c, 'trap \"exit 0\" TERM; while :; do sleep 0.1; done']}\n";
    let lab = Lab::applied("stopped", &services(&[server.to_owned()]));
    // What ends just behind its gate counts as an end before it.
    std::thread::sleep(std::time::Duration::from_secs(2));
    docker(&["stop", &lab.name("web")]);
    assert_eq!(lab.inspect("web", "{{.State.ExitCode}}"), "0");
    assert!(lab.plan().contains("exited (0)"));
    lab.expect(0, &["apply"]);
    assert_eq!(lab.inspect("web", "{{.State.Status}}"), "running");
    lab.is_settled();
}

/// Compose: stops every container of the network and fails, or changes nothing.
#[test]
fn a_networks_label_changed() {
    let spec =
        |tier: &str| format!("{}networks:\n  default: {{labels: {{tier: {tier}}}}}\n", services(&[sleeper("web", "")]));
    let lab = Lab::applied("netlabel", &spec("one"));
    let id = lab.id("web");
    lab.apply(&spec("two"), 0);
    let network = format!("{}_default", lab.project);
    assert_eq!(docker(&["network", "inspect", "--format", "{{.Labels.tier}}", &network]), "two");
    assert_eq!((lab.id("web"), lab.inspect("web", "{{.State.Running}}")), (id, "true".to_owned()));
    lab.is_settled();
}

/// Compose: the old container is gone and a half-made one stays.
#[test]
fn create_fails_half_way() {
    let good = services(&[sleeper("web", "")]);
    let lab = Lab::applied("half", &good);
    let id = lab.id("web");
    let bad = services(&[sleeper("web", ", environment: {X: '1'}, security_opt: ['none-such=1']")]);
    let told = lab.apply(&bad, 3);
    assert!(told.contains("service.web[1]") && told.contains("none-such"), "{told}");
    assert_eq!((lab.id("web"), lab.inspect("web", "{{.State.Running}}")), (id, "true".to_owned()));
    assert_eq!(lab.containers().len(), 1, "{:?}", lab.containers());
    lab.apply(&good, 0);
    lab.is_settled();
}

/// Compose: the old container is gone, the new one is left behind, not running.
#[test]
fn start_fails_on_a_taken_port() {
    let good = services(&[sleeper("web", "")]);
    let lab = Lab::applied("port", &good);
    let id = lab.id("web");
    let taken = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let told = lab.apply(&services(&[sleeper("web", &format!(", ports: ['{port}:80']"))]), 9);
    assert!(told.contains(&format!("port {port}")) || told.contains(&format!(":{port}")), "{told}");
    assert_eq!((lab.id("web"), lab.inspect("web", "{{.State.Running}}")), (id, "true".to_owned()));
    assert_eq!(lab.containers().len(), 1, "{:?}", lab.containers());
}

/// Compose: "dependency failed to start: container … is unhealthy", and nothing of why.
#[test]
fn an_unhealthy_dependency_says_why_and_who_waited() {
    let health = ", healthcheck: {test: 'echo the disk is full; exit 1', interval: 1s, retries: 1}";
    let db = sleeper("db", health).replace("[sleep, '1000']", "'sh -c \"echo last words; exec sleep 1000\"'");
    let web = sleeper("web", ", depends_on: {db: {condition: service_healthy}}");
    let lab = Lab::new("unhealthy");
    let told = lab.apply(&services(&[db, web]), 3);
    for part in ["service.db[1]", "unhealthy", "the disk is full", "last words", "web"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

/// Compose: a renamed volume is a new, empty one without a word; of the old one nothing is said.
#[test]
fn a_renamed_volume_and_network_are_told_and_left() {
    let spec = |name: &str| {
        let web = sleeper("web", &format!(", volumes: ['{name}:/data'], networks: [{name}]"));
        format!("services:\n{web}volumes: {{{name}: {{}}}}\nnetworks: {{{name}: {{}}}}\n")
    };
    let lab = Lab::applied("renamed", &spec("old"));
    lab.write(&spec("new"));
    let (plan, old) = (lab.plan(), format!("{}_old", lab.project));
    assert!(plan.matches(&old).count() >= 2, "both are told: {plan}");
    lab.expect(0, &["apply", "--yes", "--prune"]);
    assert!(lab.list(&["volume", "ls", "--format", "{{.Name}}"]).contains(&old), "data stays");
    assert!(!lab.list(&["network", "ls", "--format", "{{.Name}}"]).contains(&old), "--prune takes the network");
}

/// Compose: asks whether to recreate the volume, and `-y` loses the data.
#[test]
fn a_volumes_definition_changed() {
    let spec = |options: &str| {
        let web = sleeper("web", ", volumes: ['data:/data']");
        format!("services:\n{web}volumes:\n  data:\n{options}")
    };
    let lab = Lab::applied("definition", &spec(""));
    docker(&["exec", &lab.name("web"), "sh", "-c", "echo mine > /data/own"]);
    let id = lab.id("web");
    let told = lab.apply(&spec("    driver_opts: {type: tmpfs, device: tmpfs, o: size=1m}\n"), 7);
    assert!(told.contains("--destroy-data") && told.contains("env.yaml:5:"), "{told}");
    assert_eq!(lab.id("web"), id);
    assert_eq!(docker(&["exec", &lab.name("web"), "cat", "/data/own"]), "mine");
}

/// Compose: containers half made, networks without containers, and the next `up` stumbles over them.
#[test]
fn ctrl_c_says_what_was_done_and_the_next_apply_goes_on() {
    let health = ", healthcheck: {test: 'exit 1', interval: 1s, retries: 1000}";
    let spec = services(&[sleeper("db", health), sleeper("web", ", depends_on: {db: {condition: service_healthy}}")]);
    let lab = Lab::new("interrupted");
    lab.write(&spec);
    let run = lab.spawn(&["apply", "--yes"]);
    let running = ["inspect", "--format", "{{.State.Running}}", &lab.name("db")];
    until("db runs", || try_docker(&running).is_ok_and(|running| running == "true"));
    assert!(Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap().success());
    let ran = ended(run.wait_with_output().unwrap());
    assert_eq!(ran.code, 130, "{}", ran.text);
    assert!(ran.text.contains("interrupted"), "{}", ran.text);
    lab.apply(&services(&[sleeper("db", ""), sleeper("web", ", depends_on: [db]")]), 0);
    lab.is_settled();
}

/// Compose: another file with the same meaning, another order of keys, or a moved folder recreates.
#[test]
fn no_needless_replacement() {
    let lab = Lab::applied("needless", &services(&[sleeper("web", ", environment: {A: '1', B: '2'}")]));
    let id = lab.id("web");
    let other = "services:\n  web:\n    x-dsenv: {settle: 0s}\n    init: true\n    environment: [B=2, A=1]\n    command: sleep 1000\n    image: docker.io/library/busybox:latest\n";
    lab.write(&other.replace("docker.io/library/busybox:latest", "busybox"));
    lab.is_settled();
    lab.expect(0, &["apply", "--yes"]);
    assert_eq!(lab.id("web"), id);
}

/// Compose: every `up` runs it again.
#[test]
fn a_one_shot_is_not_run_again() {
    let job = "  job: {image: busybox, command: 'sh -c \"echo run >> /data/runs\"', volumes: ['data:/data'], x-dsenv: {job: true}}\n";
    let spec = format!(
        "services:\n{job}{}volumes:\n  data:\n",
        sleeper("web", ", volumes: ['data:/data'], depends_on: {job: {condition: service_completed_successfully}}")
    );
    let lab = Lab::applied("oneshot", &spec);
    let runs = || docker(&["exec", &lab.name("web"), "cat", "/data/runs"]).lines().count();
    assert_eq!(runs(), 1);
    lab.expect(0, &["apply", "--yes"]);
    assert_eq!(runs(), 1);
    lab.expect(0, &["apply", "--yes", "--rerun", "job"]);
    assert_eq!(runs(), 2);
    lab.apply(&spec.replace("echo run", "echo again"), 0);
    assert_eq!(runs(), 3, "another definition is another run");
    lab.is_settled();
}

/// Compose: exit 0, whatever becomes of it right after.
#[test]
fn a_crash_loop_right_after_start() {
    let good = "services:\n  web: {image: busybox, command: [sleep, '1000'], init: true, restart: always, x-dsenv: {timeout: 4s}}\n";
    let bad = good.replace("[sleep, '1000']", "'sh -c \"echo no such table; exit 4\"'");
    let lab = Lab::new("crash");
    let told = lab.apply(&bad, 3);
    assert!(told.contains("service.web[1]") && told.contains("no such table") && told.contains('4'), "{told}");
    lab.apply(good, 0);
    let id = lab.id("web");
    let told = lab.apply(&bad, 9);
    assert!(told.contains("no such table"), "{told}");
    assert_eq!((lab.id("web"), lab.inspect("web", "{{.State.Running}}")), (id, "true".to_owned()));
    assert_eq!(lab.inspect("web", "{{.HostConfig.RestartPolicy.Name}}"), "always", "and its policy is back");
}

/// Compose: `services.web additional properties 'imge' not allowed`, and no line.
#[test]
fn every_message_has_its_place() {
    let lab = Lab::new("places");
    lab.write("services:\n  web:\n    imge: busybox\n    ports: [x]\n  db: {image: busybox, depends_on: [none]}\n");
    let told = lab.expect(4, &["apply"]);
    for place in ["env.yaml:3:5", "env.yaml:4:13", "env.yaml:5"] {
        assert!(told.contains(place), "{place}: {told}");
    }
}

/// Compose: the second one's port is still taken when the first one starts.
#[test]
fn two_services_swap_their_ports() {
    let free = || TcpListener::bind("0.0.0.0:0").unwrap().local_addr().unwrap().port();
    let [one, two] = {
        let held = [free(), free()];
        assert_ne!(held[0], held[1]);
        held
    };
    let spec = |a: u16, b: u16| {
        let b = sleeper("b", &format!(", ports: ['{b}:80'], depends_on: [a]"));
        services(&[sleeper("a", &format!(", ports: ['{a}:80']")), b])
    };
    let lab = Lab::applied("swap", &spec(one, two));
    lab.apply(&spec(two, one), 0);
    assert!(docker(&["port", &lab.name("a")]).contains(&two.to_string()));
    assert!(docker(&["port", &lab.name("b")]).contains(&one.to_string()));
    lab.is_settled();
}

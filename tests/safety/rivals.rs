//! Others who make the same at the same time: twenty applies of two different specs of one project, and a second network.

use std::process::Command;

use super::lab::{Lab, docker, ended, sleeper};

const RIVALS: usize = 20;

#[test]
fn twenty_applies_of_two_specs_end_as_one_of_the_two() {
    let lab = Lab::new("rivals");
    let networks = "networks: {front: {}, back: {}}\n";
    let specs = ["1", "2"].map(|edition| {
        let on = format!(", networks: [front, back], environment: {{EDITION: '{edition}'}}");
        format!("services:\n{}{}{networks}", sleeper("web", &on), sleeper(&format!("only{edition}"), &on))
    });
    for (name, spec) in ["one.yaml", "two.yaml"].iter().zip(&specs) {
        std::fs::write(lab.path(name), spec).unwrap();
    }
    let apply = |number: usize| {
        let file = ["one.yaml", "two.yaml"][number % 2];
        lab.spawn(&["apply", "--yes", "--prune", "--lock-timeout", "3s", file])
    };
    let rivals: Vec<_> = (0..RIVALS).map(apply).collect();
    let ended: Vec<_> = rivals.into_iter().map(|rival| ended(rival.wait_with_output().unwrap())).collect();
    for ran in &ended {
        assert!(matches!(ran.code, 0 | 6), "{}: {}", ran.code, ran.text);
        assert!(ran.code == 0 || ran.text.contains("is at work"), "{}", ran.text);
    }
    let done = ended.iter().filter(|ran| ran.code == 0).count();
    println!("of {RIVALS} rivals {done} were done, the others found it held");
    assert!(done > 0);
    for network in ["front", "back"] {
        let name = format!("{}_{network}", lab.project);
        let there = lab.list(&["network", "ls", "--format", "{{.Name}}"]);
        assert_eq!(there.iter().filter(|other| **other == name).count(), 1, "{there:?}");
    }
    let settled = |spec: &String| {
        lab.write(spec);
        lab.run(&["plan", "--prune", "--detailed-exitcode"]).code == 0
    };
    assert!(specs.iter().any(settled), "{:?}", lab.containers());
    let left = lab.list(&["volume", "ls", "--format", "{{.Name}}"]);
    assert!(!left.iter().any(|name| name.ends_with("_dsenv_lock")), "{left:?}");
}

/// What a creation leaves whose answer was lost and that was tried again. Engine 25 and later make no second one.
#[test]
fn a_second_network_of_one_name_goes_and_the_lab_stays() {
    let lab = Lab::applied("twice", &format!("services:\n{}", sleeper("web", "")));
    let name = format!("{}_default", lab.project);
    let labels = docker(&["network", "inspect", "--format", "{{json .Labels}}", &name]);
    let body = format!("{{\"Name\":\"{name}\",\"Labels\":{labels},\"CheckDuplicate\":false}}");
    let socket = std::env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".into());
    let made = Command::new("curl")
        .args(["-sS", "--unix-socket", socket.strip_prefix("unix://").unwrap(), "-H", "Content-Type: application/json"])
        .args(["-d", &body, "http://engine/networks/create"])
        .output()
        .unwrap();
    if String::from_utf8_lossy(&made.stdout).contains("already exists") {
        return;
    }
    let networks = || lab.list(&["network", "ls", "--format", "{{.Name}}"]).len();
    let before = lab.id("web");
    assert_eq!(networks(), 2, "{made:?}");
    assert!(lab.plan().contains("a second network of this name"));
    lab.expect(0, &["apply", "--yes"]);
    assert_eq!((networks(), lab.id("web")), (1, before));
    lab.is_settled();
}

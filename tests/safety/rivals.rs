//! Twenty applies of two different specs of one project at once.

use super::lab::{Lab, ended, sleeper};

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

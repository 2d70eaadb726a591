//! Builds: what they give decides, and what they are made from is only a reason to look.

use super::lab::{Lab, Ran};

/// A service with a Dockerfile in the spec, whose build also has files.
fn web(text: &str) -> Lab {
    let spec = |text: &str| {
        format!(
            "services:\n  web:\n    build: {{context: ./app, dockerfile_inline: \"{text}\"}}\n    depends_on: [db]\n  db: {{image: busybox}}\n"
        )
    };
    let lab = Lab::new(&spec(text));
    std::fs::create_dir(lab.path("app")).unwrap();
    readme(&lab, "one");
    lab.expect(0, &["apply"]);
    lab
}

fn readme(lab: &Lab, text: &str) {
    std::fs::write(lab.path("app/README.md"), text).unwrap();
}

/// The names and the ids of all containers.
fn containers(lab: &Lab) -> Vec<String> {
    let world: serde_json::Value = serde_json::from_slice(&std::fs::read(lab.path("world.json")).unwrap()).unwrap();
    world["containers"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn a_build_that_gives_the_same_image_replaces_nothing() {
    let lab = web("FROM busybox\\nENV A=1");
    let before = containers(&lab);
    readme(&lab, "two");
    let plan = lab.expect(0, &["plan", "--format", "plain"]);
    assert!(plan.stdout.contains("perhaps replace service.web[1] (lab-web-1): the build's inputs changed"), "{plan:?}");
    assert!(plan.stdout.contains("Plan: 1 to perhaps replace, 1 to build"), "{plan:?}");
    lab.expect(7, &["apply"]);
    let applied = lab.expect(0, &["apply", "--yes"]);
    assert_eq!(containers(&lab), before, "{applied:?}");
    let plan = lab.expect(0, &["plan"]);
    assert!(plan.stdout.starts_with("No changes"), "{plan:?}");
}

#[test]
fn a_build_that_gives_another_image_replaces_without_a_second_question() {
    let lab = web("FROM busybox\\nCOPY . /src");
    let before = containers(&lab);
    readme(&lab, "two");
    lab.expect(0, &["plan", "-o", "lab.plan"]);
    // Nobody could answer: a saved plan has the word of who saved it.
    let applied = lab.expect(0, &["apply", "lab.plan"]);
    let after = containers(&lab);
    assert_eq!(before.iter().filter(|id| after.contains(id)).count(), 1, "only db stays: {applied:?}");
    let plan = lab.expect(0, &["plan"]);
    assert!(plan.stdout.starts_with("No changes"), "{plan:?}");
}

#[test]
fn what_does_not_wait_for_the_image_is_done_though_the_build_fails() {
    let lab = web("FROM busybox\\nCOPY . /src");
    let spec = std::fs::read_to_string(lab.path("env.yaml")).unwrap();
    let spec = spec.replace("COPY . /src", "RUN false").replace("  db: {", "  more: {image: busybox}\n  db: {");
    std::fs::write(lab.path("env.yaml"), spec).unwrap();
    let Ran { stdout, stderr, .. } = lab.expect(3, &["apply", "--yes"]);
    let status = lab.expect(0, &["status", "--format", "plain"]);
    assert!(status.stdout.contains("more"), "{stdout} {stderr} {status:?}");
}

#[test]
fn what_was_asked_for_beside_the_build_is_done_once() {
    let lab = web("FROM busybox\\nENV A=1");
    let before = containers(&lab);
    readme(&lab, "two");
    let applied = lab.expect(0, &["apply", "--yes", "--replace", "web"]);
    let after = containers(&lab);
    assert_eq!(before.iter().filter(|id| after.contains(id)).count(), 1, "web is replaced: {applied:?}");
    assert!(!applied.stdout.contains("perhaps"), "{applied:?}");
}

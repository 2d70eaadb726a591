//! Builds: what they give decides, and what they are made from is only a reason to look.

use std::fs::{self, File, FileTimes};
use std::time::Duration;

use super::lab::{Lab, Ran, ran};

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

/// The builds of a plan in the order of its steps, each with the builds that it comes after.
fn builds(lab: &Lab) -> Vec<(String, Vec<String>)> {
    let plan: serde_json::Value = serde_json::from_str(&lab.expect(0, &["plan", "--format", "json"]).stdout).unwrap();
    let steps: Vec<_> = plan["steps"].as_array().unwrap().iter().filter(|step| step["step"] == "build").collect();
    let name = |step: &serde_json::Value| step["object"].as_str().unwrap().to_owned();
    let after = |step: &serde_json::Value| {
        let ids = step["after"].as_array().unwrap();
        steps.iter().filter(|other| ids.contains(&other["id"])).map(|other| name(other)).collect()
    };
    steps.iter().map(|step| (name(step), after(step))).collect()
}

#[test]
fn a_build_comes_after_those_of_the_images_that_it_names() {
    let base = "  base: {image: b, build: {context: ., dockerfile_inline: \"FROM busybox\"}, scale: 0}\n";
    for (name, text) in [
        ("a stage", "dockerfile_inline: \"FROM b\""),
        ("another spelling", "dockerfile_inline: \"FROM docker.io/library/b:latest AS x\""),
        ("a copy", "dockerfile_inline: \"FROM busybox\\nCOPY --from=b /x /x\""),
        ("an argument", "args: {FROM: b}, dockerfile_inline: \"ARG FROM=busybox\\nFROM $$FROM\""),
        ("a context", "additional_contexts: {x: docker-image://b}, dockerfile_inline: \"FROM x\""),
        ("a file", "dockerfile: app.Dockerfile"),
    ] {
        let lab = Lab::new(&format!("services:\n  app: {{build: {{context: ., {text}}}}}\n{base}"));
        std::fs::write(lab.path("app.Dockerfile"), "from \\\n  b\n").unwrap();
        let after = vec![("b".to_owned(), vec![]), ("lab-app".to_owned(), vec!["b".to_owned()])];
        assert_eq!(builds(&lab), after, "{name}");
        lab.expect(0, &["apply"]);
        // What the one is made of, the other is made of.
        let spec = std::fs::read_to_string(lab.path("env.yaml")).unwrap();
        std::fs::write(
            lab.path("env.yaml"),
            spec.replace("inline: \"FROM busybox\"}, scale", "inline: \"FROM busybox:2\"}, scale"),
        )
        .unwrap();
        assert_eq!(builds(&lab), after, "{name}, changed");
    }
}

#[test]
fn builds_that_name_each_other_are_left_to_the_builder() {
    let lab = Lab::new(
        "services:\n  a: {image: a, build: {context: ., dockerfile_inline: \"FROM b\"}}\n  b: {image: b, build: {context: ., dockerfile_inline: \"FROM a\"}}\n  c: {image: c, build: {context: ., dockerfile_inline: \"FROM c\"}}\n",
    );
    assert_eq!(builds(&lab).len(), 3);
}

#[test]
fn an_image_that_is_there_is_taken_though_its_files_are_gone() {
    for gone in ["app", "app/Dockerfile"] {
        let lab = Lab::new("services:\n  web: {build: ./app, pull_policy: never}\n  db: {image: busybox}\n");
        std::fs::create_dir(lab.path("app")).unwrap();
        std::fs::write(lab.path("app/Dockerfile"), "FROM busybox\n").unwrap();
        lab.expect(0, &["apply"]);
        if gone == "app" {
            std::fs::remove_dir_all(lab.path(gone)).unwrap();
        } else {
            std::fs::remove_file(lab.path(gone)).unwrap();
        }
        let plan = lab.expect(0, &["plan"]);
        assert!(plan.stdout.starts_with("No changes"), "{plan:?}");
        assert_eq!(plan.stderr.matches("is not there").count(), 1, "{plan:?}");
        // It starts, too.
        lab.expect(0, &["destroy", "--yes"]);
        let applied = lab.expect(0, &["apply"]);
        assert_eq!(applied.stderr.matches("is not there").count(), 1, "{applied:?}");
        lab.expect(0, &["status"]);
        // What must be built is one mistake, told once, and before anything is done.
        let refused = lab.expect(4, &["apply", "--build", "--yes"]);
        assert_eq!(refused.stderr.matches("is not there").count(), 1, "{refused:?}");
        assert!(refused.stderr.contains("env.yaml:3:"), "{refused:?}");
    }
    // Another service does not need it.
    let lab = Lab::new("services:\n  web: {build: ./app}\n  db: {image: busybox}\n");
    lab.expect(0, &["apply", "--target", "db"]);
    lab.expect(4, &["apply"]);
}

#[test]
fn what_no_instruction_reaches_is_no_input() {
    let lab = Lab::new(
        "services:\n  web:\n    build: {context: ., dockerfile_inline: \"FROM busybox\\nCOPY src /src\"}\n    volumes: [./db-data:/data]\n",
    );
    std::fs::create_dir(lab.path("src")).unwrap();
    std::fs::write(lab.path("src/code"), "1").unwrap();
    lab.expect(0, &["apply"]);
    std::fs::create_dir_all(lab.path("db-data")).unwrap();
    std::fs::create_dir_all(lab.path(".git")).unwrap();
    for file in ["db-data/table", ".git/HEAD", "README.md", ".env"] {
        std::fs::write(lab.path(file), "A=1").unwrap();
    }
    let spec = std::fs::read_to_string(lab.path("env.yaml")).unwrap();
    std::fs::write(lab.path("env.yaml"), format!("# Why.\n{spec}")).unwrap();
    assert!(builds(&lab).is_empty());
    std::fs::write(lab.path("src/code"), "2").unwrap();
    assert_eq!(builds(&lab).len(), 1);
}

#[test]
fn what_is_remembered_of_files_never_hides_a_change() {
    let lab =
        Lab::new("services:\n  web:\n    build: {context: ./app, dockerfile_inline: \"FROM busybox\\nCOPY . /src\"}\n");
    fs::create_dir(lab.path("app")).unwrap();
    for number in 0..300 {
        fs::write(lab.path(&format!("app/{number}")), format!("{number:04}")).unwrap();
    }
    // What has just been written is not remembered.
    std::thread::sleep(Duration::from_millis(2100));
    let run = |verb: &[&str]| ran(lab.command(verb).env("XDG_CACHE_HOME", lab.path("cache")).output().unwrap());
    let is_same = || run(&["plan"]).stdout.starts_with("No changes");
    assert_eq!(run(&["apply"]).code, 0);
    let kept = || fs::read_dir(lab.path("cache/dsenv")).unwrap().map(|file| file.unwrap().path()).collect::<Vec<_>>();
    let [cache] = &kept()[..] else { panic!("{:?}", kept()) };
    assert!(is_same());
    // A file whose size and time are put back.
    let file = lab.path("app/7");
    let before = fs::metadata(&file).unwrap().modified().unwrap();
    fs::write(&file, "else").unwrap();
    File::options().write(true).open(&file).unwrap().set_times(FileTimes::new().set_modified(before)).unwrap();
    assert!(!is_same(), "the change is hidden");
    fs::write(&file, "0007").unwrap();
    assert!(is_same());
    // A cache that is broken, by a byte in the middle and altogether, and one that cannot be.
    let mut bytes = fs::read(cache).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    for broken in [&bytes[..], b"", b"{}"] {
        fs::write(cache, broken).unwrap();
        assert!(is_same());
    }
    fs::remove_dir_all(lab.path("cache")).unwrap();
    fs::write(lab.path("cache"), "").unwrap();
    assert!(is_same());
}

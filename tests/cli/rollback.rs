//! `rollback`: back to an applied state, and what cannot be had again is said before anything is done.

use super::lab::Lab;

fn web(more: &str) -> String {
    format!(
        "services:\n  db: {{image: busybox, volumes: [data:/data]}}\n  web: {{image: busybox, {more}}}\nvolumes:\n  data:\n"
    )
}

/// Two states one after the other.
fn two(first: &str, second: &str) -> Lab {
    let lab = Lab::new(&web(first));
    lab.expect(0, &["apply"]);
    lab.spec(&web(second));
    lab.expect(0, &["apply", "--yes"]);
    lab
}

/// Whether the environment is as this spec asks.
#[track_caller]
fn is_as(lab: &Lab, spec: &str) {
    lab.spec(spec);
    let plan = lab.expect(0, &["plan"]);
    assert!(plan.stdout.starts_with("No changes"), "{plan:?}");
}

#[test]
fn it_goes_to_the_state_before_and_a_second_one_goes_forward_again() {
    let (old, new) = ("environment: {V: '1'}", "environment: {V: '2'}, restart: always");
    let lab = two(old, new);
    let refused = lab.expect(7, &["rollback"]);
    assert!(refused.stdout.contains("environment.V  2 -> 1"), "the plan is shown: {refused:?}");
    let back = lab.expect(0, &["rollback", "--yes"]);
    assert!(back.stderr.contains("back to what ada@") && back.stderr.contains("(record 1)"), "{back:?}");
    is_as(&lab, &web(old));
    assert_eq!(lab.expect(0, &["history"]).stdout.lines().count(), 3, "it is an apply like any other");
    lab.expect(0, &["rollback", "--yes"]);
    is_as(&lab, &web(new));
}

#[test]
fn after_an_apply_that_failed_it_goes_to_what_was_there_before() {
    let old = web("environment: {V: '1'}");
    let lab = Lab::new(&old);
    lab.expect(0, &["apply"]);
    lab.spec(&format!(
        "{}\nx-none: 1\n",
        web("environment: {V: '2'}, command: sh -c 'exit 3'").replace("db: {", "db: {environment: {V: '2'}, ")
    ));
    lab.expect(9, &["apply", "--yes"]);
    let back = lab.expect(0, &["rollback", "--yes"]);
    assert!(back.stdout.contains("db") && back.stderr.contains("(record 1)"), "{back:?}");
    is_as(&lab, &old);
}

#[test]
fn what_was_added_since_goes_and_volumes_and_strangers_stay() {
    let old = web("environment: {V: '1'}");
    let lab = Lab::new(&format!("{old}  cache:\n"));
    lab.expect(0, &["apply"]);
    let new = old.replace("volumes:\n  data:\n", "  more: {image: busybox, volumes: ['extra:/x'], networks: [far]}\nnetworks:\n  far:\nvolumes:\n  data:\n  extra:\n");
    lab.spec(&new);
    lab.expect(0, &["apply", "--yes"]);
    let back = lab.expect(0, &["rollback", "--yes"]);
    assert!(back.stdout.contains("- service.more") || back.stdout.contains("lab-more-1"), "{back:?}");
    let world = std::fs::read_to_string(lab.path("world.json")).unwrap();
    assert!(world.contains("lab_extra") && world.contains("lab_data") && !world.contains("lab-more-1"), "{world}");
}

#[test]
fn contents_of_configs_come_back_though_the_file_is_another_now() {
    let spec = |text: &str| {
        format!(
            "services:\n  web: {{image: busybox, configs: [{{source: c, target: /etc/c}}]}}\nconfigs:\n  c: {{content: {text}}}\n"
        )
    };
    let lab = Lab::new(&spec("one"));
    lab.expect(0, &["apply"]);
    lab.spec(&spec("two"));
    lab.expect(0, &["apply", "--yes"]);
    lab.expect(0, &["rollback", "--yes"]);
    is_as(&lab, &spec("one"));
    let said = lab.expect(0, &["exec", "web", "cat", "/etc/c"]);
    assert_eq!(said.stdout.trim(), "one");
    for text in ["two", "three", "four", "five"] {
        lab.spec(&spec(text));
        lab.expect(0, &["apply", "--yes"]);
        is_as(&lab, &spec(text));
    }
    let world = std::fs::read_to_string(lab.path("world.json")).unwrap();
    let kept = world.matches("\"lab_dsenv_files_").count();
    assert!(kept <= 2 * 3, "contents go with the last record that names them: {kept} in {world}");
}

#[test]
fn a_secret_value_that_nobody_has_is_named_and_nothing_is_done() {
    let lab = two("environment: {DB_PASSWORD: old-word, V: '1'}", "environment: {DB_PASSWORD: new-word, V: '1'}");
    let before = std::fs::read_to_string(lab.path("world.json")).unwrap();
    let refused = lab.expect(7, &["rollback", "--yes"]);
    assert!(refused.stderr.contains("web: the value of environment.DB_PASSWORD"), "{refused:?}");
    assert!(!refused.stderr.contains("-word"), "{refused:?}");
    let after = std::fs::read_to_string(lab.path("world.json")).unwrap();
    assert_eq!(before.matches("lab_dsenv_record").count(), after.matches("lab_dsenv_record").count());
    // One that did not change is taken from where it is.
    let lab = two("environment: {DB_PASSWORD: word, V: '1'}", "environment: {DB_PASSWORD: word, V: '2'}");
    lab.expect(0, &["rollback", "--yes"]);
    is_as(&lab, &web("environment: {DB_PASSWORD: word, V: '1'}"));
}

#[test]
fn a_built_image_is_the_one_of_then() {
    let lab = Lab::new("services:\n  web: {build: ./app}\n");
    std::fs::create_dir(lab.path("app")).unwrap();
    let write =
        |text: &str| std::fs::write(lab.path("app/Dockerfile"), format!("FROM busybox\nLABEL v={text}\n")).unwrap();
    write("1");
    lab.expect(0, &["apply"]);
    write("2");
    lab.expect(0, &["apply", "--yes"]);
    let back = lab.expect(0, &["rollback", "--yes"]);
    assert!(!back.stdout.contains("to build") && back.stdout.contains("image"), "{back:?}");
    // Forward again: the record of the way back names the image that it went to, not the one that has the tag.
    let again = lab.expect(0, &["rollback", "--yes"]);
    assert!(again.stderr.contains("(record 2)"), "{again:?}");
    lab.expect(0, &["rollback", "--yes"]);
    // The files ask for the new one, so the next apply would bring it back.
    let plan = lab.expect(2, &["plan", "--detailed-exitcode"]);
    assert!(plan.stdout.contains("image"), "{plan:?}");
}

#[test]
fn one_service_goes_back_alone() {
    let both = |web: u8, db: u8| {
        format!(
            "services:\n  db: {{image: busybox, environment: {{V: '{db}'}}}}\n  web: {{image: busybox, environment: {{V: '{web}'}}, depends_on: [db]}}\n"
        )
    };
    let lab = Lab::new(&both(1, 1));
    lab.expect(0, &["apply"]);
    lab.spec(&both(2, 2));
    lab.expect(0, &["apply", "--yes"]);
    lab.expect(0, &["rollback", "web", "--yes"]);
    is_as(&lab, &both(1, 2));
    lab.expect(0, &["rollback", "--to", "1", "--yes"]);
    is_as(&lab, &both(1, 1));
    let none = lab.expect(4, &["rollback", "none"]);
    assert!(none.stderr.contains("service `none`"), "{none:?}");
    assert!(lab.expect(4, &["rollback", "--to", "77"]).stderr.contains("no record 77"));
}

#[test]
fn there_may_be_nothing_to_go_back_to() {
    let lab = Lab::new(&web("environment: {V: '1'}"));
    assert!(lab.expect(4, &["rollback"]).stderr.contains("nothing of `lab` was applied yet"));
    lab.expect(0, &["apply"]);
    assert!(lab.expect(4, &["rollback"]).stderr.contains("no recorded state"));
}

#[test]
fn a_partial_apply_records_only_what_it_was_about() {
    let both = |web: u8, db: u8| {
        format!(
            "services:\n  db: {{image: busybox, environment: {{V: '{db}'}}}}\n  web: {{image: busybox, environment: {{V: '{web}'}}}}\n"
        )
    };
    let lab = Lab::new(&both(1, 1));
    lab.expect(0, &["apply"]);
    lab.spec(&both(2, 2));
    lab.expect(0, &["apply", "--yes", "--target", "web"]);
    lab.expect(0, &["rollback", "--yes"]);
    is_as(&lab, &both(1, 1));
}

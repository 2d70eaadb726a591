//! What an apply leaves on record, and what later looks make of it.

use dsenv::engine::memory::Memory;

use super::lab::Lab;

const TWO: &str = "services:\n  db: {image: busybox, networks: [back], volumes: ['data:/data']}\n  \
                   web: {image: busybox}\nnetworks: {back: {}}\nvolumes: {data: {}}\n";

fn engine(lab: &Lab) -> Memory {
    Memory::open(lab.path("world.json"), 20)
}

#[test]
fn what_was_not_targeted_was_not_applied() {
    let lab = Lab::new(TWO);
    lab.expect(0, &["apply", "--target", "web"]);
    assert!(lab.expect(0, &["drift"]).stdout.starts_with("No drift"));
    assert!(!lab.expect(0, &["status"]).stdout.contains("changed by hand"));
    assert!(lab.expect(0, &["history"]).stdout.contains("  1 service\n"));
    lab.expect(0, &["apply", "--exclude", "web"]);
    assert!(lab.expect(0, &["history"]).stdout.contains("  2 services\n"));
    lab.expect(0, &["drift"]);
    engine(&lab).remove(&engine(&lab).container("lab-web-1").unwrap()).unwrap();
    assert!(lab.expect(2, &["drift"]).stdout.contains("service.web[1]"), "what was applied first is on record still");
}

#[test]
fn an_apply_that_failed_in_part_leaves_a_record_of_what_it_did() {
    let lab = Lab::new(&TWO.replace("web: {image: busybox", "web: {image: busybox, command: sh -c 'exit 3'"));
    assert_ne!(lab.run(&["apply"]).code, 0);
    let history = lab.expect(0, &["history"]).stdout;
    assert!(history.contains("1 service, in part"), "{history}");
    assert!(lab.expect(0, &["drift"]).stdout.starts_with("No drift"), "what failed is no drift");
    assert_ne!(lab.run(&["apply"]).code, 0);
    assert_eq!(lab.expect(0, &["history"]).stdout, history, "the same again is no news");
    engine(&lab).remove(&engine(&lab).container("lab-db-1").unwrap()).unwrap();
    let drift = lab.expect(2, &["drift", "--format", "plain"]).stdout;
    assert!(drift.contains("service.db[1]") && !drift.contains("service.web"), "{drift}");

    lab.spec(TWO);
    lab.expect(0, &["apply", "--yes"]);
    let history = lab.expect(0, &["history"]).stdout;
    assert!(
        history.contains("2 services\n") && history.lines().count() == 1,
        "the whole one takes its place: {history}"
    );
}

#[test]
fn what_failed_later_stands_as_in_the_record_before() {
    let lab = Lab::new(TWO);
    lab.expect(0, &["apply"]);
    lab.spec(
        &TWO.replace("busybox, networks", "busybox, mem_limit: 64m, networks")
            .replace("web: {image: busybox", "web: {image: busybox, command: sh -c 'exit 3'"),
    );
    assert_ne!(lab.run(&["apply", "--yes"]).code, 0);
    assert!(lab.expect(0, &["drift"]).stdout.starts_with("No drift"), "one is as asked, the other was put back");
    lab.expect(0, &["rollback", "--yes"]);
    lab.spec(TWO);
    lab.expect(0, &["plan"]).stdout.contains("No changes").then_some(()).expect("it is as it was first");
}

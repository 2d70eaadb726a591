//! A part of a spec: what is not asked for holds nothing up, and what is named is there.

use super::lab::Lab;

/// `a` is right and `b` has mistakes of many kinds; each is one in a service alone, found at another stage.
const BROKEN: [&str; 10] = [
    "b: {image: busybox, env_file: missing.env}",
    "b: {image: busybox, label_file: missing.labels}",
    "b: {image: busybox, secrets: [unset]}",
    "b: {image: busybox, privileged: perhaps}",
    "b: just-an-image",
    "b: {image: busybox, depends_on: [nobody]}",
    "b: {image: busybox, container_name: same}",
    "b: {image: 'busybox${NOT_SET_ANYWHERE:?}'}",
    "b: {image: busybox, ports: ['1:2:3:4:5']}",
    "b: {image: busybox, volumes: ['a:b:c:d']}",
];

fn spec(b: &str) -> String {
    format!(
        "services:\n  a: {{image: busybox, command: sleep 10000, container_name: same}}\n  {b}\n\
         secrets: {{unset: {{environment: NOT_SET_ANYWHERE}}}}\n"
    )
}

#[test]
fn a_mistake_in_a_service_that_is_not_asked_for_does_not_hold_up_the_others() {
    for b in BROKEN {
        let lab = Lab::new(&spec(b));
        lab.expect(4, &["plan"]);
        // Two of one name are wrong together, and either alone is right.
        lab.expect(if b.contains("container_name") { 0 } else { 4 }, &["plan", "--target", "b"]);
        lab.expect(4, &["plan", "--target", "nobody"]);
        let applied = lab.expect(0, &["apply", "--target", "a"]);
        assert!(
            applied.stderr.contains("DS0620") && applied.stderr.contains("are left as they are"),
            "{b}: {applied:?}"
        );
        assert!(lab.expect(0, &["plan", "--exclude", "b"]).stdout.contains("No changes"), "{b}");
        let refused = lab.expect(4, &["plan", "--target", "a", "--rerun", "b"]);
        assert!(!refused.stderr.contains("profile"), "{b}: {refused:?}");
        // What borrows from a target or is needed by it is touched, so it must be right.
        let borrowing = spec(b).replace("container_name: same", "network_mode: 'service:b'");
        lab.spec(&borrowing);
        lab.expect(4, &["plan", "--target", "a"]);
    }
}

#[test]
fn a_mistake_in_a_text_counts_for_whoever_has_that_text() {
    let broken = "image: 'busybox${NOT_SET_ANYWHERE:?}'";
    for a in [
        // By an alias, by building on it, by building on what builds on it.
        "services: {b: &b {BROKEN, command: sleep 1}, a: {<<: *b, image: busybox, labels: {x: '${NOT_SET_ANYWHERE:?}'}}}",
        "services: {b: {BROKEN}, a: {extends: b}}",
        "services: {b: {BROKEN}, c: {extends: {service: b}}, a: {extends: c}}",
        "x-b: &b {BROKEN}\nservices: {b: {image: busybox}, a: *b}",
        "services: {b: {image: busybox}, a: {image: busybox}}\nvolumes: {v: {name: '${NOT_SET_ANYWHERE:?}'}}",
    ] {
        let lab = Lab::new(&a.replace("BROKEN", broken));
        let refused = lab.expect(4, &["plan", "--target", "a"]);
        assert!(refused.stderr.contains("DS0302"), "{a}: {refused:?}");
    }
    // It builds on another one, and that one has no mistake.
    let lab = Lab::new(&format!(
        "services: {{b: {{{broken}}}, c: {{image: busybox, command: sleep 10000}}, a: {{extends: c}}}}\n"
    ));
    let plan = lab.expect(0, &["plan", "--target", "a"]);
    assert!(plan.stdout.contains("service.a[1]") && !plan.stdout.contains("service.c[1]"), "{plan:?}");
    // In a file that is included.
    std::fs::write(lab.path("part.yaml"), format!("services: {{b: {{{broken}}}, a: {{image: busybox}}}}\n")).unwrap();
    lab.spec("include: [part.yaml]\nservices: {d: {image: busybox}}\n");
    lab.expect(0, &["plan", "--target", "a"]);
    lab.expect(0, &["plan", "--exclude", "b"]);
    lab.expect(4, &["plan", "--target", "b"]);
}

#[test]
fn what_is_left_out_is_no_stray() {
    let lab = Lab::new(
        "services:\n  a: {image: busybox, command: sleep 10000}\n  b: {image: busybox, command: sleep 10000, volumes: ['d:/d'], networks: [n]}\nvolumes: {d: {}}\nnetworks: {n: {}}\n",
    );
    lab.expect(0, &["apply"]);
    lab.spec("services:\n  a: {image: busybox, command: sleep 20000}\n  b: {image: busybox, env_file: missing.env, volumes: ['d:/d'], networks: [n]}\nvolumes: {d: {}}\nnetworks: {n: {}}\n");
    for arguments in [["apply", "-y", "--prune", "--target", "a"], ["apply", "-y", "--prune", "--exclude", "b"]] {
        let ran = lab.expect(0, &arguments);
        assert!(!ran.stdout.contains("stray") && !ran.stdout.contains("service.b"), "{ran:?}");
    }
    let there = lab.expect(0, &["status", "--format", "json"]).stdout;
    assert!(there.contains("lab-b-1"), "{there}");
}

#[test]
fn who_looks_or_removes_needs_no_file_without_mistakes() {
    let lab = Lab::new(
        "services: {a: {image: busybox, command: 'sh -c \"echo from a; sleep 10000\"', ports: ['8080:80']}}\n",
    );
    lab.expect(0, &["apply"]);
    for b in BROKEN {
        lab.spec(&spec(b));
        let status = lab.expect(0, &["status", "-f", "env.yaml"]);
        assert!(status.stdout.contains("a ") && status.stdout.contains("localhost:8080"), "{b}: {status:?}");
        assert!(status.stderr.contains("the spec has a mistake"), "{b}: {status:?}");
        assert!(!status.stdout.contains("not in the spec"), "{b}: {status:?}");
        lab.expect(0, &["drift", "-f", "env.yaml"]);
        assert_eq!(lab.expect(0, &["logs", "--file", "env.yaml", "a", "--no-log-prefix"]).stdout, "from a\n", "{b}");
        assert_eq!(lab.expect(0, &["exec", "-f", "env.yaml", "a", "echo", "hello"]).stdout, "hello\n", "{b}");
        lab.expect(0, &["history", "-f", "env.yaml"]);
    }
    // A file that may say another name is no ground to remove anything.
    lab.spec("services: {a: {image: \"busybox}}\n");
    for verb in [&["destroy", "-y"][..], &["logs"], &["status"]] {
        let refused = lab.expect(4, verb);
        assert!(refused.stderr.contains("DS0101"), "{refused:?}");
    }
    std::fs::write(lab.path("env.yaml"), "name: 'lab${MISSING:?}'\nservices: {a: {image: busybox}}\n").unwrap();
    let refused = lab.expect(4, &["destroy", "-y"]);
    assert!(refused.stderr.contains("-p"), "{refused:?}");
    assert_eq!(lab.expect(4, &["validate"]).stderr.matches("error[").count(), 1);
    lab.spec(&spec(BROKEN[0]));
    lab.expect(0, &["destroy", "-y", "-f", "env.yaml"]);
    assert!(lab.expect(0, &["status", "-p", "lab"]).stdout.contains("no services"));
}

#[test]
fn an_included_file_has_its_own_variables_for_configs_and_secrets_too() {
    let lab = Lab::new("include: [{path: sub/part.yaml, env_file: sub/own.env}]\n");
    std::fs::create_dir(lab.path("sub")).unwrap();
    let part = "services: {a: {image: busybox, command: 'cat /run/secrets/s /c', secrets: [s], configs: [{source: c, target: /c}]}}\n\
                secrets: {s: {environment: ONLY_THERE}}\nconfigs: {c: {environment: ALSO_THERE}}\n";
    std::fs::write(lab.path("sub/part.yaml"), part).unwrap();
    std::fs::write(lab.path("sub/own.env"), "ONLY_THERE=one\nALSO_THERE=two\n").unwrap();
    lab.expect(0, &["plan"]);
    // The project's own value goes first; a later file may take another variable, which is the project's.
    lab.spec("include: [{path: sub/part.yaml, env_file: sub/own.env}]\nsecrets: {s: {environment: ELSEWHERE}}\n");
    assert!(lab.expect(4, &["plan"]).stderr.contains("`ELSEWHERE`, which is not set"));
    // One that includes the one that includes.
    std::fs::write(lab.path("outer.yaml"), "include: [env.yaml]\nservices: {z: {image: busybox}}\n").unwrap();
    lab.spec("include: [{path: sub/part.yaml, env_file: sub/own.env}]\n");
    lab.expect(0, &["plan", "-f", "outer.yaml"]);
}

#[test]
fn a_service_that_is_named_has_its_profile_on() {
    let services = "services:\n  a: {image: busybox, command: sleep 10000}\n  \
        db: {image: busybox, command: sleep 10000, profiles: [data]}\n  \
        job: {image: busybox, command: 'true', profiles: [tools, more], depends_on: [a], restart: 'no', x-dsenv: {job: true}}\n  \
        deep: {image: busybox, profiles: [deep], depends_on: [db]}\n";
    let lab = Lab::new(services);
    let plan = lab.expect(0, &["plan", "--target", "job"]).stdout;
    assert!(plan.contains("service.job") && plan.contains("service.a") && !plan.contains("service.db"), "{plan}");
    for flag in ["--rerun", "--replace"] {
        let plan = lab.expect(0, &["plan", flag, "job"]).stdout;
        assert!(plan.contains("service.job") && plan.contains("service.a") && !plan.contains("service.db"), "{plan}");
    }
    // A profile of what it needs is another one, as the specification says; the message tells which.
    let refused = lab.expect(4, &["plan", "--target", "deep"]);
    assert!(refused.stderr.contains("--profile data"), "{refused:?}");
    lab.expect(0, &["plan", "--target", "deep", "--target", "db"]);
    // What is off need not be left out.
    lab.expect(0, &["plan", "--exclude", "db"]);
    lab.expect(4, &["plan", "--exclude", "nobody"]);
    lab.expect(0, &["apply", "--target", "job"]);
    assert!(lab.expect(0, &["plan", "-o", "saved.json", "--rerun", "job"]).stdout.contains("service.job"));
    lab.expect(0, &["apply", "-y", "saved.json"]);
}

//! Nothing of a secret is printed, saved or kept, whatever name it has.

use super::lab::Lab;

/// `hunter2` is secret, in every place where one may stand, under no name that gives it away.
const SPEC: &str = r#"services:
  web:
    image: busybox
    command: ["sh", "-c", "sleep 10000", "--token", "hunter2"]
    environment:
      ODBC: "Server=db;Password=hunter2;X=1"
      SETTINGS: '{"password": "hunter2"}'
      HEADERS: "Authorization: Bearer hunter2"
      MYSQL: "root:hunter2@tcp(db:3306)/x"
      CALLBACK: "http://x/?token=hunter2"
      CACHE: "redis-server --requirepass hunter2"
      DATABASE: "postgres://u:hunter2/b@h"
      QUEUE: "amqp://u:hunter2#x@h"
      BROKER: "amqp://u:hunter2@x@h"
      API_KEY_PROD: hunter2
      ENCRYPTION_KEY_V2: hunter2
      GITHUB_PAT: hunter2
      DB_PW: hunter2
      STRIPE_SK: hunter2
      JWT_SIGNING: hunter2
    labels: {team: "Pwd=hunter2", dsn: "mysql -uroot -phunter2"}
    x-dsenv: {url: "http://localhost/?token=hunter2"}
networks: {default: {labels: {note: "token=hunter2"}}}
volumes: {v: {driver_opts: {o: "username=x,password=hunter2"}}}
"#;

#[test]
fn no_report_and_no_record_holds_a_secret() {
    let lab = Lab::new(SPEC);
    let all = |name: &str| std::fs::read_to_string(lab.path(name)).unwrap();
    for arguments in
        [&["plan"][..], &["plan", "--format", "json"], &["plan", "--format", "plain"], &["plan", "-o", "first.plan"]]
    {
        let ran = lab.expect(0, arguments);
        assert!(!format!("{ran:?}").contains("hunter2"), "{arguments:?}: {ran:?}");
    }
    lab.expect(0, &["apply"]);
    assert!(lab.expect(0, &["plan"]).stdout.starts_with("No changes"), "a digest is as good as what it stands for");

    lab.spec(&SPEC.replace("hunter2", "hunter3"));
    let changes: &[&[&str]] = &[
        &["plan"],
        &["plan", "--format", "json"],
        &["plan", "--format", "plain"],
        &["plan", "-o", "second.plan"],
        &["history", "--format", "json"],
        &["drift"],
        &["drift", "--format", "json"],
    ];
    for arguments in changes {
        let ran = lab.run(arguments);
        assert!(!format!("{ran:?}").contains("hunter"), "{arguments:?}: {ran:?}");
    }
    for name in ["first.plan", "second.plan"] {
        assert!(!all(name).contains("hunter"), "{}", all(name));
    }
    let changed = lab.expect(0, &["plan", "--format", "plain"]).stdout;
    for path in ["environment.ODBC", "environment.GITHUB_PAT", "labels.team", "command"] {
        assert!(changed.contains(path), "{path} has changed: {changed}");
    }

    // What dsenv itself keeps on the engine.
    let world: serde_json::Value = serde_json::from_str(&all("world.json")).unwrap();
    let mut kept = Vec::new();
    collect(&world, &mut kept);
    assert!(kept.len() >= 3, "{kept:?}");
    for record in &kept {
        assert!(!record.contains("hunter"), "{record}");
    }
}

/// The values of the label that holds a record.
fn collect(value: &serde_json::Value, kept: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            kept.extend(fields.get("dev.dsenv.applied").and_then(|it| it.as_str()).map(str::to_owned));
            fields.values().for_each(|inner| collect(inner, kept));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|inner| collect(inner, kept)),
        _ => {}
    }
}

#[test]
fn a_message_shows_no_secret_of_the_line_that_it_is_about() {
    let lab = Lab::new("");
    let specs = [
        "services: {a: {image: x, environment: {DB_PASSWORD: hunter2, TOKEN: \"hunter2}}}\n",
        "services:\n  a:\n    image: x\n    environment:\n      DB_PASSWORD: hunter2: x\n",
        "services:\n  a:\n    image: x\n    environment:\n      DB_PASSWORD: \"hunter2\n",
        "services:\n  a:\n    image: x\n    environment:\n      DB_PASSWORD: ${hunter2\n",
        "services:\n  a:\n    image: x\n    environment:\n      DB_PASSWORD: [hunter2]\n",
        "services:\n  a:\n    image: x\n    labels: {x: \"postgres://u:hunter2@h\", y: {}}\n",
        "services:\n  a:\n    image: x\n    mem_limit: postgres://u:hunter2@h\n",
    ];
    for spec in specs {
        lab.spec(spec);
        for format in ["human", "plain", "json"] {
            let ran = lab.run(&["validate", "--format", format]);
            assert!(!format!("{ran:?}").contains("hunter2"), "{spec}{format}: {ran:#?}");
        }
    }
    lab.spec("services: {a: {image: x, env_file: [x.env]}}\n");
    for env in
        ["DB_PASSWORD=\"hunter2\n", "DB_PASSWORD: hunter2\nA B=1\n", "DB_PASSWORD:hunter2\n", "DB_PASSWORD=${hunter2\n"]
    {
        std::fs::write(lab.path("x.env"), env).unwrap();
        let ran = lab.run(&["validate"]);
        assert!(!format!("{ran:?}").contains("hunter2"), "{env}: {ran:#?}");
    }
    lab.spec("services: {a: {image: x}}\n");
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("dsenv"));
    command.arg("status").current_dir(lab.path(".")).env_remove("DSENV_HOST");
    let ran = super::lab::ran(command.env("DOCKER_HOST", "tcp://me:hunter2@127.0.0.1:1").output().unwrap());
    assert!(ran.code != 0 && !format!("{ran:?}").contains("hunter2"), "{ran:?}");
}

#[test]
fn a_variable_that_is_not_set_is_one_warning_where_the_spec_is_asked_for_and_none_elsewhere() {
    let uses = (1..=15).map(|n| format!("      V{n}: ${{TAG}}\n")).collect::<String>();
    let lab = Lab::new(&format!("services:\n  a:\n    image: busybox\n    environment:\n{uses}"));
    for arguments in [&["validate"][..], &["plan"], &["apply"]] {
        let ran = lab.expect(0, arguments);
        assert_eq!(ran.stderr.matches("variable TAG is not set").count(), 1, "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains("env.yaml:7:") && ran.stderr.contains("6 more"), "{ran:?}");
    }
    for arguments in
        [&["status"][..], &["logs"], &["drift"], &["history"], &["graph"], &["config"], &["config", "--services"]]
    {
        assert_eq!(lab.expect(0, arguments).stderr, "", "{arguments:?}");
    }
    lab.expect(0, &["-q", "destroy", "--yes"]);
}

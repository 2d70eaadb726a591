//! What differs in a config that changes is shown, and nothing of a secret.

use serde_json::{Value, json};

use super::lab::Lab;

const SPEC: &str = "services:
  web:
    image: busybox
    scale: 2
    environment: {API_TOKEN: hunter2}
    configs: [{source: app, target: /etc/app.conf}]
    secrets: [pw]
configs: {app: {file: app.conf}}
secrets: {pw: {file: pw.txt}}
";

fn lab() -> Lab {
    let lab = Lab::new(SPEC);
    std::fs::write(lab.path("app.conf"), "listen 80\nlevel info\ntoken hunter2\nlast\n").unwrap();
    std::fs::write(lab.path("pw.txt"), "correct horse\n").unwrap();
    lab.expect(0, &["apply"]);
    lab
}

#[test]
fn the_lines_that_differ_are_shown() {
    let lab = lab();
    std::fs::write(lab.path("app.conf"), "listen 80\nlevel debug\ntoken hunter3\nsay correct horse\n").unwrap();
    let lines = "
      listen 80
    - level info
    - token (sensitive)
    - last
    + level debug
    + token (sensitive)
    + say (sensitive)
";
    let plain = lab.expect(0, &["plan", "--format", "plain"]).stdout;
    assert_eq!(plain.matches(lines).count(), 2, "once for each replica: {plain}");
    let plan: Value = serde_json::from_str(&lab.expect(0, &["plan", "--format", "json"]).stdout).unwrap();
    let web = plan["resource_changes"].as_array().unwrap().iter().find(|change| change["address"] == "service.web[2]");
    let contents = &web.unwrap()["change"]["contents"][0];
    assert_eq!(contents["path"], "files./etc/app.conf.content");
    assert_eq!((&contents["hunks"][0]["old"], &contents["hunks"][0]["lines"][1]), (&json!(1), &json!("-level info")));
    let asked = lab.run(&["apply"]);
    assert!(asked.stdout.contains("- level info") && asked.code == 7, "who is asked sees it as well: {asked:?}");
}

#[test]
fn a_saved_plan_holds_no_contents() {
    let lab = lab();
    std::fs::write(lab.path("app.conf"), "listen 81\n").unwrap();
    assert!(lab.expect(0, &["plan", "-o", "lab.plan"]).stdout.contains("+ listen 81"));
    assert!(!std::fs::read_to_string(lab.path("lab.plan")).unwrap().contains("listen 81"));
    assert!(lab.expect(0, &["apply", "lab.plan"]).stdout.contains("+ listen 81"));
}

#[test]
fn of_a_secret_only_the_change_is_told() {
    let lab = lab();
    std::fs::write(lab.path("pw.txt"), "battery staple\n").unwrap();
    let told = lab.expect(0, &["plan", "--format", "json"]).stdout;
    assert!(told.contains("\"files./run/secrets/pw.content\""), "{told}");
    assert!(!told.contains("staple") && !told.contains("horse") && !told.contains("hunks"), "{told}");

    // A secret that becomes a config was one all the same.
    lab.spec(
        &SPEC
            .replace("    secrets: [pw]\n", "")
            .replace("target: /etc", "target: /run/secrets/pw}, {source: app, target: /etc"),
    );
    let told = lab.expect(0, &["plan", "--format", "json"]).stdout;
    assert!(!told.contains("staple") && !told.contains("horse") && !told.contains("hunks"), "{told}");
}

//! Verbs that need no engine: `config` and `validate`.

use std::os::unix::fs::PermissionsExt;

use super::lab::Lab;

#[test]
fn validate_tells_what_plan_refuses() {
    for (spec, told) in [
        ("services: {a: {image: busybox, cpu_shares: -1}}\n", ""),
        (
            "services: {a: {image: busybox, volumes: ['lab_dsenv_lock:/d']}}\nvolumes: {lab_dsenv_lock: {name: lab_dsenv_lock}}\n",
            "",
        ),
        (
            "services:\n  a: {image: x, build: {context: ., dockerfile_inline: FROM a}}\n  b: {image: x, build: {context: ., dockerfile_inline: FROM b}}\n",
            "build different things under one tag",
        ),
        ("services: {a: {image: busybox, mac_address: nonsense}}\n", ""),
    ] {
        let lab = Lab::new(spec);
        let planned = lab.expect(4, &["plan"]);
        let validated = lab.expect(4, &["validate"]);
        assert!(validated.stderr.contains(told), "{validated:?}");
        let mistakes =
            |text: &str| text.lines().filter(|line| line.starts_with("error[")).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(mistakes(&planned.stderr), mistakes(&validated.stderr), "{spec}");
    }
    // It needs neither an engine nor the files of builds.
    let lab = Lab::new("services: {a: {build: ./gone}}\n");
    assert!(lab.expect(0, &["validate", "--strict"]).stderr.contains("lab is valid"));
}

#[test]
fn config_replaces_nothing_but_a_regular_file() {
    let lab = Lab::new("services: {web: {image: busybox}}\n");
    let expected = lab.expect(0, &["config"]).stdout;
    let read = |name: &str| std::fs::read_to_string(lab.path(name)).unwrap();
    lab.expect(0, &["config", "-o", "new.yaml"]);
    assert_eq!(read("new.yaml"), expected);
    std::fs::write(lab.path("old.yaml"), "what was there, and longer than what comes".repeat(99)).unwrap();
    std::fs::set_permissions(lab.path("old.yaml"), std::fs::Permissions::from_mode(0o600)).unwrap();
    lab.expect(0, &["config", "-o", "old.yaml"]);
    assert_eq!(read("old.yaml"), expected);
    assert_eq!(std::fs::metadata(lab.path("old.yaml")).unwrap().permissions().mode() & 0o777, 0o600);
    std::os::unix::fs::symlink("aim", lab.path("link")).unwrap();
    std::fs::write(lab.path("aim"), "precious").unwrap();
    assert!(std::process::Command::new("mkfifo").arg(lab.path("pipe")).status().unwrap().success());
    for (there, why) in [
        ("link", "it is a link"),
        ("pipe", "it is no regular file"),
        (".", "it is a folder"),
        ("/dev/null", "it is no regular file"),
    ] {
        for verb in [&["config", "-o", there], &["plan", "-o", there]] {
            let refused = lab.expect(4, verb);
            assert!(refused.stderr.contains(why), "{verb:?}: {refused:?}");
        }
    }
    assert_eq!(read("aim"), "precious");
    assert!(
        std::fs::read_dir(lab.folder.path()).unwrap().all(|it| !it
            .unwrap()
            .file_name()
            .to_str()
            .unwrap()
            .starts_with(".new"))
    );
}

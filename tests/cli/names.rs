//! The name of an environment, and the folder that it comes from.

use std::os::unix::fs::symlink;

use super::lab::{Lab, Ran, ran};

/// A folder `proj` with a spec that says no name, and `link`, which leads there.
fn linked() -> Lab {
    let lab = Lab::new("");
    std::fs::remove_file(lab.path("env.yaml")).unwrap();
    std::fs::create_dir(lab.path("proj")).unwrap();
    let spec = "services: {a: {image: busybox, volumes: ['${PWD}/data:/data', 'kept:/kept']}}\nvolumes: {kept: {}}\n";
    std::fs::write(lab.path("proj/compose.yaml"), spec).unwrap();
    symlink(lab.path("proj"), lab.path("link")).unwrap();
    lab
}

/// The canonical spec, asked for in a folder with this `PWD`.
fn config(lab: &Lab, folder: &str, pwd: Option<&str>, arguments: &[&str]) -> Ran {
    let mut command = lab.command(&[&["config"], arguments].concat());
    command.current_dir(lab.path(folder));
    match pwd {
        Some(pwd) => command.env("PWD", pwd),
        None => command.env_remove("PWD"),
    };
    ran(command.output().unwrap())
}

#[test]
fn an_environment_is_named_by_the_folder_that_the_shell_is_in() {
    let lab = linked();
    let path = |name: &str| lab.path(name).to_str().unwrap().to_owned();
    let real = std::fs::canonicalize(lab.path("proj")).unwrap().to_str().unwrap().to_owned();
    let cases = [
        (Some(path("link")), "link", path("link")),
        (Some(path("link/")), "link", path("link/")),
        (Some(path("proj/../link/.")), "link", path("proj/../link/.")),
        (Some(path("proj")), "proj", path("proj")),
        // Not this folder: the name is the system's, and the variable stays as it was given, as everywhere.
        (Some("/".to_owned()), "proj", "/".to_owned()),
        (Some(path("nowhere")), "proj", path("nowhere")),
        (Some(String::new()), "proj", real.clone()),
        (None, "proj", real),
    ];
    for (pwd, name, data) in cases {
        let told = config(&lab, "link", pwd.as_deref(), &[]);
        assert_eq!(told.code, 0, "{pwd:?}: {told:?}");
        assert!(told.stdout.contains(&format!("name: {name}\n")), "{pwd:?}: {told:?}");
        assert!(told.stdout.contains(&format!("name: {name}_kept\n")), "{pwd:?}: {told:?}");
        assert!(told.stdout.contains(&format!("source: {data}/data\n")), "{pwd:?}: {told:?}");
        assert_eq!(told.stderr.contains("symbolic link"), name == "link", "{pwd:?}: {told:?}");
    }
    // A file that is named, a folder that is named, and a folder below say the same.
    let here = path(".");
    for arguments in [["-f", "link/compose.yaml"], ["--project-directory", "link"]] {
        assert!(config(&lab, ".", Some(&here), &arguments).stdout.contains("name: link\n"), "{arguments:?}");
    }
    std::fs::create_dir(lab.path("proj/below")).unwrap();
    assert!(config(&lab, "link/below", Some(&path("link/below")), &[]).stdout.contains("name: link\n"));
}

#[test]
fn variables_of_compose_and_their_twins_count_from_the_process_and_from_env_files() {
    let lab =
        Lab::new("services: {a: {image: busybox, command: sleep 10000}, b: {image: busybox, command: sleep 10000}}\n");
    lab.expect(0, &["apply"]);
    lab.spec("services: {a: {image: busybox, command: sleep 10000}}\n");
    let with = |variables: &[(&str, &str)], file: &str, arguments: &[&str]| {
        std::fs::write(lab.path(".env"), file).unwrap();
        let mut command = lab.command(arguments);
        command.envs(variables.iter().copied());
        ran(command.output().unwrap())
    };
    // (of the process, in `.env`, whether b goes)
    let cases: [(&[(&str, &str)], &str, bool); 8] = [
        (&[("COMPOSE_REMOVE_ORPHANS", "1")], "", true),
        (&[("DSENV_PRUNE", "true")], "", true),
        (&[], "COMPOSE_REMOVE_ORPHANS=true\n", true),
        (&[], "DSENV_PRUNE=yes\n", true),
        (&[("DSENV_PRUNE", "0")], "COMPOSE_REMOVE_ORPHANS=true\n", false),
        (&[("COMPOSE_REMOVE_ORPHANS", "false")], "", false),
        (&[("COMPOSE_REMOVE_ORPHANS", "")], "COMPOSE_REMOVE_ORPHANS=1\n", false),
        (&[], "", false),
    ];
    for (variables, file, goes) in cases {
        let plan = with(variables, file, &["plan"]);
        assert_eq!(plan.stdout.contains("1 to remove"), goes, "{variables:?} {file}: {plan:?}");
    }
    let refused = with(&[("COMPOSE_PARALLEL_LIMIT", "many")], "", &["apply"]);
    assert!(refused.code == 4 && refused.stderr.contains("no number"), "{refused:?}");
    assert_eq!(with(&[], "DSENV_JOBS=many\n", &["destroy", "-y"]).code, 4);
    assert_eq!(with(&[("COMPOSE_PARALLEL_LIMIT", "-1")], "", &["apply"]).code, 0);
    let told = with(&[("COMPOSE_COMPATIBILITY", "1"), ("DOCKER_DEFAULT_PLATFORM", "linux/arm64")], "", &["plan"]);
    assert!(
        told.stderr.contains("COMPOSE_COMPATIBILITY has no effect") && told.stderr.contains("`platform`"),
        "{told:?}"
    );
    assert!(with(&[("COMPOSE_COMPATIBILITY", "0")], "", &["plan"]).stderr.is_empty());
    let listed = lab.expect(0, &["explain", "variables"]).stdout;
    assert!(listed.contains("COMPOSE_IGNORE_ORPHANS: no effect"), "{listed}");
}

#[test]
fn a_hint_fits_the_verb_and_a_spelling_of_compose_is_not_taken_for_ours() {
    let lab = Lab::new("services: {a: {image: busybox, command: sleep 10000, profiles: [p]}, b: {image: busybox}}\n");
    for verb in ["status", "destroy", "config", "history", "unlock", "drift", "graph", "apply"] {
        for name in ["a", "b"] {
            let refused = lab.expect(4, &[verb, name]);
            assert!(refused.stderr.contains(&format!("`{name}` is a service")), "{verb}: {refused:?}");
            assert!(refused.stderr.contains("`apply`, `plan` and `watch` choose services"), "{verb}: {refused:?}");
        }
        let refused = lab.expect(4, &[verb, "unknown"]);
        assert!(refused.stderr.contains("no service has that name either"), "{verb}: {refused:?}");
        let refused = lab.expect(4, &[verb, "./unknown.yaml"]);
        assert!(
            refused.stderr.contains("there is no file") && !refused.stderr.contains("service"),
            "{verb}: {refused:?}"
        );
    }
    let refused = lab.expect(4, &["down", "-v"]);
    assert!(refused.stderr.contains("--destroy-data NAME") && refused.stdout.is_empty(), "{refused:?}");
    assert!(lab.expect(4, &["up", "--timeout", "3"]).stderr.contains("stop_grace_period"));
    lab.expect(0, &["destroy", "-v", "-y", "--timeout", "30"]);
}

#[test]
fn what_is_asked_for_and_cannot_be_done_is_told() {
    let lab = Lab::new(
        "services:\n  once: {image: busybox, command: 'true'}\n  lasting: {image: busybox, command: sleep 10000}\n  \
         app: {image: busybox, command: sleep 10000, network_mode: 'service:lasting'}\n",
    );
    lab.run(&["apply", "-y"]);
    let again = lab.expect(0, &["plan", "--rerun", "once"]).stdout;
    assert!(again.contains("service.once[1]") && again.contains("1 to start"), "{again}");
    let running = lab.expect(0, &["plan", "--rerun", "lasting"]).stdout;
    assert!(running.contains("not run again: it is running") && running.contains("--replace lasting"), "{running}");
    let left_out = lab.expect(0, &["plan", "--target", "lasting", "--rerun", "once"]);
    assert!(left_out.stderr.contains("DS0815"), "{left_out:?}");
    lab.expect(0, &["plan", "--target", "app", "--exclude", "lasting"]);
    lab.spec("services:\n  once: {image: busybox, command: 'true'}\n");
    lab.expect(0, &["apply", "-y", "--prune"]);
    lab.spec(
        "services:\n  lasting: {image: busybox, command: sleep 10000}\n  \
         app: {image: busybox, command: sleep 10000, network_mode: 'service:lasting'}\n",
    );
    let refused = lab.expect(4, &["plan", "--target", "app", "--exclude", "lasting"]);
    assert!(refused.stderr.contains("DS0808") && refused.stderr.contains("--exclude lasting"), "{refused:?}");
}

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
    in_folder(lab, folder, pwd, &[&["config"], arguments].concat())
}

fn in_folder(lab: &Lab, folder: &str, pwd: Option<&str>, arguments: &[&str]) -> Ran {
    let mut command = lab.command(arguments);
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
        let told = in_folder(&lab, "link", pwd.as_deref(), &["validate"]);
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
    /// Variables of the process, text of `.env`, and whether b goes.
    type Case = (&'static [(&'static str, &'static str)], &'static str, bool);
    let cases: [Case; 8] = [
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

#[test]
fn an_override_that_stands_alone_is_asked_for_the_file_below_it() {
    let lab = Lab::new("services: {web: {image: busybox}}\nvolumes: {data: {}}\n");
    let over = "services: {web: {volumes: ['data:/data'], environment: {A: b}}}\n";
    for (name, asks) in [("env.override.yaml", true), ("prod.yaml", true), ("sub/compose.yaml", false)] {
        std::fs::create_dir_all(lab.path("sub")).unwrap();
        std::fs::write(lab.path(name), over).unwrap();
        let refused = lab.expect(4, &["plan", "-f", name]).stderr;
        assert_eq!(refused.contains(&format!("-f env.yaml -f {name}")), asks, "{refused}");
        assert_eq!(refused.contains("define it"), !asks, "{refused}");
        if asks {
            lab.expect(0, &["plan", "-f", "env.yaml", "-f", name]);
        }
    }
    // A whole file of another name is not asked, and a slip of the pen is still told.
    std::fs::write(
        lab.path("whole.yaml"),
        "services: {a: {image: busybox, volumes: ['dta:/data']}}\nvolumes: {data: {}}\n",
    )
    .unwrap();
    let refused = lab.expect(4, &["plan", "-f", "whole.yaml"]).stderr;
    assert!(!refused.contains("goes over another file") && refused.contains("did you mean"), "{refused}");
}

#[test]
fn what_the_host_does_not_have_is_told_by_the_plan_at_its_place() {
    let lab = Lab::new("");
    let cases = [
        ("runtime: kata", "runtime `kata`"),
        ("logging: {driver: nope}", "log driver `nope`"),
        ("cpus: 64.5", "64.5 processors"),
        ("deploy: {resources: {limits: {cpus: '65'}}}", "65 processors"),
        ("sysctls: {vm.swappiness: 1}", "not a container's own"),
        ("network_mode: host\n    sysctls: {net.core.somaxconn: 1}", "not a container's own"),
        ("devices: ['vendor.com/gpu=all']", "CDI"),
    ];
    for (key, told) in cases {
        lab.spec(&format!("services:\n  a:\n    image: busybox\n    {key}\n"));
        let refused = lab.expect(4, &["apply", "-y"]);
        let line = if key.contains('\n') { "env.yaml:6:" } else { "env.yaml:5:" };
        assert!(refused.stderr.contains(told) && refused.stderr.contains(line), "{key}: {refused:?}");
    }
    for key in [
        "runtime: runc",
        "runtime: io.containerd.runc.v2",
        "logging: {driver: none}",
        "logging: {driver: json-file}",
        "cpus: 64",
        "sysctls: {net.core.somaxconn: 1, kernel.shmmax: 1, fs.mqueue.msg_max: 10}",
    ] {
        lab.spec(&format!("services:\n  a:\n    image: busybox\n    {key}\n"));
        assert_eq!(lab.expect(0, &["plan"]).stderr, "", "{key}");
    }
    lab.spec("services:\n  a: {image: busybox, gpus: all}\n");
    assert!(lab.expect(0, &["plan"]).stderr.contains("warning[DS0820]"));
}

#[test]
fn the_twin_finishes_jobs_whose_programs_it_does_not_know_and_takes_an_empty_command() {
    let lab = Lab::new(
        "services:\n  init: {image: apache/airflow, entrypoint: /bin/bash, command: ['-c', 'if [[ -z \"$$A\" ]]; then echo; fi; exec /entrypoint airflow version']}\n  \
         migrate: {image: app, command: migrate --all, x-dsenv: {job: true}}\n  \
         web: {image: app, command: [], depends_on: {init: {condition: service_completed_successfully}, migrate: {condition: service_completed_successfully}}}\n  \
         steps: {image: app, command: sh -c 'prepare && load; echo done', x-dsenv: {job: true}}\n",
    );
    let applied = lab.expect(0, &["apply", "-y", "--timeout", "60s"]);
    assert!(applied.stdout.contains("web") && applied.stdout.contains("running"), "{applied:?}");
    assert!(lab.expect(0, &["plan"]).stdout.contains("No changes"));
    assert!(lab.expect(0, &["logs", "steps"]).stdout.contains("done"));
}

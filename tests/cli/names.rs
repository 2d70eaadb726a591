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

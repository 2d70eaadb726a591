//! What the engine's host does not have, and what others hold, in words that say where and whose.

use super::lab::{Lab, docker, sleeper};

#[test]
fn what_the_host_lacks_is_told_before_anything_is_done() {
    let lab = Lab::new("host");
    for (key, told) in [
        ("runtime: nope", "the engine has no runtime `nope`"),
        ("logging: {driver: nope}", "the engine has no log driver `nope`"),
        ("cpus: 4096", "4096 processors"),
        ("sysctls: {vm.swappiness: '1'}", "`sysctls.vm.swappiness` is not a container's own"),
    ] {
        let refused = lab.apply(&format!("services:\n  web:\n    image: busybox\n    {key}\n"), 4);
        assert!(refused.contains(told) && refused.contains("env.yaml:4:"), "{refused}");
        assert!(lab.list(&["network", "ls", "--format", "{{.Name}}"]).is_empty(), "{key}: something was made");
    }
    lab.apply(&format!("services:\n{}", sleeper("web", ", runtime: runc, cpus: 0.5, logging: {driver: json-file}")), 0);
}

#[test]
fn a_mount_and_a_user_that_the_runtime_refuses_are_told_with_place_and_remedy() {
    let lab = Lab::new("mount");
    std::fs::create_dir(lab.path("folder")).unwrap();
    let mount = "services:\n  web:\n    image: busybox\n    command: [sleep, '1000']\n    volumes:\n      - ./folder:/etc/passwd\n";
    lab.write(mount);
    let refused = lab.run(&["apply", "--yes"]).text;
    assert!(refused.contains("the mount of /etc/passwd is asked for at env.yaml:6:9: a file is mounted"), "{refused}");
    lab.write("services:\n  web: {image: busybox, command: [sleep, '1000'], user: nobodyhere}\n");
    let refused = lab.run(&["apply", "--yes"]).text;
    assert!(refused.contains("hint: the image has no such user"), "{refused}");
}

#[test]
fn who_still_holds_a_network_or_a_volume_is_named() {
    let spec = format!("services:\n{}volumes: {{data: {{}}}}\n", sleeper("web", ", volumes: ['data:/data']"));
    let lab = Lab::applied("held", &spec);
    let (foreign, network) = (format!("{}-foreign", lab.project), format!("{}_default", lab.project));
    let volume = format!("{}_data:/data", lab.project);
    docker(&["run", "-d", "--name", &foreign, "--network", &network, "-v", &volume, "busybox", "sleep", "1000"]);
    let told = lab.run(&["destroy", "--yes", "--destroy-data", "data"]).text;
    assert!(told.contains(&foreign), "{told}");
    assert!(!told.contains("has active endpoints") && !told.contains("volume is in use - ["), "{told}");
}

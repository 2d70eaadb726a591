//! The spec is saved while it is watched.

use crate::lab::{Lab, docker, sleeper, until};

fn running(lab: &Lab, service: &str) -> String {
    docker(&["ps", "-q", "--filter", &format!("name=^/{}$", lab.container(service))])
}

#[test]
fn what_stops_nothing_is_done_at_once_and_the_rest_waits() {
    let web = sleeper("web", "    network_mode: none\n");
    let mut lab = Lab::new(&web);
    lab.watch(&[]);
    let id = running(&lab, "web");
    lab.spec(&format!("{web}{}", sleeper("db", "    network_mode: none\n")));
    assert!(until(|| !running(&lab, "db").is_empty()), "{:?}", lab.told());
    assert_eq!(running(&lab, "web"), id);
    lab.spec(&format!("{web}    environment: {{A: '1'}}\n{}", sleeper("db", "    network_mode: none\n")));
    lab.hear("waits for a word, since it stops web");
    assert_eq!(running(&lab, "web"), id);
}

#[test]
fn a_broken_save_shows_where_and_changes_nothing() {
    let web = sleeper("web", "    network_mode: none\n");
    let mut lab = Lab::new(&web);
    lab.watch(&["--auto", "all"]);
    let id = running(&lab, "web");
    lab.spec(&format!("{web}    imagee: x\n"));
    lab.hear("saved with mistakes; nothing is changed");
    lab.hear("env.yaml:");
    assert_eq!(running(&lab, "web"), id);
    lab.spec(&format!("{web}    environment: {{A: '1'}}\n"));
    assert!(until(|| !["", id.as_str()].contains(&running(&lab, "web").as_str())), "{:?}", lab.told());
}

#[test]
fn files_of_variables_configs_and_includes_belong_to_the_spec() {
    let mut lab = Lab::new(&sleeper("web", "    network_mode: none\n    env_file: web.env\n    configs: [app]\n"));
    let spec = std::fs::read_to_string(lab.path("env.yaml")).unwrap();
    std::fs::write(lab.path("env.yaml"), format!("include: [more.yaml]\n{spec}configs: {{app: {{file: app.conf}}}}\n"))
        .unwrap();
    lab.write("web.env", "A=1\n");
    lab.write("app.conf", "blue");
    lab.write("more.yaml", &format!("services:\n{}", sleeper("db", "    network_mode: none\n")));
    lab.watch(&["--auto", "none"]);
    for (file, text) in [("web.env", "A=2\n"), ("app.conf", "red"), ("more.yaml", "services: {}\n")] {
        lab.forget();
        lab.write(file, text);
        lab.hear(&format!("{file} saved"));
        lab.hear("waits for a word");
    }
    let label = format!("label=com.docker.compose.project={}", lab.name("").trim_end_matches('_'));
    assert_eq!(docker(&["ps", "-q", "--filter", &label]).lines().count(), 2);
}

#[test]
fn a_dockerfile_and_its_ignore_rules_belong_to_the_spec() {
    let web = sleeper("web", "    network_mode: none\n").replace("image: busybox:latest", "build: ./src");
    let mut lab = Lab::new(&web);
    lab.write("src/Dockerfile", "FROM busybox:latest\nCOPY . /app\n");
    lab.watch(&["--auto", "none"]);
    let id = running(&lab, "web");
    for (file, text) in
        [("src/Dockerfile", "FROM busybox:latest\nCOPY . /other\n"), ("src/.dockerignore", "Dockerfile\n")]
    {
        lab.forget();
        lab.write(file, text);
        lab.hear(&format!("{file} saved"));
        lab.hear("waits for a word");
    }
    assert_eq!(running(&lab, "web"), id);
}

#[test]
fn a_mistake_in_a_new_include_is_mended_there() {
    let web = sleeper("web", "    network_mode: none\n");
    let mut lab = Lab::new(&web);
    lab.watch(&[]);
    lab.write("more.yaml", &format!("services:\n{}", sleeper("db", "    network_mode: non: e\n")));
    let spec = std::fs::read_to_string(lab.path("env.yaml")).unwrap();
    std::fs::write(lab.path("env.yaml"), format!("include: [more.yaml]\n{spec}")).unwrap();
    lab.hear("saved with mistakes; nothing is changed");
    lab.hear("more.yaml:");
    lab.write("more.yaml", &format!("services:\n{}", sleeper("db", "    network_mode: none\n")));
    assert!(until(|| !running(&lab, "db").is_empty()), "{:?}", lab.told());
}

#[test]
fn the_end_of_a_watch_leaves_the_lab() {
    let mut lab = Lab::new(&sleeper("web", "    network_mode: none\n"));
    lab.watch(&[]);
    lab.end();
    lab.hear("the lab goes on running");
    assert_ne!(running(&lab, "web"), "");
}

#[test]
fn a_spec_without_services_deletes_nothing_by_itself() {
    let mut lab = Lab::new(&sleeper("web", "    network_mode: none\n"));
    lab.watch(&["--auto", "all", "--prune", "--heal"]);
    let id = running(&lab, "web");
    lab.spec("  {}\n");
    lab.hear("waits for a word, since it removes");
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert_eq!(running(&lab, "web"), id);
}

#[test]
fn an_engine_that_hangs_does_not_keep_the_watch_from_ending() {
    let mut lab = Lab::new(&sleeper("web", "    network_mode: none\n"));
    let engine = lab.behind_a_proxy();
    lab.watch(&["--heal"]);
    engine.freeze();
    docker(&["kill", &lab.container("web")]);
    // The next look is under way by then.
    std::thread::sleep(std::time::Duration::from_secs(1));
    let begun = std::time::Instant::now();
    lab.end();
    assert!(begun.elapsed() < std::time::Duration::from_secs(8), "{:?}", begun.elapsed());
}

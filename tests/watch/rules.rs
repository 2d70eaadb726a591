//! The actions of `develop.watch`.

use crate::lab::{Lab, docker, sleeper};

fn started(lab: &Lab) -> String {
    docker(&["inspect", "--format", "{{.Id}} {{.State.StartedAt}}", &lab.container("web")])
}

fn rules(text: &str) -> String {
    sleeper("web", &format!("    network_mode: none\n    develop: {{watch: [{text}]}}\n"))
}

#[test]
fn a_copy_can_be_followed_by_a_command_and_a_restart_each_once() {
    let mut lab = Lab::new(&rules(
        "{path: ./src/run, action: sync+exec, target: /run/x, exec: {command: [sh, -c, 'echo $$WHY >> /log'], environment: {WHY: saved}}}, \
         {path: ./src/conf, action: sync+restart, target: /conf}, {path: ./src/kick, action: restart}",
    ));
    lab.shell("mkdir run conf kick");
    lab.watch(&[]);
    let before = started(&lab);
    lab.shell("for n in 1 2 3 4 5; do echo $n > run/$n; done");
    lab.hear("ran `sh -c");
    assert_eq!(lab.exec("web", "cat /log"), "saved", "{:?}", lab.told());
    assert_eq!(started(&lab), before);
    lab.assert_same("web", "/run/x", "src/run");
    lab.shell("echo 1 > conf/a; echo 2 > conf/b");
    lab.hear("restarted");
    lab.assert_same("web", "/conf", "src/conf");
    assert_ne!(started(&lab), before);
    assert!(
        lab.told().iter().any(|line| line.contains("src/conf/a") && line.contains("services.web.develop.watch[1]"))
    );
    lab.forget();
    let before = started(&lab);
    lab.shell("echo 1 > kick/a; sleep 0.2; echo 2 > kick/b");
    lab.hear("restarted");
    assert_eq!(lab.count("restarted"), 1, "{:?}", lab.told());
    assert_ne!(started(&lab), before);
}

#[test]
fn a_rebuild_replaces_the_container_and_comes_before_a_copy() {
    let spec = rules("{path: ./src, action: sync, target: /app, ignore: [deps]}, {path: ./src/deps, action: rebuild}");
    let mut lab = Lab::new(&spec.replace("image: busybox:latest", "build: ./src"));
    lab.write("src/Dockerfile", "FROM busybox:latest\nCOPY . /app\n");
    lab.write("src/deps", "one");
    lab.write("src/a.py", "one");
    lab.watch(&[]);
    let before = started(&lab);
    lab.write("src/a.py", "two");
    lab.hear("copied 1 file");
    assert_eq!(lab.exec("web", "cat /app/a.py"), "two");
    lab.write("src/deps", "two");
    lab.hear("rebuilt");
    assert_ne!(started(&lab), before);
    assert_eq!(lab.exec("web", "cat /app/deps /app/a.py"), "twotwo");
}

#[test]
fn patterns_include_and_leave_out() {
    let mut lab = Lab::new(&rules(
        "{path: ./src, action: sync, target: /app, include: ['**/*.py'], ignore: [test, '!test/keep.py']}",
    ));
    lab.watch(&[]);
    lab.shell(
        "mkdir -p d/node_modules test; echo 1 > a.py; echo 1 > a.txt; echo 1 > d/b.py; echo 1 > d/node_modules/c.py",
    );
    lab.shell("echo 1 > test/x.py; echo 1 > test/keep.py; echo 1 > last.py");
    crate::lab::until(|| {
        !docker(&["exec", &lab.container("web"), "sh", "-c", "ls /app/last.py 2>/dev/null || :"]).is_empty()
    });
    assert_eq!(lab.exec("web", "cd /app; find . -type f | sort | xargs"), "./a.py ./d/b.py ./last.py ./test/keep.py");
}

#[test]
fn a_rule_that_sets_itself_off_rests() {
    let mut lab = Lab::new(&rules(
        "{path: ./src, action: sync+exec, target: /app, exec: {command: [sh, -c, 'echo again >> /back/stamp']}}",
    ));
    let back = format!("{}    volumes: ['./src:/back']\n", std::fs::read_to_string(lab.path("env.yaml")).unwrap());
    std::fs::write(lab.path("env.yaml"), back).unwrap();
    lab.watch(&[]);
    lab.write("src/a", "first");
    lab.hear("sets itself off again and again");
    assert!(lab.count("ran `sh") <= 6, "{:?}", lab.told());
}

#[test]
fn a_rebuild_leaves_what_the_service_needs_alone() {
    let web = rules("{path: ./src, action: rebuild}").replace("image: busybox:latest", "build: ./src");
    let api = sleeper("api", "    network_mode: none\n").replace("image: busybox:latest", "build: ./api");
    let mut lab = Lab::new(&format!("{web}    depends_on: [api]\n{api}"));
    lab.write("src/Dockerfile", "FROM busybox:latest\nCOPY . /app\n");
    lab.write("api/Dockerfile", "FROM busybox:latest\nCOPY . /app\n");
    lab.watch(&[]);
    let id = |service: &str| docker(&["inspect", "--format", "{{.Id}}", &lab.container(service)]);
    let (before, api) = (id("web"), id("api"));
    lab.write("api/a.py", "no rule sees it");
    lab.write("src/a.py", "two");
    lab.hear("rebuilt");
    assert_ne!(id("web"), before);
    assert_eq!(id("api"), api);
    assert_eq!(lab.exec("web", "cat /app/a.py"), "two");
}

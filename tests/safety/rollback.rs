//! The way back on the real engine: variables, contents and images of then.

use super::lab::{Lab, docker, try_docker};

fn spec(edition: u8) -> String {
    format!(
        "services:\n  web:\n    build: ./app\n    command: [sleep, '1000']\n    init: true\n    environment: {{EDITION: '{edition}', DB_PASSWORD: word}}\n    \
         configs: [{{source: page, target: /etc/page}}]\n    volumes: ['data:/data']\n    x-dsenv: {{settle: 0s}}\nconfigs:\n  page: {{content: 'page {edition}'}}\nvolumes:\n  data:\n"
    )
}

#[test]
fn variables_contents_and_images_are_those_of_then() {
    let lab = Lab::new("rollback");
    std::fs::create_dir(lab.path("app")).unwrap();
    let build = |edition: u8| {
        std::fs::write(lab.path("app/Dockerfile"), "FROM busybox\nCOPY edition /edition\n").unwrap();
        std::fs::write(lab.path("app/edition"), format!("{} {edition}\n", lab.project)).unwrap();
        lab.apply(&spec(edition), 0);
        lab.inspect("web", "{{.Image}}")
    };
    let one = build(1);
    docker(&["exec", &lab.name("web"), "sh", "-c", "echo kept > /data/own"]);
    let two = build(2);
    assert_ne!(one, two);
    let shown = lab.expect(7, &["rollback"]);
    assert!(shown.contains("EDITION") && shown.contains("--yes"), "{shown}");

    let inside = |path: &str| docker(&["exec", &lab.name("web"), "cat", path]);
    lab.expect(0, &["rollback", "--yes"]);
    assert_eq!(lab.inspect("web", "{{.Image}}"), one);
    assert!(lab.inspect("web", "{{.Config.Env}}").contains("EDITION=1"));
    assert_eq!((inside("/etc/page"), inside("/data/own")), ("page 1".to_owned(), "kept".to_owned()));
    assert_eq!(inside("/edition"), format!("{} 1", lab.project));
    assert_eq!(lab.containers().len(), 1, "{:?}", lab.containers());

    lab.expect(0, &["rollback", "--yes"]);
    assert_eq!(lab.inspect("web", "{{.Image}}"), two);
    assert_eq!(inside("/etc/page"), "page 2");
    lab.is_settled();

    // Without its image the state of then cannot be had again, and nothing is done.
    docker(&["image", "rm", &one]);
    let before = lab.id("web");
    let refused = lab.expect(7, &["rollback", "--yes"]);
    assert!(refused.contains("as it was built then"), "{refused}");
    assert_eq!(lab.id("web"), before);
    docker(&["rm", "-f", &lab.name("web")]);
    let _ = try_docker(&["image", "rm", "-f", &two]);
}

/// The third container that starts in this edition ends with 5.
fn counted(edition: u8) -> String {
    let script = format!(
        "echo >> /data/{edition}; [ $(wc -l < /data/{edition}) -lt 3 ] || [ {edition} = 1 ] || exit 5; exec sleep 1000"
    );
    format!(
        "services:\n  web:\n    image: busybox\n    command: [sh, -c, '{}']\n    init: true\n    volumes: ['data:/data']\n    environment: {{EDITION: '{edition}'}}\n    \
         deploy: {{replicas: 3, rollback_config: {{parallelism: 0}}}}\n    x-dsenv: {{settle: 500ms}}\nvolumes:\n  data:\n",
        script.replace('$', "$$")
    )
}

#[test]
fn when_one_replica_fails_those_that_were_replaced_go_back_too() {
    let lab = Lab::applied("replicas", &counted(1));
    let ids = || {
        (1..=3)
            .map(|number| {
                docker(&["inspect", "--format", "{{.Id}} {{.State.Running}}", &format!("{}-web-{number}", lab.project)])
            })
            .collect::<Vec<_>>()
    };
    let before = ids();
    let told = lab.apply(&counted(2), 9);
    assert!(told.contains("exited with 5"), "{told}");
    assert_eq!(ids(), before, "{told}");
    assert_eq!(lab.containers().len(), 3, "{:?}", lab.containers());
    lab.write(&counted(1));
    lab.is_settled();
}

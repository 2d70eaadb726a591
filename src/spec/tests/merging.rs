//! Several files, `!reset` and `!override`, `extends`.

use super::{one, project};

fn two(below: &str, above: &str, pointer: &str) -> String {
    project(&[("a.yaml", below), ("b.yaml", above)]).specs(&["a.yaml", "b.yaml"]).print(pointer)
}

#[test]
fn maps_merge_deep_whichever_form_they_are_written_in() {
    let printed = two(
        "services: {web: {image: a, environment: [A=1, B=2]}}",
        "services: {web: {environment: {B: 3, C: }}}",
        "/services/web/environment",
    );
    insta::assert_snapshot!(printed, @r#"
    A: "1"
    B: "3"
    C: null
    "#);
}

#[test]
fn lists_with_a_key_replace_in_place_and_others_append() {
    let printed = two(
        "services: {web: {image: a, volumes: ['./a:/x', './b:/y'], ports: ['80:80'], cap_add: [A]}}",
        "services: {web: {volumes: ['./c:/x'], ports: ['80:80', '81:80'], cap_add: [A, B]}}",
        "/services/web",
    );
    insta::assert_snapshot!(printed, @r#"
    cap_add:
      - A
      - B
    image: a
    networks:
      default: null
    ports:
      - mode: ingress
        target: 80
        published: "80"
        protocol: tcp
      - mode: ingress
        target: 80
        published: "81"
        protocol: tcp
    volumes:
      - type: bind
        source: /lab/c
        target: /x
        bind:
          create_host_path: true
      - type: bind
        source: /lab/b
        target: /y
        bind:
          create_host_path: true
    "#);
}

#[test]
fn reset_takes_away_and_override_replaces() {
    let printed = two(
        "services: {web: {image: a, command: x, ports: ['80:80'], environment: {A: 1, B: 2}}, db: {image: d}}",
        "services: {web: {command: !reset null, ports: !override ['81:81'], environment: {A: !reset null}}, db: !reset null}",
        "/services",
    );
    insta::assert_snapshot!(printed, @r#"
    web:
      environment:
        B: "2"
      image: a
      networks:
        default: null
      ports:
        - mode: ingress
          target: 81
          published: "81"
          protocol: tcp
    "#);
}

#[test]
fn extends_builds_on_a_service_of_another_file_with_paths_from_there() {
    let spec = "services: {web: {extends: {file: base/b.yaml, service: b}, environment: {B: 2}}}";
    let base = "services: {b: {extends: r, build: ./ctx, environment: {A: 1, B: 1}}, r: {cap_add: [X]}}";
    insta::assert_snapshot!(project(&[("env.yaml", spec), ("base/b.yaml", base)]).print("/services/web"), @r#"
    build:
      context: /lab/base/ctx
      dockerfile: Dockerfile
    cap_add:
      - X
    environment:
      A: "1"
      B: "2"
    networks:
      default: null
    "#);
}

#[test]
fn the_place_of_a_value_is_known_and_what_it_replaced() {
    let files = [
        ("a.yaml", "services:\n  web: {image: a, environment: [A=1]}"),
        ("b.yaml", "services:\n  web:\n    environment:\n      A: 2"),
    ];
    let loaded = project(&files).specs(&["a.yaml", "b.yaml"]).loaded();
    let place = loaded.place(&["services", "web", "environment", "A"]).expect("it was written");
    assert_eq!(place.to_string(), "b.yaml:4:10");
    let node = loaded.find(&crate::yaml::Path::parse("services.web.environment.A")).expect("it is there");
    assert_eq!(node.replaced.as_ref().map(|old| old.place.to_string()).as_deref(), Some("a.yaml:2:33"));
}

#[test]
fn anchors_and_merge_keys_build_on_each_other() {
    let text = "x-e: &e {A: 1, B: 2}\nservices: {web: {image: a, environment: {<<: *e, B: 3}}}";
    insta::assert_snapshot!(one(text).print("/services/web/environment"), @r#"
    A: "1"
    B: "3"
    "#);
}

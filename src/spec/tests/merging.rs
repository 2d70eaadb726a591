//! Several files, `!reset` and `!override`, `extends`.

use super::{Audience, emit, one, project};

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
fn an_item_of_a_list_that_is_reset_says_nothing_as_in_compose() {
    let printed = two(
        "services: {web: {image: a, environment: [ZONE=x], labels: [l=1], volumes: ['/b:/b'], ports: ['80:80'], cap_add: [A], sysctls: {x.y: 1}}}",
        "services: {web: {environment: [!reset ZONE, B=2], labels: [!reset l], volumes: [!reset {type: volume, target: /b}], ports: [!reset '80:80', !reset 81], cap_add: [!reset A], sysctls: [!reset x.y], x-own: [!reset a, b]}}",
        "/services/web",
    );
    insta::assert_snapshot!(printed, @r#"
    cap_add:
      - A
    environment:
      B: "2"
      ZONE: x
    image: a
    labels:
      l: "1"
    networks:
      default: null
    ports:
      - mode: ingress
        target: 80
        published: "80"
        protocol: tcp
    sysctls:
      x.y: "1"
    volumes:
      - type: bind
        source: /b
        target: /b
        bind:
          create_host_path: true
    x-own:
      - b
    "#);
}

#[test]
fn a_later_file_resets_and_overrides_what_an_earlier_one_included() {
    let files = [
        ("env.yaml", "include: [sub.yaml]\nservices: {web: {image: a}}"),
        (
            "late.yaml",
            "services: {pooler: {ports: !reset null, labels: !override {c: d}}, gone: !reset null, whole: !override {image: b}}\nvolumes: {v: !reset null, w: {driver: !reset null}}",
        ),
        ("later.yaml", "services: {pooler: {ports: ['82:82']}}"),
        (
            "sub.yaml",
            "services: {pooler: {image: p, ports: ['80:80'], labels: {a: b}}, gone: {image: g}, whole: {image: a, tty: true}}\nvolumes: {v: {}, w: {driver: x, name: y}}",
        ),
    ];
    let loaded = project(&files).specs(&["env.yaml", "late.yaml", "later.yaml"]).loaded();
    insta::assert_snapshot!(crate::yaml::print(&emit::spec(&loaded.spec, Audience::Yaml)), @r#"
    name: lab
    services:
      pooler:
        image: p
        labels:
          c: d
        networks:
          default: null
        ports:
          - mode: ingress
            target: 82
            published: "82"
            protocol: tcp
      web:
        image: a
        networks:
          default: null
      whole:
        image: b
        networks:
          default: null
    networks:
      default:
        name: lab_default
    volumes:
      w:
        name: "y"
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

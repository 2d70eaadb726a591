//! What is said of mistakes: place, cause and remedy on one line each.

use super::{one, project};
use crate::current::is_current;

/// Each mistake by its name.
const MISTAKES: &[(&str, &str)] = &[
    ("a key twice", "services:\n  a: {image: x}\n  a: {image: y}"),
    ("a key that is a number", "services: {a: {image: x, labels: {1: x}}}"),
    ("broken yaml", "services: {a: {image: x}"),
    ("a near miss", "services: {a: {imagee: x, build: .}}"),
    ("a stranger", "services: {a: {image: x, frobnicate: 1}}"),
    ("a near miss at the top", "service: {}\nservices: {a: {image: x}}"),
    ("a number for a text", "services: {a: {image: 12}}"),
    ("a text for a map", "services: {a: nginx}"),
    ("a text for a list", "services: {a: {image: x, ports: '80'}}"),
    ("nothing for a list", "services: {a: {image: x, ports: }}"),
    ("a word for a truth value", "services: {a: {image: x, privileged: maybe}}"),
    ("an unknown condition", "services: {a: {image: x, depends_on: {b: {condition: service_helthy}}}, b: {image: x}}"),
    ("a missing condition", "services: {a: {image: x, depends_on: {b: {restart: true}}}, b: {image: x}}"),
    ("a duration without unit", "services: {a: {image: x, stop_grace_period: 10}}"),
    ("an odd amount of memory", "services: {a: {image: x, mem_limit: lots}}"),
    ("an odd restart", "services: {a: {image: x, restart: sometimes}}"),
    ("a port that is none", "services: {a: {image: x, ports: ['abc:80']}}"),
    ("ranges of different length", "services: {a: {image: x, ports: ['1-2:3-5']}}"),
    ("a mount with too many colons", "services: {a: {image: x, volumes: ['./a:/b:ro:x']}}"),
    ("a bind without source", "services: {a: {image: x, volumes: [{type: bind, target: /x}]}}"),
    ("an open quote in a command", "services: {a: {image: x, command: \"a 'b\"}}"),
    ("neither image nor build", "services: {a: {restart: always}}"),
    ("an undefined network", "services: {a: {image: x, networks: [fron]}}\nnetworks: {front: {}}"),
    ("an undefined volume", "services: {a: {image: x, volumes: ['dat:/x']}}\nvolumes: {data: {}}"),
    ("an undefined secret", "services: {a: {image: x, secrets: [s]}}"),
    ("an undefined service", "services: {web: {image: x, depends_on: [bd]}, db: {image: x}}"),
    ("a ring", "services: {a: {image: x, depends_on: [b]}, b: {image: x, links: [a]}}"),
    ("a name for two", "services: {a: {image: x, container_name: c, scale: 2}}"),
    ("scale and replicas", "services: {a: {image: x, scale: 2, deploy: {replicas: 3}}}"),
    ("networks and mode", "services: {a: {image: x, network_mode: host, networks: [n]}}\nnetworks: {n: {}}"),
    ("a secret in the spec", "services: {a: {image: x, secrets: [s]}}\nsecrets: {s: {content: hi}}"),
    ("a config without source", "services: {a: {image: x, configs: [s]}}\nconfigs: {s: {}}"),
    ("no valid variable", "services: {a: {image: 'x:${A.B}'}}"),
    ("a required variable", "services: {a: {image: 'x:${TAG:?which one}'}}"),
    ("extends a stranger", "services: {web: {extends: bse}, base: {image: x}}"),
    ("extends itself", "services: {a: {extends: b}, b: {extends: a}}"),
    ("a missing file of variables", "services: {a: {image: x, env_file: a.env}}"),
    ("a misspelt key of our own", "services: {a: {image: x, x-dsenv: {jobb: true, drain: 5}}}"),
    ("a merge of no map", "x-s: &s text\nservices: {a: {<<: *s}}"),
    (
        "several at once",
        "services: {a: {imagee: x, ports: [q], restart: sometimes, networks: [n]}, b: {image: 1, depends_on: [c]}}",
    ),
];

#[test]
fn each_mistake_is_told_with_place_cause_and_remedy() {
    let told: String =
        MISTAKES.iter().map(|(name, text)| format!("# {name}\n{text}\n{}\n", one(text).mistakes())).collect();
    is_current("src/spec/tests/mistakes.txt", &told);
}

#[test]
fn a_line_of_a_file_of_variables_is_pointed_at() {
    let files = [("env.yaml", "services: {a: {image: x, env_file: a.env}}"), ("a.env", "A=1\nB C=2\n")];
    insta::assert_snapshot!(project(&files).mistakes(), @"a.env:2:1 there is a space in the name `B C` [DS0404] | a line is `NAME=VALUE`, or begins with `#`");
}

#[test]
fn what_is_surely_not_meant_is_warned_of() {
    let text = "version: '3'\nservices:\n  a: {image: 'x:${TAG}', depends_on: {b: {condition: service_healthy}}, ports: ['80:80']}\n  b: {image: x, ports: ['80:81'], command: a && b}\nvolumes: {v: {}}";
    is_current("src/spec/tests/warnings.txt", &one(text).warnings());
}

#[test]
fn however_much_is_warned_of_nothing_is_left_out_of_the_spec() {
    let services: String = (0..400).map(|i| format!("  s{i}: {{image: x, hostname: $U{i}}}\n")).collect();
    let loaded = one(&format!("services:\n{services}")).loaded();
    assert_eq!(loaded.spec.services.len(), 400);
    assert_eq!(loaded.warnings.len(), 101);
    // What is wrong is told beside the warnings.
    let wrong = one(&format!("services:\n{services}  z: {{image: x, ports: [q]}}\n")).mistakes();
    assert!(wrong.contains("`q` is no port"), "{wrong}");
}

//! Random inputs: texts of the signs that matter, and specs that are nearly right.

use proptest::prelude::*;
use proptest::sample::select;

/// Pieces of YAML, the nasty ones above all.
pub fn yaml() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "a",
        "b: ",
        "- ",
        ": ",
        "\n",
        "\n  ",
        "\n    ",
        "  ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "? ",
        "| ",
        "|\n  x\n",
        ">-\n y\n",
        "&a ",
        "*a",
        "&b ",
        "*b",
        "<<: ",
        "<<: *a",
        "!reset ",
        "!override ",
        "!!str ",
        "!!int ",
        "!<tag:yaml.org,2002:int> ",
        "'",
        "\"",
        "\\n",
        "\\x4",
        "\\u00e9",
        "#",
        " # c",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "\t",
        "\r\n",
        "\u{feff}",
        "\u{e9}",
        "\u{1f980}",
        "\u{2028}",
        "~",
        "null",
        "0x1F",
        "0o17",
        "1_0",
        "1e309",
        "-.inf",
        ".nan",
        "0755",
        "18446744073709551616",
        "yes",
        "\0",
        "@",
        "`",
        "%",
        "key: value\n",
        "services:\n  a:\n    image: x\n",
        "x-a: &a {b: c}\n",
    ]);
    prop_oneof![
        4 => prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat()),
        1 => "\\PC{0,80}",
        1 => bent(),
    ]
}

/// Texts for variables.
pub fn template() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "$",
        "${",
        "}",
        "$$",
        "A",
        "SET",
        "EMPTY",
        "UNSET",
        ":-",
        "-",
        ":?",
        "?",
        ":+",
        "+",
        ":",
        "_",
        "1",
        " ",
        "{",
        "\u{e9}",
        "${SET}",
        "${UNSET:-",
        "${EMPTY:+",
        "text",
    ]);
    prop_oneof![prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat()), "\\PC{0,60}"]
}

/// Files of variables.
pub fn dotenv() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "A", "B", "=", ": ", "\n", "\r\n", "'", "\"", "\\", "\\n", "\\0", "\\017", "\\$", "$A", "${B}", "${C:-d}",
        "${D:?e}", "$$", " ", "\t", "#", " # c", "export ", "export", "1", "[0]", ".x", "-y", "\u{e9}", "\u{feff}",
        "A=1\n", "B='x'\n", "\0",
    ]);
    prop_oneof![prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat()), "\\PC{0,80}"]
}

const KEYS: &[&str] = &[
    "annotations",
    "attach",
    "blkio_config",
    "build",
    "cap_add",
    "cgroup",
    "command",
    "configs",
    "container_name",
    "cpus",
    "depends_on",
    "deploy",
    "develop",
    "devices",
    "dns",
    "entrypoint",
    "env_file",
    "environment",
    "expose",
    "extends",
    "external_links",
    "extra_hosts",
    "gpus",
    "group_add",
    "healthcheck",
    "image",
    "init",
    "ipc",
    "label_file",
    "labels",
    "links",
    "logging",
    "mem_limit",
    "models",
    "network_mode",
    "networks",
    "pids_limit",
    "ports",
    "post_start",
    "profiles",
    "provider",
    "pull_policy",
    "restart",
    "scale",
    "secrets",
    "security_opt",
    "shm_size",
    "stop_grace_period",
    "sysctls",
    "tmpfs",
    "ulimits",
    "user",
    "volumes",
    "volumes_from",
    "x-own",
    "x-dsenv",
    "imagee",
];

const WORDS: &[&str] = &[
    "a",
    "b",
    "c",
    "x",
    "''",
    "null",
    "true",
    "false",
    "0",
    "1",
    "-1",
    "80",
    "1.5",
    "\"80:80\"",
    "\"127.0.0.1:1-3:4-6/udp\"",
    "\"[::1]:80:80\"",
    "./a:/b",
    "data:/d:ro",
    "\"v:/w\"",
    "A=1",
    "A",
    "=x",
    "a=b=c",
    "10s",
    "512m",
    "0440",
    "all",
    "none",
    "host",
    "\"service:a\"",
    "\"container:z\"",
    "\"${SET}\"",
    "\"${UNSET:-7}\"",
    "\"${\"",
    "\"$$x\"",
    "on-failure:3",
    "always",
    "every_12h",
    "\"sh -c 'a b'\"",
    "\"a | b\"",
    "\"a 'b\"",
    "/dev/a:/dev/b:rwm",
    "\"h:1.2.3.4\"",
    "service_healthy",
    "bind",
    "sync",
    "../up",
    "~/x",
    "!reset null",
    "!override [a]",
    "*anchor",
    "{file: other.yaml, service: a}",
];

const BELOW: &[&str] = &[
    "type",
    "source",
    "target",
    "read_only",
    "bind",
    "volume",
    "tmpfs",
    "size",
    "mode",
    "condition",
    "required",
    "restart",
    "test",
    "interval",
    "retries",
    "context",
    "args",
    "dockerfile",
    "limits",
    "reservations",
    "resources",
    "memory",
    "cpus",
    "replicas",
    "devices",
    "capabilities",
    "count",
    "device_ids",
    "watch",
    "path",
    "action",
    "exec",
    "driver",
    "options",
    "aliases",
    "soft",
    "hard",
    "published",
    "protocol",
    "host_ip",
    "service",
    "file",
    "name",
    "external",
    "driver_opts",
    "ipam",
    "config",
    "subnet",
    "content",
    "environment",
    "labels",
    "a",
    "b",
    "A",
    "<<",
];

/// Keys of a service with values that are right.
const SOUND: &[(&str, &str)] = &[
    ("annotations", "[a=b, \"c=$$d\"]"),
    ("attach", "false"),
    ("blkio_config", "{weight: 300, device_read_bps: [{path: /dev/sda, rate: 1mb}]}"),
    (
        "build",
        "{context: ./x, args: [A=1, B], tags: [t], labels: {l: 1}, ssh: {default: /s}, additional_contexts: {q: ../q}}",
    ),
    ("build", "."),
    ("cap_add", "[NET_ADMIN, ALL]"),
    ("command", "\"sh -c 'echo $${HOME} && x'\""),
    ("command", "[]"),
    ("configs", "[{source: c, target: /c, mode: 0440}]"),
    ("container_name", "box-1"),
    ("cpus", "0.75"),
    ("depends_on", "{b: {condition: service_healthy, required: false}}"),
    (
        "deploy",
        "{replicas: 3, labels: [x=y], resources: {limits: {memory: 1g, pids: 5}, reservations: {devices: [{capabilities: [gpu]}]}}}",
    ),
    ("develop", "{watch: [{path: ./src, action: sync+exec, target: /s, exec: {command: \"a b\"}, ignore: [n]}]}"),
    ("devices", "[\"/dev/a:/dev/b:r\", /dev/c]"),
    ("dns", "1.1.1.1"),
    ("entrypoint", "a \"b c\""),
    ("environment", "{A: 0755, B: 1e3, C: null, D: \"a$$b\", E: yes, F: '', G: \"x\\ny\"}"),
    ("environment", "[A=\u{e9}, \"B= # \", \"C\", \"D=a: b\"]"),
    ("expose", "[80, \"90-92/udp\"]"),
    ("extends", "{file: other.yaml, service: a}"),
    ("extra_hosts", "{a: [1.1.1.1, \"::1\"], b: 2.2.2.2}"),
    ("gpus", "all"),
    ("group_add", "[mail]"),
    ("healthcheck", "{test: \"curl -f $${X}\", interval: 90s, retries: 3, start_period: 500ms}"),
    ("healthcheck", "{disable: true}"),
    ("init", "true"),
    ("labels", "{a: 1, b: true, c.d: \"- x\", e: \"#\", f: \"{\", \"g h\": '*'}"),
    ("logging", "{driver: local, options: {max-size: 10m, n: 3}}"),
    ("mem_limit", "512m"),
    ("networks", "{n: {aliases: [q, r], ipv4_address: 10.0.0.2, priority: 5}, default: null}"),
    ("network_mode", "host"),
    ("oom_score_adj", "-5"),
    ("pids_limit", "100"),
    (
        "ports",
        "[80, \"81:81/udp\", \"90-92:90-92\", \"127.0.0.1::70\", {target: 5, published: \"6-8\", mode: host, name: p}]",
    ),
    ("post_start", "[{command: [a, b], user: root, environment: [A=1]}]"),
    ("profiles", "[p]"),
    ("provider", "{type: t, options: {a: 1, b: [c, d]}}"),
    ("pull_policy", "every_12h"),
    ("restart", "on-failure:3"),
    ("scale", "0"),
    ("secrets", "[s, {source: s, target: /t, uid: \"1\"}]"),
    ("shm_size", "64m"),
    ("stop_grace_period", "1m30s"),
    ("storage_opt", "{size: 1G}"),
    ("sysctls", "{net.x: 1}"),
    ("tmpfs", "[/run, \"/tmp:size=1m\"]"),
    ("tty", "true"),
    ("ulimits", "{nofile: {soft: 1, hard: 2}, core: 0}"),
    ("user", "\"1000:1000\""),
    (
        "volumes",
        "[./a:/a, data:/d:ro, /anon, {type: tmpfs, target: /x, tmpfs: {size: 1m, mode: 01777}}, {type: image, source: i, target: /i}]",
    ),
    ("x-own", "{a: [1, 2.50, \"$$\", null], b: 'no'}"),
];

const TOP: &[(&str, &str)] = &[
    ("networks", "{n: {driver: bridge, ipam: {config: [{subnet: 10.0.0.0/8}]}, labels: [a]}, e: {external: true}}"),
    ("volumes", "{data: {driver_opts: {o: bind, type: none, device: ./d}}}"),
    ("secrets", "{s: {environment: S}}"),
    ("configs", "{c: {content: \"a\\n  b: $$c\\n\"}}"),
    ("models", "{llm: {model: m, context_size: 5}}"),
    ("x-top", "{a: \"1:30\", b: [~]}"),
];

fn value() -> impl Strategy<Value = String> {
    let leaf = select(WORDS).prop_map(str::to_owned);
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::vec((select(BELOW), inner), 0..4).prop_map(|entries| {
                let mut entries = entries;
                entries.sort_by_key(|(key, _)| *key);
                entries.dedup_by_key(|(key, _)| *key);
                let entries: Vec<_> = entries.iter().map(|(key, value)| format!("{key}: {value}")).collect();
                format!("{{{}}}", entries.join(", "))
            }),
        ]
    })
}

/// A spec of a few services, its values often wrong.
pub fn spec() -> impl Strategy<Value = String> {
    let sound = select(SOUND).prop_map(|(key, value)| (key, value.to_owned()));
    let entry = prop_oneof![12 => sound, 1 => (select(KEYS), value())];
    let service = prop::collection::vec(entry, 0..8).prop_map(|entries| {
        let entries: std::collections::BTreeMap<_, _> = entries.into_iter().collect();
        let lines: Vec<_> = entries.iter().map(|(key, value)| format!("    {key}: {value}\n")).collect();
        if entries.contains_key("image") { lines.concat() } else { format!("    image: x\n{}", lines.concat()) }
    });
    let tops = ["networks", "volumes", "secrets", "configs", "models", "x-top", "name", "include", "version"];
    let wrong = prop::collection::btree_map(select(tops.to_vec()), value(), 0..2);
    let top = prop_oneof![6 => Just(std::collections::BTreeMap::new()), 1 => wrong];
    (prop::collection::vec(service, 1..4), top).prop_map(|(services, wrong)| {
        let sound = TOP.iter().filter(|(key, _)| !wrong.contains_key(key));
        let top: Vec<_> = sound.map(|(key, value)| (*key, (*value).to_owned())).chain(wrong.clone()).collect();
        let mut text = "x-anchor: &anchor {a: b}\nservices:\n".to_owned();
        for (name, service) in ["a", "b", "c"].iter().zip(services) {
            text += &format!("  {name}:\n{service}");
        }
        for (key, value) in top {
            text += &format!("{key}: {value}\n");
        }
        text
    })
}

/// A spec with some of its bytes changed, taken away or doubled.
pub fn bent() -> impl Strategy<Value = String> {
    (spec(), prop::collection::vec((any::<prop::sample::Index>(), 0_u8..4, "[\\[\\]{}:,&*!|>'\"#$\\- \n\t]"), 1..6))
        .prop_map(|(text, bends)| {
            let mut letters: Vec<char> = text.chars().collect();
            for (at, how, sign) in bends {
                let at = at.index(letters.len().max(1)).min(letters.len().saturating_sub(1));
                match (how, letters.get(at).copied()) {
                    (0, Some(_)) => drop(letters.remove(at)),
                    (1, Some(letter)) => letters.insert(at, letter),
                    (2, Some(_)) => letters[at] = sign.chars().next().unwrap_or(' '),
                    _ => letters.splice(at..at, sign.chars()).for_each(drop),
                }
            }
            letters.into_iter().collect()
        })
}

/// The files of the cases that Compose answered: what people write, and what is known to be hard.
fn corpus() -> Vec<String> {
    let cases = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/cases");
    let mut folders = vec![cases];
    let mut texts = Vec::new();
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            match path.extension().and_then(|extension| extension.to_str()) {
                _ if path.is_dir() => folders.push(path),
                Some("yaml" | "yml" | "env") => texts.extend(std::fs::read_to_string(path)),
                _ => {}
            }
        }
    }
    let own: Vec<serde_json::Value> = serde_json::from_str(include_str!("../compose/cases.json")).unwrap();
    for case in &own {
        let files = case["files"].as_object().unwrap().values();
        texts.extend(files.map(|text| text.as_str().unwrap().to_owned()));
    }
    texts
}

/// A text of the corpus with lines of another one in it, some taken away, doubled or indented anew, and a few signs bent.
pub fn crossed() -> impl Strategy<Value = String> {
    let texts = corpus();
    let index = any::<prop::sample::Index>;
    let edits = prop::collection::vec((index(), index(), 0_u8..5), 0..6);
    let bends = prop::collection::vec((index(), "[\\[\\]{}:,&*!|>'\"#$\\- \n\t0-9a-z]"), 0..3);
    (index(), index(), edits, bends).prop_map(move |(one, other, edits, bends)| {
        let mut lines: Vec<String> = one.get(&texts).lines().map(str::to_owned).collect();
        let others: Vec<&str> = other.get(&texts).lines().collect();
        for (at, from, how) in edits {
            let at = at.index(lines.len().max(1));
            let from = others.get(from.index(others.len().max(1))).copied().unwrap_or_default();
            match (how, lines.get(at).cloned()) {
                (0, Some(_)) => drop(lines.remove(at)),
                (1, Some(line)) => lines.insert(at, line),
                (2, Some(line)) => lines[at] = format!("  {line}"),
                (3, Some(line)) => {
                    lines[at] = line.split_once(':').map_or(line.clone(), |(key, _)| {
                        format!("{key}:{}", from.split_once(':').map_or(from, |(_, value)| value))
                    })
                }
                _ => lines.insert(at.min(lines.len()), from.to_owned()),
            }
        }
        let mut letters: Vec<char> = lines.join("\n").chars().collect();
        for (at, sign) in bends {
            if !letters.is_empty() {
                let at = at.index(letters.len());
                letters[at] = sign.chars().next().unwrap_or(' ');
            }
        }
        letters.into_iter().collect()
    })
}

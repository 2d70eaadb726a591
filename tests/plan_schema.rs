//! Every plan that the binary prints keeps `schemas/plan.schema.json`: on the twin, through a life of edits, hands and
//! refusals.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;

use dsenv::engine::memory::Memory;
use dsenv::model::Tunable;
use jsonschema::Validator;
use serde_json::Value;

#[path = "cli/lab.rs"]
#[expect(dead_code, reason = "the lab is shared with the tests of the command line")]
mod lab;

use lab::Lab;

const SPEC: &str = "
services:
  db:
    image: busybox
    mem_limit: 64m
    environment: {DB_PASSWORD: hunter2}
    volumes: ['data:/data', /scratch]
    networks: [back]
    healthcheck: {test: 'true', interval: 1s}
    secrets: [pw]
  web:
    image: busybox
    scale: 2
    networks: [back, front]
    depends_on: {db: {condition: service_healthy}}
  job: {image: busybox, command: 'true', x-dsenv: {job: true}}
  edge: {image: busybox, ports: ['8080:80']}
networks: {back: {}, front: {}}
volumes: {data: {}}
secrets: {pw: {environment: PW}}
";

fn validator() -> Validator {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/plan.schema.json")).unwrap();
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
}

struct Book {
    validator: Validator,
    lab: Lab,
    /// Actions and reasons that were seen.
    words: BTreeSet<String>,
}

impl Book {
    /// Prints the plan of a spec and holds it against the schema.
    #[track_caller]
    fn plan(&mut self, about: &str, spec: &str, flags: &[&str]) -> Value {
        self.lab.spec(spec);
        let ran = self.run(&[&["plan", "--format", "json"], flags].concat());
        self.check(about, &ran.stdout)
    }

    fn run(&self, arguments: &[&str]) -> lab::Ran {
        let folder = self.lab.folder.path();
        let path = format!("{}/tests/programs:{}", env!("CARGO_MANIFEST_DIR"), std::env::var("PATH").unwrap());
        let mut command = self.lab.command(arguments);
        command.env("PATH", path).env("CLOUD", folder).env("MODELS", folder).env("DOCKER_CONFIG", folder);
        lab::ran(command.env("PW", "correct horse").output().unwrap())
    }

    fn apply(&self, spec: &str) {
        self.lab.spec(spec);
        let ran = self.run(&["apply", "--yes"]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }

    #[track_caller]
    fn check(&mut self, about: &str, text: &str) -> Value {
        let plan: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{about}: {error}: {text}"));
        let wrong: Vec<_> = self.validator.iter_errors(&plan).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(wrong.is_empty(), "{about}: {wrong:#?}");
        assert!(!text.contains("hunter2") && !text.contains("correct horse"), "{about}: a secret is shown");
        for change in plan["resource_changes"].as_array().unwrap() {
            self.words.insert(change["action"].as_str().unwrap().to_owned());
            for reason in change["reason"].as_array().unwrap() {
                self.words.insert(reason["kind"].as_str().unwrap().to_owned());
            }
        }
        plan
    }
}

fn find<'v>(plan: &'v Value, address: &str) -> &'v Value {
    let mut changes = plan["resource_changes"].as_array().unwrap().iter();
    changes.find(|change| change["address"] == address).unwrap_or_else(|| panic!("no {address} in {plan:#}"))
}

#[test]
fn plans_keep_the_schema_all_their_life() {
    let mut book = Book { validator: validator(), lab: Lab::new(SPEC), words: BTreeSet::new() };
    let first = book.plan("the first", SPEC, &[]);
    assert_eq!((&first["spec_hash"], &first["observed"]), (&Value::Null, &Value::Array(vec![])));
    let db = &find(&first, "service.db[1]")["change"];
    assert_eq!(db["after"]["memory"], 64 << 20, "what is made is shown whole: {db:#}");
    assert_eq!(db["after"]["environment.DB_PASSWORD"], "(sensitive)");
    assert_eq!(db["after_sensitive"][0], "environment.DB_PASSWORD");
    assert_eq!(find(&first, "service.edge[1]")["impact"]["ports"]["opened"][0]["published"], "8080");
    assert_eq!(find(&first, "image.busybox")["impact"]["bytes_pull"], Value::Null);
    book.apply(SPEC);

    let none = book.plan("nothing to do", SPEC, &[]);
    assert!(none["spec_hash"].is_string() && none["steps"].as_array().unwrap().is_empty(), "{none:#}");
    let seen: Vec<_> = none["observed"].as_array().unwrap().iter().map(|seen| &seen["address"]).collect();
    for address in ["image.busybox", "network.back", "service.db[1]", "service.web[2]", "volume.data"] {
        assert!(seen.contains(&&Value::from(address)), "{address} is not in {seen:?}");
    }
    assert_eq!(book.plan("a comment", &format!("{SPEC}# more\n"), &[])["spec_hash"], none["spec_hash"]);

    let edits = SPEC.replace("64m", "128m").replace("hunter2", "hunter3").replace("8080", "9090");
    let edits = edits.replace("scale: 2", "scale: 1").replace("front: {}", "front: {internal: true}");
    let plan = book.plan("edits", &edits, &[]);
    assert_ne!(plan["spec_hash"], none["spec_hash"]);
    let edge = &find(&plan, "service.edge[1]")["impact"];
    assert_eq!((&edge["ports"]["closed"][0]["published"], &edge["stops"][0]), (&"8080".into(), &"edge".into()));
    assert!(edge["downtime_s"].as_f64().unwrap() > 0.5, "{edge:#}");
    assert_eq!(find(&plan, "service.web[2]")["impact"]["downtime_s"], Value::Null, "it does not come back");

    let hand = Memory::open(book.lab.path("world.json"), 20);
    let web = hand.container("lab-web-1").unwrap();
    hand.docker_update(&web, Tunable { pids_limit: Some(7), ..Tunable::default() }).unwrap();
    hand.kill(&hand.container("lab-web-2").unwrap()).unwrap();
    hand.remove(&hand.container("lab-edge-1").unwrap()).unwrap();
    hand.pause(&hand.container("lab-db-1").unwrap()).unwrap();
    let drift = book.plan("by hand", SPEC, &[]);
    assert_eq!(drift["resource_drift"].as_array().unwrap().len(), 4, "{:#}", drift["resource_drift"]);
    book.plan("asked", SPEC, &["--replace", "db", "--rerun", "job"]);
    book.plan("a part", SPEC, &["--target", "db"]);
    book.apply(SPEC);

    book.plan("strays", "services:\n  db: {image: busybox}\n", &[]);
    book.plan("strays that go", "services:\n  db: {image: busybox}\n", &["--prune"]);
    book.plan("a profile that is off", &SPEC.replace("edge: {", "edge: {profiles: [more], "), &[]);
    let volume = SPEC.replace("data: {}", "data: {driver_opts: {type: tmpfs, device: tmpfs}}");
    let lost = book.plan("a volume in danger", &volume, &["--destroy-data", "lab_data"]);
    assert!(find(&lost, "volume.data")["impact"]["data_loss"][0]["bytes"].is_u64(), "{lost:#}");
    let refused = book.plan("a volume that is protected", &volume, &[]);
    assert_eq!(refused["errored"], true);
    book.plan(
        "a policy",
        &SPEC.replace("image: busybox\n    scale", "image: busybox\n    pull_policy: always\n    scale"),
        &[],
    );

    let plugins = book.lab.path("cli-plugins");
    std::fs::create_dir_all(&plugins).unwrap();
    let plugin = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs/docker-model");
    std::os::unix::fs::symlink(plugin, plugins.join("docker-model")).unwrap();
    let programs = |size: u8| {
        format!(
            "services:\n  a: {{image: busybox, depends_on: [cloud], models: [llm]}}\n  cloud: {{provider: {{type: cloud, \
             options: {{kind: sql, size: {size}, password: hunter2}}}}}}\nmodels: {{llm: {{model: m, context_size: {size}}}}}\n"
        )
    };
    let plan = book.plan("programs", &programs(1), &[]);
    let cloud = find(&plan, "service.cloud");
    assert_eq!((&cloud["kind"], &find(&plan, "model.llm")["kind"]), (&"provider".into(), &"model".into()));
    assert_eq!(cloud["change"]["after"]["provider.options"]["kind"], "sql", "{cloud:#}");
    assert_eq!(cloud["change"]["after"]["provider.options"]["password"], "(sensitive)", "{cloud:#}");
    assert_eq!(find(&plan, "service.a[1]")["change"]["after_unknown"][0], "environment");
    book.apply(&programs(1));
    book.plan("programs, asked again", &programs(1), &[]);
    book.plan("programs, other options", &programs(2), &[]);
    book.plan("programs that are in no spec any more", SPEC, &["--destroy-data", "cloud"]);

    book.lab.spec(SPEC);
    let ran = book.run(&["plan", "-o", "lab.plan"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let saved = std::fs::read_to_string(book.lab.path("lab.plan")).unwrap();
    book.check("a saved plan", &saved);
    let ran = book.run(&["destroy", "--format", "json", "-p", "nothing"]);
    book.check("nothing to destroy", &ran.stdout);

    let words = ["create", "update", "replace", "start", "delete", "forget", "pull", "run", "keep"];
    let reasons = ["missing", "changed", "not_running", "stray", "scaled_down", "asked", "unseen"];
    for word in words.iter().chain(&reasons) {
        assert!(book.words.contains(*word), "no plan had {word}: {:?}", book.words);
    }
}

#[test]
fn the_schema_refuses_what_is_no_plan() {
    let validator = validator();
    let mut book = Book { validator: self::validator(), lab: Lab::new(SPEC), words: BTreeSet::new() };
    let plan = book.plan("the first", SPEC, &[]);
    let broken: [fn(&mut Value); 5] = [
        |plan| plan["format_version"] = "2.0".into(),
        |plan| plan["resource_changes"][0]["action"] = "explode".into(),
        |plan| plan["resource_changes"][0]["impact"]["downtime_s"] = "long".into(),
        |plan| plan["resource_changes"][0]["reason"] = serde_json::json!([{"kind": "whim"}]),
        |plan| drop(plan.as_object_mut().unwrap().remove("spec_hash")),
    ];
    for break_it in broken {
        let mut plan = plan.clone();
        break_it(&mut plan);
        assert!(!validator.is_valid(&plan), "{plan:#}");
    }
}

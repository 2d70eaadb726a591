//! Programs beside the engine: those that run services (`provider`), and the plug-in for language models (`models`).

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::lab::{Lab, Ran, ran};

const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs");

const WEB: &str = "  web: {image: busybox, depends_on: [db]}\n";

fn cloud(options: &str) -> String {
    format!("services:\n{WEB}  db: {{provider: {{type: cloud, options: {{{options}}}}}}}\n")
}

/// A lab on whose `PATH` the programs are.
struct Programs(Lab);

impl Programs {
    fn new(spec: &str) -> Self {
        Self(Lab::new(spec))
    }

    fn command(&self, arguments: &[&str], more: &[(&str, &str)]) -> Command {
        let mut command = self.0.command(arguments);
        let folder = self.0.folder.path();
        let path = format!("{PROGRAMS}:{}", std::env::var("PATH").unwrap());
        command
            .env("PATH", path)
            .env("CLOUD", folder)
            .env("MODELS", folder)
            .env("DOCKER_CONFIG", folder.join("docker"));
        command.envs(more.iter().copied());
        command
    }

    #[track_caller]
    fn with(&self, code: i32, arguments: &[&str], more: &[(&str, &str)]) -> Ran {
        let ran = ran(self.command(arguments, more).output().unwrap());
        assert_eq!(ran.code, code, "{arguments:?}: {ran:#?}");
        ran
    }

    #[track_caller]
    fn expect(&self, code: i32, arguments: &[&str]) -> Ran {
        self.with(code, arguments, &[])
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path(name)).unwrap_or_default()
    }

    /// What the program was asked to do, its metadata apart.
    fn asked(&self) -> Vec<String> {
        let asked = self.read("asked");
        let asked: Vec<_> = asked.lines().filter(|line| *line != "compose metadata").map(str::to_owned).collect();
        std::fs::write(self.0.path("asked"), "").unwrap();
        asked
    }

    /// The plug-in is found where the Docker CLI keeps its own.
    fn plugged(self) -> Self {
        let folder = self.0.path("docker/cli-plugins");
        std::fs::create_dir_all(&folder).unwrap();
        std::os::unix::fs::symlink(format!("{PROGRAMS}/docker-model"), folder.join("docker-model")).unwrap();
        self
    }

    /// A variable of a container in the twin.
    fn variable(&self, name: &str) -> Option<String> {
        let world = self.read("world.json");
        let at = world.find(&format!("\"{name}\":\""))? + name.len() + 4;
        world[at..].split('"').next().map(str::to_owned)
    }
}

#[test]
fn a_dependent_gets_what_the_program_gives_and_the_program_what_it_asks_for() {
    let lab = Programs::new(&cloud("kind: sql, size: 10"));
    let plan = lab.expect(0, &["plan"]);
    assert!(plan.stdout.contains("+ create service.db") && plan.stdout.contains("run by cloud"), "{plan:?}");
    assert!(plan.stdout.contains("what it is given by db is known when that is up"), "{plan:?}");
    assert_eq!(lab.asked(), [""; 0], "a plan calls nobody");
    let done = lab.expect(0, &["apply"]);
    assert!(!format!("{done:?}").contains("swordfish"));
    assert_eq!(lab.asked(), ["compose --project-name=lab up --kind=sql --size=10 db"]);
    assert_eq!(lab.variable("DB_URL").as_deref(), Some("sql://here/db?a=b"));
    assert_eq!(lab.variable("TOKEN").as_deref(), Some("swordfish"));
    assert!(lab.read("definition").contains(r#""options":{"kind":["sql"],"size":["10"]}"#));
}

#[test]
fn what_cannot_be_looked_at_is_asked_again_and_is_no_change() {
    let lab = Programs::new(&cloud("kind: sql"));
    lab.expect(0, &["apply"]);
    lab.asked();
    let plan = lab.expect(0, &["plan", "--detailed-exitcode"]);
    assert!(plan.stdout.contains("run service.db  cannot be looked at, so it is asked again"), "{plan:?}");
    lab.expect(0, &["apply"]);
    assert_eq!(lab.asked().len(), 1);
    assert_eq!(lab.expect(0, &["history"]).stdout.lines().count(), 1, "nothing was changed, so nothing is recorded");
}

#[test]
fn another_value_replaces_the_dependent_in_a_plan_of_its_own() {
    let lab = Programs::new(&cloud("kind: sql"));
    lab.expect(0, &["apply"]);
    let refused = lab.with(7, &["apply"], &[("CLOUD_AT", "there")]);
    assert!(refused.stdout.contains("± replace service.web[1]"), "{refused:?}");
    assert!(refused.stdout.contains("DB_URL  sql://here/db?a=b -> sql://there/db?a=b"), "{refused:?}");
    assert_eq!(lab.variable("DB_URL").as_deref(), Some("sql://here/db?a=b"), "nobody agreed to it");
    let done = lab.with(0, &["apply", "--yes"], &[("CLOUD_AT", "there")]);
    assert!(!done.stdout.contains("TOKEN"), "what is the same is no change: {done:?}");
    assert_eq!(lab.variable("DB_URL").as_deref(), Some("sql://there/db?a=b"));
}

#[test]
fn options_are_compared_with_the_last_apply_and_passwords_shown_to_nobody() {
    let lab = Programs::new(&cloud("kind: sql, password: swordfish"));
    let first = lab.expect(0, &["apply", "-v"]);
    lab.0.spec(&cloud("kind: sql, password: herring, size: 3"));
    let plan = lab.expect(0, &["plan"]);
    assert!(plan.stdout.contains("~ update service.db"), "{plan:?}");
    assert!(plan.stdout.contains("provider.options.password  (sensitive) changed"), "{plan:?}");
    assert!(plan.stdout.contains("provider.options.size      unset -> 3"), "{plan:?}");
    let json = lab.expect(0, &["plan", "--format", "json"]);
    for ran in [first, plan, json, lab.with(3, &["apply"], &[("CLOUD_DOES", "exit")])] {
        let text = format!("{ran:?}");
        assert!(!text.contains("swordfish") && !text.contains("herring"), "{text}");
    }
}

#[test]
fn a_program_that_fails_is_told_of_and_its_dependents_wait() {
    for (does, told) in [
        ("error", "no machine is free"),
        ("exit", "quota exceeded"),
        ("noise", "cloud printed something else than a message of a provider"),
        ("unknown", "cloud printed something else than a message of a provider"),
        ("nothing", "cloud gave a variable that is not NAME=VALUE"),
        ("long", "a line of its output is longer than 1048576 bytes"),
        ("asks", "cloud asks for its service again and again and does not read"),
    ] {
        let lab = Programs::new(&cloud("kind: sql"));
        let begun = Instant::now();
        let failed = lab.with(3, &["apply"], &[("CLOUD_DOES", does)]);
        assert!(begun.elapsed() < Duration::from_secs(20), "{does} is not waited for");
        let text = format!("{}{}", failed.stdout, failed.stderr);
        assert!(text.contains(told) && text.contains("service.db"), "{does}: {text}");
        assert!(!text.contains("swordfish"), "{text}");
        assert!(!lab.read("world.json").contains("lab-web-1"), "{does}: web waits for db");
        lab.expect(0, &["apply"]);
        assert!(lab.variable("DB_URL").is_some(), "{does}: the next apply mends it");
    }
}

#[test]
fn a_dependent_that_can_do_without_goes_on() {
    let spec = cloud("kind: sql").replace("[db]", "{db: {condition: service_started, required: false}}");
    let lab = Programs::new(&spec);
    lab.with(3, &["apply"], &[("CLOUD_DOES", "exit")]);
    assert!(lab.read("world.json").contains("lab-web-1"));
    assert_eq!(lab.variable("DB_URL"), None);
    lab.expect(0, &["apply", "--yes"]);
    assert!(lab.variable("DB_URL").is_some());
}

#[test]
fn what_a_program_leaves_running_is_not_waited_for() {
    let lab = Programs::new(&cloud("kind: sql"));
    let begun = Instant::now();
    lab.with(0, &["apply"], &[("CLOUD_DOES", "daemon")]);
    assert!(begun.elapsed() < Duration::from_secs(20));
    end(&lab.read("pid"));
}

#[test]
fn an_interruption_tells_the_program_to_end() {
    let lab = Programs::new(&cloud("kind: sql"));
    let mut command = lab.command(&["apply"], &[("CLOUD_DOES", "hang")]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while lab.read("pid").is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(20), "the program has begun");
        std::thread::sleep(Duration::from_millis(20));
    }
    signal(&child.id().to_string(), "INT");
    let ran = ran(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 130, "{ran:?}");
    while lives(&lab.read("pid")) {
        assert!(begun.elapsed() < Duration::from_secs(20), "the program was told to end");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_program_that_is_missing_is_an_error_at_its_line_unless_it_is_let_go() {
    let lab = Programs::new(&cloud("kind: sql"));
    for verb in ["plan", "apply"] {
        let refused = lab.with(4, &[verb], &[("PATH", "/nowhere")]);
        assert!(refused.stderr.contains("env.yaml:4:25") && refused.stderr.contains("docker-cloud"), "{refused:?}");
    }
    let path = cloud("kind: sql").replace("type: cloud", "type: ./cloud");
    assert!(Programs::new(&path).expect(4, &["plan"]).stderr.contains("is no path"));
    assert_eq!(lab.read("world.json"), "", "nothing was done");
    let gone = lab.with(0, &["apply", "--allow-lossy", "provider"], &[("PATH", "/nowhere")]);
    assert!(gone.stderr.contains("it goes on without it"), "{gone:?}");
    assert!(lab.read("world.json").contains("lab-web-1"));
    for (verb, flag) in [("validate", "--strict"), ("config", "-q")] {
        let quiet = lab.with(0, &[verb, flag], &[("PATH", "/nowhere")]);
        assert!(!quiet.stderr.contains("cloud"), "what needs no engine needs no program: {quiet:?}");
    }
}

#[test]
fn options_that_it_needs_or_does_not_know_are_told_at_their_lines() {
    let lab = Programs::new(&cloud("sise: 10"));
    let refused = lab.expect(4, &["plan"]);
    assert!(refused.stderr.contains("provider `cloud` needs the option `kind`"), "{refused:?}");
    assert!(refused.stderr.contains("has no option `sise`"), "{refused:?}");
    assert!(refused.stderr.contains("did you mean `size`?"), "{refused:?}");
    // One that tells nothing of itself takes everything.
    lab.with(0, &["apply"], &[("CLOUD_DOES", "silent")]);
    assert_eq!(lab.asked(), ["compose --project-name=lab up --sise=10 db"]);
}

#[test]
fn what_a_program_holds_is_released_by_name_only() {
    let lab = Programs::new(&cloud("kind: sql, password: swordfish"));
    lab.expect(0, &["apply"]);
    lab.asked();
    let kept = lab.expect(0, &["destroy", "--yes"]);
    assert!(kept.stdout.contains("--destroy-data db"), "{kept:?}");
    assert_eq!(lab.asked(), ["compose --project-name=lab stop db"]);
    assert!(lab.expect(0, &["destroy", "--yes"]).stdout.starts_with("  keep service.db"), "it is not forgotten");
    let plan = lab.expect(0, &["plan"]);
    assert!(!plan.stdout.contains("by hand"), "nobody but destroy has removed web: {plan:?}");
    lab.expect(0, &["apply"]);
    lab.asked();
    lab.expect(0, &["destroy", "--yes", "--destroy-data", "db"]);
    assert_eq!(lab.asked(), ["compose --project-name=lab down --kind=sql db"]);
    assert!(lab.expect(0, &["destroy", "--yes"]).stdout.starts_with("No changes"));
    assert!(!lab.read("world.json").contains("dsenv_record"), "nothing is left to know");
}

#[test]
fn a_release_that_fails_can_be_tried_again() {
    let lab = Programs::new(&cloud("kind: sql"));
    lab.expect(0, &["apply"]);
    lab.with(3, &["destroy", "--yes", "--destroy-data", "db"], &[("CLOUD_DOES", "exit")]);
    lab.asked();
    lab.expect(0, &["destroy", "--yes", "--destroy-data", "db"]);
    assert_eq!(lab.asked(), ["compose --project-name=lab down --kind=sql db"]);
}

#[test]
fn a_service_that_no_file_names_any_more_is_kept_until_it_is_named() {
    let lab = Programs::new(&cloud("kind: sql"));
    lab.expect(0, &["apply"]);
    lab.0.spec("services:\n  web: {image: busybox}\n");
    let done = lab.expect(0, &["apply", "--yes", "--prune"]);
    assert!(done.stdout.contains("DB_URL") && done.stdout.contains("unset"), "its variables go: {done:?}");
    assert!(done.stdout.contains("! leave   stray.db"), "{done:?}");
    lab.asked();
    assert!(lab.expect(0, &["plan"]).stdout.contains("--destroy-data db releases it"));
    lab.expect(0, &["apply", "--yes", "--destroy-data", "db"]);
    assert_eq!(lab.asked(), ["compose --project-name=lab down --kind=sql db"]);
    assert!(lab.expect(0, &["plan"]).stdout.starts_with("No changes"));
}

#[test]
fn what_was_applied_is_released_whatever_the_file_says_now() {
    let lab = Programs::new(&cloud("kind: sql, password: swordfish"));
    lab.expect(0, &["apply"]);
    lab.0.spec(&cloud("kind: production, password: swordfish"));
    lab.asked();
    lab.expect(0, &["destroy", "--yes", "--destroy-data", "db"]);
    assert_eq!(lab.asked(), ["compose --project-name=lab down --kind=sql db"]);
}

#[test]
fn what_was_brought_up_is_known_after_an_apply_that_failed() {
    let spec = cloud("kind: sql");
    let lab =
        Programs::new(&format!("{spec}  broken: {{image: busybox, command: sh -c 'exit 3', depends_on: [db]}}\n"));
    lab.expect(3, &["apply"]);
    lab.0.spec("services:\n  other: {image: busybox}\n");
    assert!(lab.expect(0, &["plan"]).stdout.contains("stray.db"), "it is told of");
    lab.asked();
    lab.expect(0, &["destroy", "--yes", "--destroy-data", "db"]);
    assert_eq!(lab.asked(), ["compose --project-name=lab down --kind=sql db"]);
    // Nobody agreed to the second plan, and the first one stands.
    let lab = Programs::new("services:\n  web: {image: busybox}\n");
    lab.expect(0, &["apply"]);
    lab.0.spec(&spec);
    lab.expect(7, &["apply"]);
    lab.0.spec("services:\n  web: {image: busybox}\n");
    assert!(lab.expect(0, &["plan"]).stdout.contains("stray.db"));
}

#[test]
fn what_was_not_brought_up_is_not_said_to_be_held() {
    let lab = Programs::new(&cloud("kind: sql").replace(", depends_on: [db]", ""));
    lab.expect(0, &["apply", "--target", "web"]);
    assert!(lab.expect(0, &["plan"]).stdout.contains("+ create service.db"));
    lab.expect(0, &["apply", "--exclude", "db", "--replace", "web", "--yes"]);
    assert_eq!(lab.asked(), [""; 0]);
    lab.with(0, &["apply", "--allow-lossy", "provider"], &[("PATH", "/nowhere")]);
    let gone = lab.expect(0, &["destroy", "--yes"]);
    assert!(!gone.stdout.contains("service.db"), "{gone:?}");
    assert!(!lab.read("world.json").contains("dsenv_record"));
    let excluded = Programs::new(&cloud("kind: sql"));
    excluded.expect(0, &["apply", "--exclude", "db"]);
    assert_eq!(excluded.asked(), [""; 0]);
}

#[test]
fn another_program_does_not_take_over_before_the_first_has_let_go() {
    let lab = Programs::new(&cloud("kind: sql"));
    std::os::unix::fs::symlink(format!("{PROGRAMS}/cloud"), lab.0.path("cloud2")).unwrap();
    let path = format!("{}:{PROGRAMS}:{}", lab.0.folder.path().display(), std::env::var("PATH").unwrap());
    lab.expect(0, &["apply"]);
    lab.0.spec(&cloud("kind: sql").replace("type: cloud", "type: cloud2"));
    let refused = lab.with(7, &["apply", "--yes"], &[("PATH", &path)]);
    assert!(refused.stderr.contains("cloud still holds what it ran for it"), "{refused:?}");
    lab.asked();
    lab.with(0, &["apply", "--yes", "--destroy-data", "db"], &[("PATH", &path)]);
    assert_eq!(
        lab.asked(),
        ["compose --project-name=lab down --kind=sql db", "compose --project-name=lab up --kind=sql db"]
    );
    assert!(lab.with(0, &["plan"], &[("PATH", &path)]).stdout.contains("run by cloud2"));
}

#[test]
fn a_name_that_means_a_volume_too_is_asked_for_again() {
    let lab = Programs::new(&format!(
        "{}volumes: {{db: {{}}}}\n",
        cloud("kind: sql").replace("web: {", "web: {volumes: ['db:/d'], ")
    ));
    lab.expect(0, &["apply"]);
    lab.asked();
    let refused = lab.expect(4, &["destroy", "--yes", "--destroy-data", "db"]);
    assert!(refused.stderr.contains("service.db"), "{refused:?}");
    lab.expect(0, &["destroy", "--yes", "--destroy-data", "service.db"]);
    assert_eq!(lab.asked(), ["compose --project-name=lab down --kind=sql db"]);
    assert!(lab.read("world.json").contains("lab_db"), "the volume is kept");
}

#[test]
fn programs_are_ended_after_what_needs_them() {
    let spec = "services:\n  a: {provider: {type: cloud, options: {kind: x}}}\n  b: {provider: {type: cloud, options: {kind: x}}, depends_on: [a]}\n  \
                c: {provider: {type: cloud, options: {kind: x}}, depends_on: [b]}\n";
    let lab = Programs::new(spec);
    lab.expect(0, &["apply"]);
    lab.asked();
    lab.expect(0, &["destroy", "--yes", "--destroy-data", "a", "--destroy-data", "b", "--destroy-data", "c"]);
    let last: Vec<_> = lab.asked().iter().filter_map(|line| line.rsplit(' ').next().map(str::to_owned)).collect();
    assert_eq!(last, ["c", "b", "a"]);
}

#[test]
fn a_variable_that_is_overridden_is_warned_of() {
    let lab = Programs::new(&cloud("kind: sql").replace("web: {", "web: {environment: {TOKEN: mine}, "));
    let told = lab.expect(0, &["apply"]);
    assert!(told.stderr.contains("the value of TOKEN is given to it"), "{told:?}");
    assert_eq!(lab.variable("TOKEN").as_deref(), Some("swordfish"));
    assert!(lab.expect(0, &["plan"]).stdout.contains("1 to run; 2 stay as before"));
}

#[test]
fn a_warning_of_the_plan_is_told_once_though_later_plans_have_others() {
    let web = "web: {environment: {TOKEN: mine}, build: {context: ., dockerfile_inline: FROM busybox}, ";
    let lab = Programs::new(&cloud("kind: sql").replace("web: {", web).replace("image: busybox, ", ""));
    lab.expect(0, &["apply"]);
    // A warning of every plan; the other one is there when the program has said what it gives.
    let spec = std::fs::read_to_string(lab.0.path("env.yaml")).unwrap();
    lab.0.spec(&spec.replace("name: lab\n", "").replace("context: .", "context: ./gone"));
    let told = lab.expect(0, &["apply"]).stderr;
    assert_eq!(told.matches("is taken as it is").count(), 1, "{told}");
    assert_eq!(told.matches("the value of TOKEN is given to it").count(), 1, "{told}");
}

#[test]
fn a_message_may_say_nothing() {
    Programs::new(&cloud("kind: sql")).with(0, &["apply"], &[("CLOUD_DOES", "null")]);
}

#[test]
fn keys_that_only_the_program_may_heed_are_warned_of() {
    let lab = Programs::new(&cloud("kind: sql").replace("db: {", "db: {scale: 3, "));
    assert!(lab.expect(0, &["plan"]).stderr.contains("`scale` of service `db` has no effect"));
}

#[test]
fn programs_get_the_variables_of_the_project_whatever_the_verb() {
    let lab = Programs::new(&cloud("kind: sql"));
    std::fs::write(lab.0.path(".env"), "CLOUD_AT=from-file\n").unwrap();
    lab.expect(0, &["apply"]);
    assert_eq!(lab.variable("DB_URL").as_deref(), Some("sql://from-file/db?a=b"));
}

#[test]
fn rollback_asks_with_the_options_of_then() {
    let lab = Programs::new(&cloud("kind: sql, size: 1"));
    lab.expect(0, &["apply"]);
    lab.0.spec(&cloud("kind: sql, size: 2"));
    lab.expect(0, &["apply", "--yes"]);
    lab.asked();
    lab.expect(0, &["rollback", "--yes"]);
    assert_eq!(lab.asked(), ["compose --project-name=lab up --kind=sql --size=1 db"]);
}

#[test]
fn status_and_other_verbs_know_who_runs_it() {
    let lab = Programs::new(&cloud("kind: sql"));
    lab.expect(0, &["apply"]);
    let status = lab.expect(0, &["status"]);
    assert!(status.stdout.contains("run by cloud"), "{status:?}");
    lab.asked();
    lab.expect(0, &["status"]);
    lab.expect(0, &["logs"]);
    assert_eq!(lab.read("asked"), "", "who needs no program starts none");
    assert!(lab.expect(0, &["graph", "--format", "dot"]).stdout.contains("service.db"));
    let refused = lab.expect(4, &["apply", "--replace", "db"]);
    assert!(refused.stderr.contains("`db` has no container: cloud runs it"), "{refused:?}");
    lab.asked();
    lab.expect(0, &["apply", "--target", "db"]);
    assert_eq!(lab.asked().len(), 1);
}

const MODELS: &str = "services:
  chat: {image: busybox, models: {llm: {endpoint_var: AI_URL, model_var: AI_MODEL}}}
  other: {image: busybox, models: [llm]}
models:
  llm: {model: ai/smollm2, context_size: 4096, runtime_flags: [--temp, '0.1']}
";

#[test]
fn a_model_is_pulled_and_configured_before_who_uses_it_is_made() {
    let lab = Programs::new(MODELS).plugged();
    let plan = lab.expect(0, &["plan"]);
    assert!(plan.stdout.contains("↓ pull   model.llm (ai/smollm2)"), "{plan:?}");
    assert!(plan.stdout.contains("context_size   unset -> 4096"), "{plan:?}");
    assert_eq!(lab.asked(), ["status --json"], "a plan only looks, and a runner that sleeps is let sleep");
    lab.expect(0, &["apply"]);
    let asked = lab.asked();
    let done: Vec<_> = asked.iter().filter(|line| !line.ends_with("--json") && !line.ends_with("show")).collect();
    assert_eq!(done, ["pull ai/smollm2", "configure --context-size 4096 ai/smollm2 -- --temp 0.1"]);
    for (name, value) in [
        ("AI_URL", "http://172.17.0.1:12434/v1/"),
        ("AI_MODEL", "ai/smollm2"),
        ("LLM_URL", "http://172.17.0.1:12434/v1/"),
        ("LLM_MODEL", "ai/smollm2"),
    ] {
        assert_eq!(lab.variable(name).as_deref(), Some(value), "{name}");
    }
    assert!(lab.expect(0, &["plan"]).stdout.starts_with("No changes"));
    lab.0.spec(&MODELS.replace("4096", "8192"));
    let plan = lab.expect(0, &["plan"]);
    assert!(plan.stdout.contains("~ update model.llm"), "{plan:?}");
    assert!(plan.stdout.contains("context_size  4096 -> 8192"), "{plan:?}");
    let moved = lab.with(0, &["plan"], &[("MODELS_AT", "10.0.0.1")]);
    assert!(moved.stdout.contains("± replace service.chat[1]"), "the address is part of who uses it: {moved:?}");
}

#[test]
fn a_runner_that_cannot_tell_its_settings_gets_them_at_each_apply() {
    let lab = Programs::new(MODELS).plugged();
    std::fs::write(lab.0.path("old"), "").unwrap();
    lab.expect(0, &["apply"]);
    let plan = lab.expect(0, &["plan", "--detailed-exitcode"]);
    assert!(plan.stdout.contains("run model.llm (ai/smollm2)  cannot be looked at"), "{plan:?}");
}

#[test]
fn models_without_their_plug_in_are_an_error_at_their_line_unless_they_are_let_go() {
    let lab = Programs::new(MODELS);
    let refused = lab.expect(4, &["apply"]);
    assert!(refused.stderr.contains("env.yaml:6:3") && refused.stderr.contains("docker-model"), "{refused:?}");
    lab.expect(0, &["apply", "--allow-lossy", "models"]);
    assert!(lab.read("world.json").contains("lab-chat-1"));
    assert_eq!(lab.variable("AI_URL"), None);
    let broken = Programs::new(MODELS).plugged();
    std::fs::write(broken.0.path("broken"), "").unwrap();
    let told = broken.expect(1, &["plan"]);
    assert!(told.stderr.contains("docker-model status --json"), "{told:?}");
}

fn lives(pid: &str) -> bool {
    std::path::Path::new(&format!("/proc/{}", pid.trim())).exists()
}

fn signal(pid: &str, name: &str) {
    assert!(Command::new("kill").args([&format!("-{name}"), pid.trim()]).status().unwrap().success());
}

fn end(pid: &str) {
    signal(pid, "KILL");
}

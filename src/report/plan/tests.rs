use std::sync::Arc;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::diff::FieldChange;
use crate::model::Address;
use crate::place::{Place, Source};
use crate::plan::{Action, Change, Frame, Hazard, PlacedChange, Plan, Reason};
use crate::report::{Form, Printed, Style};
use crate::state::RunState;

fn place(line: usize) -> Place {
    let source = Arc::new(Source::new("env.yaml", "\n".repeat(60)));
    Place::new(source, line - 1, line)
}

fn field(path: &str, before: Value, after: Value, line: usize) -> PlacedChange {
    let set = |value: Value| (!value.is_null()).then_some(value);
    let change = FieldChange::new(path, set(before), set(after));
    PlacedChange { change, place: (line > 0).then(|| place(line)), drift: line == 0, forces: true }
}

fn change(address: Address, name: &str, action: Action, reasons: Vec<Reason>) -> Change {
    Change { address, name: name.into(), action, reasons, hazards: vec![], notes: vec![], place: Some(place(9)) }
}

fn replica(service: &str, number: u32, action: Action, reasons: Vec<Reason>) -> Change {
    change(Address::Replica(service.into(), number), &format!("lab-{service}-{number}"), action, reasons)
}

fn render(plan: &Plan, style: &Style, verbose: bool) -> Printed {
    let sizes = [("lab_data".into(), 1_500_000)].into();
    let frame = Frame { sizes, ..Frame::bare("Docker Engine 20.10.24", jiff::Timestamp::UNIX_EPOCH) };
    super::render(plan, &frame, style, verbose)
}

pub fn plan(changes: Vec<Change>) -> Plan {
    Plan { project: "lab".into(), changes, nodes: vec![], diagnostics: vec![] }
}

fn everything() -> Plan {
    let mut web = replica(
        "web",
        1,
        Action::Replace,
        vec![Reason::Changed(vec![
            field(
                "command",
                json!(["python", "-m", "http.server", "8000"]),
                json!(["python", "-m", "http.server", "--bind", "0.0.0.0", "8000"]),
                14,
            ),
            field("environment.DEBUG", json!("1"), json!("0"), 12),
            field("environment.DB_PASSWORD", json!("alt"), json!("neu"), 13),
            field("environment.DB_URL", json!("postgres://me:alt@db/x"), json!("postgres://me:alt@pg/x"), 13),
            field("environment.MOTD", json!("Hello\nand\nwelcome\n"), json!("Hello\nor\nwelcome\n"), 15),
            field("environment.LONG", Value::Null, json!("x".repeat(300)), 16),
        ])],
    );
    web.hazards = vec![Hazard::Downtime { service: "web".into() }];
    web.notes = vec!["stop-first: publishes host port 8080".into()];
    let tuned = |number| {
        replica(
            "worker",
            number,
            Action::Update,
            vec![Reason::Changed(vec![field("memory", json!(536_870_912), json!(1_073_741_824), 0)])],
        )
    };
    plan(vec![
        change(
            Address::Image("docker.io/library/python:3.12-slim".into()),
            "docker.io/library/python:3.12-slim",
            Action::Pull,
            vec![Reason::Missing],
        ),
        change(Address::Network("default".into()), "lab_default", Action::Create, vec![Reason::Missing]),
        Change {
            hazards: vec![Hazard::DataLoss { volume: "lab_data".into() }],
            ..change(Address::Volume("data".into()), "lab_data", Action::Delete, vec![Reason::Asked])
        },
        replica("db", 1, Action::Start, vec![Reason::NotRunning(RunState::Exited { code: 137, oom: true })]),
        web,
        tuned(1),
        tuned(2),
        tuned(3),
        replica("keep", 1, Action::Keep, vec![]),
        Change {
            place: None,
            ..change(Address::Stray("lab-old-1".into()), "lab-old-1", Action::Forget, vec![Reason::Stray])
        },
    ])
}

#[test]
fn a_terminal_sees_columns_that_fit_it() {
    assert_snapshot!(render(&everything(), &Style::colourless(Form::Human), false), @"
↓ pull    image.docker.io/library/python:3.12-slim  env.yaml:9:1
+ create  network.default      env.yaml:9:1

- remove  volume.data          asked for  env.yaml:9:1
    ! the data of volume lab_data is lost for good

▸ start   service.db[1]        not running: exited (137, out of memory)
          env.yaml:9:1

± replace service.web[1]       changed  env.yaml:9:1
    command  env.yaml:14:1
        python
        -m
        http.server
      + --bind
      + 0.0.0.0
        8000
    environment.DEBUG        1 -> 0                                env.yaml:12:1
    environment.DB_PASSWORD  (sensitive) changed                   env.yaml:13:1
    environment.DB_URL  env.yaml:13:1
      - postgres://me:(sensitive)@db/x
      + postgres://me:(sensitive)@pg/x
    environment.MOTD  env.yaml:15:1
        Hello
      - and
      + or
        welcome
    environment.LONG         unset -> xxxxxxx…(300 chars)…xxxxxxx  env.yaml:16:1
    ! web is down meanwhile
    · stop-first: publishes host port 8080

~ update  service.worker[1-3]  changed by hand  env.yaml:9:1
    mem_limit  512 MiB -> 1 GiB  by hand

! leave   stray.lab-old-1      in no spec

Plan: 1 to create, 3 to update in place, 1 to replace, 1 to start, 1 to remove,
      1 to leave, 1 to pull; 1 stays as before
Down for a while: web
Data in danger: lab_data (1.5 MiB)
");
}

#[test]
fn a_narrow_terminal_loses_nothing() {
    let style = Style { width: 50, ..Style::colourless(Form::Human) };
    assert_snapshot!(render(&everything(), &style, false), @"
↓ pull    image.docker.io/library/python:3.12-slim
          env.yaml:9:1
+ create  network.default      env.yaml:9:1

- remove  volume.data          asked for
          env.yaml:9:1
    ! the data of volume lab_data is lost for good

▸ start   service.db[1]
          not running: exited (137, out of memory)
          env.yaml:9:1

± replace service.web[1]       changed
          env.yaml:9:1
    command  env.yaml:14:1
        python
        -m
        http.server
      + --bind
      + 0.0.0.0
        8000
    environment.DEBUG     1 -> 0
                          env.yaml:12:1
    envi…(23 chars)…WORD  (sensitive) changed
                          env.yaml:13:1
    environment.DB_URL  env.yaml:13:1
      - postgres://me:(sensitive)@db/x
      + postgres://me:(sensitive)@pg/x
    environment.MOTD  env.yaml:15:1
        Hello
      - and
      + or
        welcome
    environment.LONG      unset -> x…(300 chars)…x
                          env.yaml:16:1
    ! web is down meanwhile
    · stop-first: publishes host port 8080

~ update  service.worker[1-3]  changed by hand
          env.yaml:9:1
    mem_limit  512 MiB -> 1 GiB  by hand

! leave   stray.lab-old-1      in no spec

Plan: 1 to create, 3 to update in place, 1 to
      replace, 1 to start, 1 to remove, 1 to
      leave, 1 to pull; 1 stays as before
Down for a while: web
Data in danger: lab_data (1.5 MiB)
");
}

#[test]
fn scripts_see_lines_that_stand_alone() {
    assert_snapshot!(render(&everything(), &Style::colourless(Form::Plain), true), @"
pull image.docker.io/library/python:3.12-slim: missing [env.yaml:9:1]
create network.default (lab_default): missing [env.yaml:9:1]
remove volume.data (lab_data): asked for [env.yaml:9:1]
  hazard: the data of volume lab_data is lost for good
start service.db[1] (lab-db-1): not running: exited (137, out of memory) [env.yaml:9:1]
replace service.web[1] (lab-web-1): changed [env.yaml:9:1]
  command: [python, -m, http.server, 8000] -> [python, -m, http.server, --bind, 0.0.0.0, 8000] [env.yaml:14:1]
  environment.DEBUG: 1 -> 0 [env.yaml:12:1]
  environment.DB_PASSWORD: (sensitive) changed [env.yaml:13:1]
  environment.DB_URL: postgres://me:(sensitive)@db/x -> postgres://me:(sensitive)@pg/x [env.yaml:13:1]
  environment.MOTD: [env.yaml:15:1]
      Hello
    - and
    + or
      welcome
  environment.LONG: unset -> xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx [env.yaml:16:1]
  hazard: web is down meanwhile
  note: stop-first: publishes host port 8080
update in place service.worker[1] (lab-worker-1): changed by hand [env.yaml:9:1]
  mem_limit: 512 MiB -> 1 GiB (by hand)
update in place service.worker[2] (lab-worker-2): changed by hand [env.yaml:9:1]
  mem_limit: 512 MiB -> 1 GiB (by hand)
update in place service.worker[3] (lab-worker-3): changed by hand [env.yaml:9:1]
  mem_limit: 512 MiB -> 1 GiB (by hand)
keep service.keep[1] (lab-keep-1) [env.yaml:9:1]
leave stray.lab-old-1: in no spec
Plan: 1 to create, 3 to update in place, 1 to replace, 1 to start, 1 to remove, 1 to leave, 1 to pull; 1 stays as before
Down for a while: web
Data in danger: lab_data (1.5 MiB)
");
}

#[test]
fn ports_that_move_and_what_stops_for_good_are_told_at_the_end() {
    let port = |host: &str| json!([{"target": 80, "protocol": "tcp", "published": host}]);
    let moved = Reason::Changed(vec![field("ports", port("8080"), port("9090"), 5)]);
    let web = replica("web", 1, Action::Replace, vec![moved]);
    let mut old = replica("old", 1, Action::Delete, vec![Reason::ScaledDown]);
    old.hazards = vec![Hazard::Downtime { service: "old".into() }];
    let text = render(&plan(vec![old, web]), &Style::colourless(Form::Plain), false);
    assert_snapshot!(text, @"
remove service.old[1] (lab-old-1): fewer replicas are asked for [env.yaml:9:1]
  hazard: old stops for good
replace service.web[1] (lab-web-1): changed [env.yaml:9:1]
  ports: [8080:80] -> [9090:80] [env.yaml:5:1]
Plan: 1 to replace, 1 to remove
Stopped for good: old
Ports move: web 8080:80 -> 9090:80
");
}

#[test]
fn nothing_to_do_is_one_line() {
    let plan = plan(vec![replica("web", 1, Action::Keep, vec![])]);
    assert_snapshot!(render(&plan, &Style::colourless(Form::Human), false), @"No changes: 1 resource is as the spec asks");
}

#[test]
fn colour_only_repeats_what_is_said() {
    let plan = plan(vec![replica("web", 1, Action::Create, vec![Reason::Missing])]);
    let style = Style { colour: true, ..Style::colourless(Form::Human) };
    let text = render(&plan, &style, false);
    assert!(text.contains("\u{1b}["));
    assert_eq!(anstream::adapter::strip_str(&text).to_string(), *render(&plan, &Style::colourless(Form::Human), false));
}

#[test]
fn json_is_the_plan_itself() {
    let plan = everything();
    let text = render(&plan, &Style::colourless(Form::Json), false);
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["resource_changes"].as_array().unwrap().len(), plan.changes.len());
    assert!(!text.contains("neu") && !text.contains("alt"), "a secret is in {text}");
}

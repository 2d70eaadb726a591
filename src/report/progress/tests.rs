use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::{InMemoryTerm, ProgressDrawTarget};
use insta::assert_snapshot;

use super::Sink;
use super::json::Json;
use super::live::Live;
use super::plain::Plain;
use super::sink::{Out, Talk};
use crate::event::{End, Event, Failure, Progress, Verdict};
use crate::model::Address;
use crate::plan::{
    Action, Change, ContainerRef, ContainerStep, Handle, ImageStep, NetworkStep, Node, NodeId, Plan, Step, Until,
    WaitStep, When,
};
use crate::report::{Form, Style};
use crate::state::ContainerId;

fn node(id: usize, step: impl Into<Step>, part_of: &Address, after: &[usize]) -> Node {
    Node {
        id: NodeId(id),
        step: step.into(),
        after: after.iter().map(|id| NodeId(*id)).collect(),
        when: When::Done,
        optional: false,
        part_of: part_of.clone(),
    }
}

/// A network, an image, a database that is replaced, and a service that waits for it.
fn plan() -> Plan {
    let (network, image) = (Address::Network("default".into()), Address::Image("python:3".into()));
    let (db, web) = (Address::Replica("db".into(), 1), Address::Replica("web".into(), 1));
    let change = |address: &Address, name: &str, action| Change {
        address: address.clone(),
        name: name.into(),
        action,
        reasons: vec![],
        hazards: vec![],
        notes: vec![],
        place: None,
    };
    let container =
        |name: &str| ContainerRef { name: name.into(), handle: Handle::Known(ContainerId("c0ffee".into())) };
    let wait = |name: &str| WaitStep::Until {
        container: container(name),
        until: Until::Healthy,
        limit: Duration::from_secs(600),
    };
    let back = |node: Node, causes: &[usize]| {
        let causes: BTreeSet<_> = causes.iter().map(|id| NodeId(*id)).collect();
        Node { when: When::Failed(causes), ..node }
    };
    let create_network = NetworkStep::Create {
        key: "default".into(),
        name: "lab_default".into(),
        definition: Default::default(),
        labels: BTreeMap::new(),
    };
    Plan {
        project: "lab".into(),
        changes: vec![
            change(&image, "python:3", Action::Pull),
            change(&network, "lab_default", Action::Create),
            change(&db, "lab-db-1", Action::Replace),
            change(&web, "lab-web-1", Action::Create),
        ],
        nodes: vec![
            node(1, create_network, &network, &[]),
            node(2, ImageStep::Pull { image: "python:3".into(), platform: None }, &image, &[]),
            node(3, ContainerStep::Stop { container: container("lab-db-1"), grace: None }, &db, &[1, 2]),
            node(4, ContainerStep::Start { container: container("lab-db-1.next") }, &db, &[3]),
            node(5, wait("lab-db-1.next"), &db, &[4]),
            back(
                node(6, ContainerStep::CollectLogs { container: container("lab-db-1.next"), lines: 20 }, &db, &[5]),
                &[4, 5],
            ),
            back(node(7, ContainerStep::Start { container: container("lab-db-1") }, &db, &[6]), &[4, 5]),
            node(8, ContainerStep::Start { container: container("lab-web-1") }, &web, &[5]),
        ],
        diagnostics: vec![],
    }
}

fn script(sink: &mut dyn Sink, upto: usize) {
    let done = |node: usize, ms| Event::Done { node: NodeId(node), took: Duration::from_millis(ms) };
    let failure = Failure {
        message: "is unhealthy".into(),
        hints: vec!["`dsenv logs db` shows what it said".into()],
        output: Some("pg_isready: no response\n".into()),
    };
    let probe = Progress::Probe { code: 2, output: "pg_isready: no response\n".into() };
    let ended = |address: Address, end| Event::Ended { address, end };
    let (db, web) = (Address::Replica("db".into(), 1), Address::Replica("web".into(), 1));
    let events = [
        (0, Event::Started(NodeId(1))),
        (0, Event::Started(NodeId(2))),
        (120, done(1, 120)),
        (120, ended(Address::Network("default".into()), End::Done)),
        (1_000, Event::Progress(NodeId(2), Progress::Bytes { done: 12_345_678, total: 45_000_000 })),
        (3_000, done(2, 3_000)),
        (3_000, ended(Address::Image("python:3".into()), End::Done)),
        (3_000, Event::Started(NodeId(3))),
        (3_400, done(3, 400)),
        (3_400, Event::Started(NodeId(4))),
        (3_700, done(4, 300)),
        (3_700, Event::Started(NodeId(5))),
        (8_700, Event::Progress(NodeId(5), probe)),
        (15_700, Event::Failed { node: NodeId(5), took: Duration::from_secs(12), failure }),
        (15_700, Event::Blocked { node: NodeId(8), by: NodeId(5) }),
        (15_700, ended(web, End::Untouched { by: NodeId(5) })),
        (15_700, Event::Started(NodeId(6))),
        (15_710, Event::Logs(NodeId(6), vec!["FATAL: \x1b[31mlock file\x1b[0m exists".into()])),
        (15_710, done(6, 10)),
        (15_710, Event::Started(NodeId(7))),
        (15_900, done(7, 190)),
        (15_900, ended(db, End::PutBack)),
    ];
    for (at, event) in events.iter().take(upto) {
        sink.tick(Duration::from_millis(*at));
        sink.event(Duration::from_millis(*at), event);
    }
}

#[derive(Clone, Default)]
struct Page(Arc<Mutex<String>>);

impl Page {
    fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }

    fn out(&self) -> Out {
        let page = self.clone();
        Box::new(move |text| page.0.lock().unwrap().push_str(&text))
    }

    /// Each text on its own line.
    fn lines(&self) -> Out {
        let page = self.clone();
        Box::new(move |text| *page.0.lock().unwrap() += &format!("{text}\n"))
    }
}

#[test]
fn plain_lines_tell_begin_end_and_signs_of_life() {
    let page = Page::default();
    let mut sink = Plain::new(&plan(), Talk::Steps, page.lines(), page.out(), Style::colourless(Form::Plain));
    script(&mut sink, usize::MAX);
    sink.event(Duration::from_secs(16), &Event::Interrupted);
    sink.finish(Duration::from_secs(16), Verdict::RolledBack);
    assert_snapshot!(page.text(), @"
image.python:3: pulling
network.default: created (0.1 s)
image.python:3: pulled (3.0 s)
service.db[1]: stopping
service.db[1]: stopped (0.4 s)
service.db[1]: started lab-db-1.next (0.3 s)
service.db[1]: waiting until healthy
service.db[1]: still waiting until healthy, 12 s; last probe exited 2: pg_isready: no response
service.db[1]: failed: is unhealthy (waiting until healthy, 12 s)
  | pg_isready: no response
  hint: `dsenv logs db` shows what it said
service.web[1]: not made: needs service.db[1], which failed
service.db[1]: the end of its log
  | FATAL: lock file exists
service.db[1]: started (0.2 s)
service.db[1]: put back as it was
interrupted: what has begun is finished or put back; Ctrl-C again drops it
Rolled back after 16 s: 1 created, 1 pulled, 1 failed and put back, 1 not done because of that
");
}

#[test]
fn json_lines_tell_everything() {
    let page = Page::default();
    let mut sink = Json::new(&plan(), page.out());
    script(&mut sink, usize::MAX);
    sink.finish(Duration::from_secs(16), Verdict::RolledBack);
    let schema = jsonschema::validator_for(&super::schema()).unwrap();
    for line in page.text().lines() {
        schema.validate(&serde_json::from_str(line).unwrap()).unwrap();
    }
    assert_snapshot!(page.text(), @r#"
{"type":"version","format_version":"1.0","dsenv_version":"0.1.0"}
{"type":"plan","project":"lab","actions":{"create":2,"pull":1,"replace":1},"kept":0,"steps":6}
{"type":"step_start","at":0,"step":1,"address":"network.default","verb":"create_network","object":"lab_default"}
{"type":"step_start","at":0,"step":2,"address":"image.python:3","verb":"pull","object":"python:3"}
{"type":"step_done","at":120,"step":1,"address":"network.default","verb":"create_network","object":"lab_default","took":120}
{"type":"step_progress","at":1000,"step":2,"address":"image.python:3","verb":"pull","object":"python:3","bytes":{"done":12345678,"total":45000000}}
{"type":"step_done","at":3000,"step":2,"address":"image.python:3","verb":"pull","object":"python:3","took":3000}
{"type":"step_start","at":3000,"step":3,"address":"service.db[1]","verb":"stop","object":"lab-db-1"}
{"type":"step_done","at":3400,"step":3,"address":"service.db[1]","verb":"stop","object":"lab-db-1","took":400}
{"type":"step_start","at":3400,"step":4,"address":"service.db[1]","verb":"start","object":"lab-db-1.next"}
{"type":"step_done","at":3700,"step":4,"address":"service.db[1]","verb":"start","object":"lab-db-1.next","took":300}
{"type":"step_start","at":3700,"step":5,"address":"service.db[1]","verb":"wait","object":"lab-db-1.next"}
{"type":"step_progress","at":8700,"step":5,"address":"service.db[1]","verb":"wait","object":"lab-db-1.next","probe":{"code":2,"output":"pg_isready: no response\n"}}
{"type":"step_heartbeat","at":15700,"step":5,"address":"service.db[1]","verb":"wait","object":"lab-db-1.next","so_far":12000}
{"type":"step_failed","at":15700,"step":5,"address":"service.db[1]","verb":"wait","object":"lab-db-1.next","took":12000,"message":"is unhealthy","hints":["`dsenv logs db` shows what it said"],"output":"pg_isready: no response\n"}
{"type":"step_blocked","at":15700,"step":8,"address":"service.web[1]","verb":"start","object":"lab-web-1","by":5,"by_address":"service.db[1]"}
{"type":"step_start","at":15700,"step":6,"address":"service.db[1]","verb":"collect_logs","object":"lab-db-1.next"}
{"type":"logs","at":15710,"step":6,"address":"service.db[1]","verb":"collect_logs","object":"lab-db-1.next","lines":["FATAL: lock file exists"]}
{"type":"step_done","at":15710,"step":6,"address":"service.db[1]","verb":"collect_logs","object":"lab-db-1.next","took":10}
{"type":"step_start","at":15710,"step":7,"address":"service.db[1]","verb":"start","object":"lab-db-1"}
{"type":"step_done","at":15900,"step":7,"address":"service.db[1]","verb":"start","object":"lab-db-1","took":190}
{"type":"summary","at":16000,"outcome":"rolled_back","done":{"create":1,"pull":1},"failed":1,"put_back":1,"blocked":1,"resources":4}
"#);
}

fn live() -> (InMemoryTerm, Live) {
    let term = InMemoryTerm::new(24, 80);
    let target = ProgressDrawTarget::term_like_with_hz(Box::new(term.clone()), 200);
    let style = Style::colourless(Form::Human);
    let live = Live::new(&plan(), target, style, Page::default().out(), style);
    (term, live)
}

#[test]
fn a_terminal_shows_what_is_at_work() {
    let (term, mut sink) = live();
    script(&mut sink, 5);
    std::thread::sleep(Duration::from_millis(20));
    sink.tick(Duration::from_millis(1_500));
    assert_snapshot!(term.contents(), @"
✔ network.default  created  0.1 s
⠴ image.python:3   pulling; 12.3 MB of 45.0 MB                             1.5 s
  1 of 4 resources done, 1 at work, 1.5 s
");
}

#[test]
fn a_terminal_shows_the_last_probe() {
    let (term, mut sink) = live();
    script(&mut sink, 13);
    // The screen is drawn at most 200 times a second.
    std::thread::sleep(Duration::from_millis(20));
    sink.tick(Duration::from_millis(9_000));
    assert_snapshot!(term.contents(), @"
✔ network.default  created  0.1 s
✔ image.python:3   pulled  3.0 s
⠋ service.db[1]    waiting until healthy; last probe exited 2: pg_isread…  5.3 s
  2 of 4 resources done, 1 at work, 9.0 s
");
}

#[test]
fn a_terminal_keeps_what_is_finished_and_why_it_failed() {
    let (term, mut sink) = live();
    script(&mut sink, usize::MAX);
    sink.finish(Duration::from_secs(16), Verdict::RolledBack);
    assert_snapshot!(term.contents(), @"
✔ network.default  created  0.1 s
✔ image.python:3   pulled  3.0 s
✖ service.db[1]    failed: is unhealthy (waiting until healthy, 12 s)
  │ pg_isready: no response
  hint: `dsenv logs db` shows what it said
○ service.web[1]   not made: needs service.db[1], which failed
  service.db[1]    the end of its log
  │ FATAL: lock file exists
↶ service.db[1]    put back as it was  13 s
Rolled back after 16 s: 1 created, 1 pulled, 1 failed and put back, 1 not done
  because of that
");
}

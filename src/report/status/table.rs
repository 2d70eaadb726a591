//! The table for a terminal. An image's name is cut before a line breaks; a URL is never cut.

use anstyle::Style as Paint;
use jiff::Timestamp;

use super::row::Row;
use super::words::{self, Well};
use crate::report::ink::{BARE, BOLD, DIM, GREEN, Ink, RED, YELLOW};
use crate::report::text::{cut_start, width};
use crate::report::{Printed, Style};

const HEADS: [&str; 6] = ["SERVICE", "REPLICAS", "STATE", "HEALTH", "IMAGE", "AGE"];
const IMAGE: usize = 4;
/// An image's name is not cut below this.
const IMAGE_LEAST: usize = 12;
/// Between two columns.
const GAP: usize = 2;
/// Where remarks, and URLs that do not fit beside, begin.
const INDENT: usize = 4;

pub fn render(rows: &[Row], now: Timestamp, style: &Style) -> Printed {
    if rows.is_empty() {
        return "no services\n".into();
    }
    let cells: Vec<_> = rows.iter().map(|row| cells(row, now)).collect();
    let mut widths: [usize; 6] = std::array::from_fn(|column| {
        let widest = cells.iter().map(|cells| width(&cells[column])).max().unwrap_or(0);
        if widest == 0 { 0 } else { widest.max(HEADS[column].len()) }
    });
    let url = rows.iter().flat_map(|row| &row.urls).map(|url| width(url)).max().unwrap_or(0);
    let total = |widths: &[usize; 6]| widths.iter().filter(|width| **width > 0).map(|width| width + GAP).sum::<usize>();
    let shrink = |widths: &mut [usize; 6], over: usize| {
        widths[IMAGE] = widths[IMAGE].saturating_sub(over).max(IMAGE_LEAST.min(widths[IMAGE]));
    };
    // URLs stand beside where they fit, with images cut a little if need be; below otherwise.
    let slack = widths[IMAGE].saturating_sub(IMAGE_LEAST.max(widths[IMAGE] / 2));
    let beside = url > 0 && total(&widths) + url <= style.width + slack;
    let over =
        (total(&widths) + if beside { url } else { 0 }).saturating_sub(style.width + if beside { 0 } else { GAP });
    shrink(&mut widths, over);

    let mut ink = Ink::new(style);
    line(&mut ink, &widths, HEADS.map(|head| (head.to_owned(), DIM)));
    if beside {
        ink.put("URL", DIM);
    }
    ink.end();
    for (row, cells) in rows.iter().zip(cells) {
        let paint = match words::well(row) {
            Well::Yes => GREEN,
            Well::NotYet => YELLOW,
            Well::No => RED,
        };
        let paints = [BOLD, BARE, paint, paint, DIM, BARE];
        let cells = std::array::from_fn(|column| (cells[column].clone(), paints[column]));
        line(&mut ink, &widths, cells);
        let from = ink.column();
        for (at, url) in row.urls.iter().enumerate() {
            if !beside || at > 0 {
                ink.end().tab(if beside { from } else { INDENT });
            }
            ink.whole(url, BARE);
        }
        for remark in words::remarks(row) {
            ink.end().tab(INDENT).flow(&remark, INDENT + 2, YELLOW);
        }
        ink.end();
    }
    ink.take()
}

fn cells(row: &Row, now: Timestamp) -> [String; 6] {
    // Where an image is pinned by its digest, its name says more to a person.
    let image = row.image.as_ref().map(ToString::to_string).unwrap_or_default();
    let image = image.split_once('@').map_or(&*image, |(name, _)| name).to_owned();
    [row.service.to_string(), words::replicas(row), words::state(row), words::health(row), image, words::age(row, now)]
}

fn line(ink: &mut Ink<'_>, widths: &[usize; 6], cells: [(String, Paint); 6]) {
    for ((text, paint), columns) in cells.into_iter().zip(widths).filter(|(_, columns)| **columns > 0) {
        let end = ink.column() + columns + GAP;
        ink.put(&cut_start(&text, *columns), paint).tab(end);
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::report::Form;
    use crate::report::status::{self, Instance};
    use crate::state::{Health, RunState};

    const NOW: &str = "2026-11-24T12:00:00Z";

    fn instance(name: &str, replica: u32, state: RunState, health: Option<Health>) -> Instance {
        let started_at = Some("2026-11-24T11:57:00Z".parse().unwrap());
        let finished = name == "load" && state == RunState::Exited { code: 0, oom: false };
        Instance { name: format!("lab-{name}-{replica}"), replica, state, health, started_at, finished, restarts: 4 }
    }

    fn row(service: &str, wanted: u32, image: &str, containers: Vec<Instance>) -> Row {
        Row {
            service: service.into(),
            wanted,
            job: service == "load",
            containers,
            one_offs: vec![],
            image: Some(image.into()),
            urls: vec![],
            drift: vec![],
            note: None,
        }
    }

    fn rows() -> Vec<Row> {
        let unhealthy = Health::Unhealthy { output: "curl: (7) refused\n".into() };
        let running = |name, health| vec![instance(name, 1, RunState::Running, health)];
        vec![
            Row {
                drift: vec!["memory: 512 MiB -> 1 GiB".into()],
                urls: vec!["localhost:5432".into()],
                ..row("db", 1, "docker.io/library/postgres:16.4-bookworm", running("db", Some(Health::Healthy)))
            },
            row("load", 1, "lab-load", vec![instance("load", 1, RunState::Exited { code: 0, oom: false }, None)]),
            row("データ", 1, "lab-data", running("data", Some(unhealthy))),
            Row {
                urls: vec!["http://localhost:8888".into(), "http://localhost:8889".into()],
                ..row(
                    "web",
                    3,
                    "lab-web",
                    vec![
                        instance("web", 1, RunState::Running, None),
                        instance("web", 2, RunState::Running, None),
                        instance("web", 3, RunState::Exited { code: 1, oom: false }, None),
                    ],
                )
            },
            row("worker", 1, "lab-worker", vec![]),
            Row { note: Some("profile gpu is off".into()), ..row("gpu", 0, "cuda", running("gpu", None)) },
        ]
    }

    fn drawn(rows: &[Row], form: Form, width: usize) -> Printed {
        status::render(rows, NOW.parse().unwrap(), &Style { width, ..Style::colourless(form) })
    }

    #[test]
    fn a_terminal_of_eighty_columns_is_enough() {
        assert_snapshot!(drawn(&rows(), Form::Human, 80), @"
SERVICE  REPLICAS  STATE                    HEALTH     IMAGE                 AGE
db       1/1       running                  healthy    …tgres:16.4-bookworm  3m
    localhost:5432
    changed by hand: memory: 512 MiB -> 1 GiB
load     1/1       completed                           lab-load
データ   1/1       running                  unhealthy  lab-data              3m
    lab-data-1: last probe: curl: (7) refused
web      2/3       2 running, 1 exited (1)             lab-web               3m
    http://localhost:8888
    http://localhost:8889
worker   0/1       absent                              lab-worker
gpu      1/0       running                             cuda                  3m
    profile gpu is off
");
    }

    #[test]
    fn a_wide_terminal_cuts_nothing() {
        assert_snapshot!(drawn(&rows(), Form::Human, 140), @"
SERVICE  REPLICAS  STATE                    HEALTH     IMAGE                                     AGE  URL
db       1/1       running                  healthy    docker.io/library/postgres:16.4-bookworm  3m   localhost:5432
    changed by hand: memory: 512 MiB -> 1 GiB
load     1/1       completed                           lab-load
データ   1/1       running                  unhealthy  lab-data                                  3m
    lab-data-1: last probe: curl: (7) refused
web      2/3       2 running, 1 exited (1)             lab-web                                   3m   http://localhost:8888
                                                                                                      http://localhost:8889
worker   0/1       absent                              lab-worker
gpu      1/0       running                             cuda                                      3m
    profile gpu is off
");
    }

    #[test]
    fn a_long_url_stands_below_and_is_whole() {
        let url = "http://localhost:8888/lab/tree/analysis.ipynb?token=0123456789abcdef0123456789abcdef".to_owned();
        let notebook = vec![instance("notebook", 1, RunState::Running, Some(Health::Starting))];
        let rows = [Row { urls: vec![url], ..row("notebook", 1, "lab-notebook", notebook) }];
        assert_snapshot!(drawn(&rows, Form::Human, 80), @"
SERVICE   REPLICAS  STATE    HEALTH    IMAGE         AGE
notebook  1/1       running  starting  lab-notebook  3m
    http://localhost:8888/lab/tree/analysis.ipynb?token=0123456789abcdef0123456789abcdef
");
    }

    #[test]
    fn a_pinned_image_is_shown_by_its_name() {
        let image = format!("postgres:16@sha256:{}", "0123456789abcdef".repeat(4));
        let rows = [row("db", 1, &image, vec![instance("db", 1, RunState::Running, None)])];
        assert!(drawn(&rows, Form::Human, 80).contains("  postgres:16  3m"), "{}", drawn(&rows, Form::Human, 80));
        assert!(drawn(&rows, Form::Plain, 80).contains(&image));
    }

    #[test]
    fn scripts_see_one_line_each() {
        assert_snapshot!(drawn(&rows(), Form::Plain, 80), @"
db: 1/1 running, healthy; image docker.io/library/postgres:16.4-bookworm; up 3m; url localhost:5432; changed by hand: memory: 512 MiB -> 1 GiB
load: 1/1 completed; image lab-load
データ: 1/1 running, unhealthy; image lab-data; up 3m; lab-data-1: last probe: curl: (7) refused
web: 2/3 2 running, 1 exited (1); image lab-web; up 3m; url http://localhost:8888; url http://localhost:8889
worker: 0/1 absent; image lab-worker
gpu: 1/0 running; image cuda; up 3m; profile gpu is off
");
    }

    #[test]
    fn programs_see_a_list() {
        assert_snapshot!(drawn(&rows()[3..4], Form::Json, 80), @r#"
[
  {
    "service": "web",
    "wanted": 3,
    "job": false,
    "well": false,
    "state": "2 running, 1 exited (1)",
    "health": null,
    "image": "lab-web",
    "urls": [
      "http://localhost:8888",
      "http://localhost:8889"
    ],
    "containers": [
      {
        "name": "lab-web-1",
        "replica": 1,
        "state": "running",
        "exit_code": null,
        "out_of_memory": false,
        "health": null,
        "probe_output": null,
        "started_at": "2026-11-24T11:57:00Z",
        "age_s": 180,
        "restarts": 4
      },
      {
        "name": "lab-web-2",
        "replica": 2,
        "state": "running",
        "exit_code": null,
        "out_of_memory": false,
        "health": null,
        "probe_output": null,
        "started_at": "2026-11-24T11:57:00Z",
        "age_s": 180,
        "restarts": 4
      },
      {
        "name": "lab-web-3",
        "replica": 3,
        "state": "exited",
        "exit_code": 1,
        "out_of_memory": false,
        "health": null,
        "probe_output": null,
        "started_at": "2026-11-24T11:57:00Z",
        "age_s": null,
        "restarts": 4
      }
    ],
    "one_offs": [],
    "drift": [],
    "note": null
  }
]
"#);
    }
}

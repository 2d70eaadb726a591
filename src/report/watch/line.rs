//! What a watch tells, a line each.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::event::{Act, Cause, Watched};
use crate::model::ServiceName;
use crate::report::ink::{BOLD, CYAN, DIM, GREEN, RED, YELLOW};
use crate::report::{Form, Printed, Style};

/// One line, or one JSON object with its newline.
pub fn line(news: &Watched, style: &Style) -> Printed {
    if style.form == Form::Json {
        return (serde_json::to_string(news).expect("plain data has a JSON form") + "\n").into();
    }
    let (mark, paint, text) = words(news, style);
    style.paint(paint.bold(), mark).then(" ").then(text)
}

fn words(news: &Watched, style: &Style) -> (&'static str, anstyle::Style, Printed) {
    let bold = |service: &ServiceName| style.paint(BOLD, service.as_str());
    match news {
        Watched::WatchStarted { rules, heal } => {
            let heal = if *heal { ", mending what breaks" } else { "" };
            let rules = count(*rules, "rule");
            ("●", CYAN, format!("watching the spec and {rules}{heal}; Ctrl-C leaves the lab up").into())
        }
        Watched::WatchNotice { message, hint } => {
            let hint = hint.as_ref().map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
            ("!", YELLOW, format!("{message}{hint}").into())
        }
        Watched::WatchActed { service, acts, causes, took } => {
            let acts: Vec<_> = acts.iter().map(act).collect();
            let what = bold(service).then(format!(" {}", acts.join(", ")));
            ("✔", GREEN, what.then(style.paint(DIM, &format!(" · {took} ms{}", because(causes)))))
        }
        Watched::WatchFailed { service, message, causes } => {
            let because = style.paint(DIM, &because(causes));
            ("✖", RED, bold(service).then(format!(": {message}")).then(because))
        }
        Watched::CameBack { service, files, conflicts } => {
            let back = if files.is_empty() { String::new() } else { format!(" saved {}", files.join(", ")) };
            match conflicts.as_slice() {
                [] => ("✔", GREEN, bold(service).then(back)),
                files => {
                    let kept = format!("{back}; changed on both sides, so kept as {}", files.join(", "));
                    ("!", YELLOW, bold(service).then(kept))
                }
            }
        }
        Watched::SpecSaved { files, valid: true } => ("↻", CYAN, format!("{} saved", files.join(", ")).into()),
        Watched::SpecSaved { files, valid: false } => {
            ("✖", RED, format!("{} saved with mistakes; nothing is changed", files.join(", ")).into())
        }
        Watched::PlanWaits { stops, keys } => {
            let why = if stops.is_empty() { String::new() } else { format!(", since it {}", stops.join(", ")) };
            let how = if *keys { "press a to apply it" } else { "`dsenv apply` carries it out, or --auto all" };
            ("?", YELLOW, format!("this plan waits for a word{why}: {how}").into())
        }
        Watched::Healing { services } => ("✚", CYAN, Printed::from("mending ").then(list(services, style))),
        Watched::HealingWaits { service, seconds } => {
            ("…", YELLOW, bold(service).then(format!(" crashed again; the next try is in {seconds} s")))
        }
        Watched::HealingGivenUp { service, crashes } => {
            let text = format!(" is degraded: it crashed {crashes} times in a row, so nothing more is tried");
            ("✖", RED, bold(service).then(text + " until the spec is saved"))
        }
        Watched::Broken { services, why } => {
            let what = if services.is_empty() { Printed::default() } else { list(services, style).then("; ") };
            ("✖", RED, what.then(why))
        }
        Watched::WatchEnded => {
            ("●", CYAN, "the watch has ended and the lab goes on running; `dsenv destroy` takes it down".into())
        }
    }
}

fn act(act: &Act) -> String {
    match act {
        Act::Copied(files) => format!("copied {}", count(*files, "file")),
        Act::Deleted(paths) => format!("deleted {}", count(*paths, "path")),
        Act::Ran(command) => format!("ran `{command}`"),
        Act::Restarted => "restarted".to_owned(),
        Act::Rebuilt => "rebuilt".to_owned(),
    }
}

/// ` · src/a.py and 3 more (services.web.develop.watch[0])`
fn because(causes: &[Cause]) -> String {
    if causes.is_empty() {
        return " · its container is new".to_owned();
    }
    let mut text = String::new();
    for Cause { rule, files, more } in causes {
        let more = if *more > 0 { format!(" and {more} more") } else { String::new() };
        let files = if files.is_empty() { String::new() } else { format!("{}{more} ", files.join(", ")) };
        write!(text, " · {files}({rule})").expect("writing into memory does not fail");
    }
    text
}

fn list(services: &BTreeMap<ServiceName, String>, style: &Style) -> Printed {
    let mut list = Printed::default();
    for (at, (service, what)) in services.iter().enumerate() {
        list.append(if at == 0 { "" } else { ", " });
        list.append(style.paint(BOLD, service.as_str()).then(format!(" ({what})")));
    }
    list
}

fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_names_the_file_and_the_rule() {
        let cause = Cause {
            rule: "services.web.develop.watch[0]".into(),
            files: vec!["src/a.py".into(), "src/b.py".into()],
            more: 3,
        };
        let acted = Watched::WatchActed {
            service: "web".into(),
            acts: vec![Act::Copied(5), Act::Restarted],
            causes: vec![cause],
            took: 48,
        };
        assert_eq!(
            line(&acted, &Style::colourless(Form::Plain)),
            "✔ web copied 5 files, restarted · 48 ms · src/a.py, src/b.py and 3 more (services.web.develop.watch[0])"
        );
        assert_eq!(
            line(&acted, &Style::colourless(Form::Json)),
            concat!(
                r#"{"type":"watch_acted","service":"web","acts":[{"copied":5},"restarted"],"#,
                r#""causes":[{"rule":"services.web.develop.watch[0]","files":["src/a.py","src/b.py"],"more":3}],"took":48}"#,
                "\n"
            )
        );
    }
}

//! What a watch tells, a line each.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::event::{Act, Cause, Watched};
use crate::model::ServiceName;
use crate::report::ink::{BOLD, CYAN, DIM, GREEN, RED, YELLOW};
use crate::report::{Form, Style};

/// One line, or one JSON object with its newline.
pub fn line(news: &Watched, style: &Style) -> String {
    if style.form == Form::Json {
        return serde_json::to_string(news).expect("plain data has a JSON form") + "\n";
    }
    let (mark, paint, text) = words(news, style);
    format!("{} {text}", style.paint(paint.bold(), mark))
}

fn words(news: &Watched, style: &Style) -> (&'static str, anstyle::Style, String) {
    match news {
        Watched::WatchStarted { rules, heal } => {
            let heal = if *heal { ", mending what breaks" } else { "" };
            let rules = count(*rules, "rule");
            ("●", CYAN, format!("watching the spec and {rules}{heal}; Ctrl-C leaves the lab up"))
        }
        Watched::WatchNotice { message, hint } => {
            let hint = hint.as_ref().map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
            ("!", YELLOW, format!("{message}{hint}"))
        }
        Watched::WatchActed { service, acts, causes, took } => {
            let acts: Vec<_> = acts.iter().map(act).collect();
            let what = format!("{} {}", style.paint(BOLD, service.as_str()), acts.join(", "));
            ("✔", GREEN, format!("{what}{}", style.paint(DIM, &format!(" · {took} ms{}", because(causes)))))
        }
        Watched::WatchFailed { service, message, causes } => {
            let because = style.paint(DIM, &because(causes));
            ("✖", RED, format!("{}: {message}{because}", style.paint(BOLD, service.as_str())))
        }
        Watched::CameBack { service, files, conflicts } => {
            let service = style.paint(BOLD, service.as_str());
            let back = if files.is_empty() { String::new() } else { format!(" saved {}", files.join(", ")) };
            match conflicts.as_slice() {
                [] => ("✔", GREEN, format!("{service}{back}")),
                files => {
                    ("!", YELLOW, format!("{service}{back}; changed on both sides, so kept as {}", files.join(", ")))
                }
            }
        }
        Watched::SpecSaved { files, valid: true } => ("↻", CYAN, format!("{} saved", files.join(", "))),
        Watched::SpecSaved { files, valid: false } => {
            ("✖", RED, format!("{} saved with mistakes; nothing is changed", files.join(", ")))
        }
        Watched::PlanWaits { stops, keys } => {
            let why = if stops.is_empty() { String::new() } else { format!(", since it {}", stops.join(", ")) };
            let how = if *keys { "press a to apply it" } else { "`dsenv apply` carries it out, or --auto all" };
            ("?", YELLOW, format!("this plan waits for a word{why}: {how}"))
        }
        Watched::Healing { services } => ("✚", CYAN, format!("mending {}", list(services, style))),
        Watched::HealingWaits { service, seconds } => (
            "…",
            YELLOW,
            format!("{} crashed again; the next try is in {seconds} s", style.paint(BOLD, service.as_str())),
        ),
        Watched::HealingGivenUp { service, crashes } => {
            let service = style.paint(BOLD, service.as_str());
            let text = format!("{service} is degraded: it crashed {crashes} times in a row, so nothing more is tried");
            ("✖", RED, format!("{text} until the spec is saved"))
        }
        Watched::Broken { services, why } => {
            let what = if services.is_empty() { String::new() } else { format!("{}; ", list(services, style)) };
            ("✖", RED, format!("{what}{why}"))
        }
        Watched::WatchEnded => {
            ("●", CYAN, "the watch has ended and the lab goes on running; `dsenv destroy` takes it down".to_owned())
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

fn list(services: &BTreeMap<ServiceName, String>, style: &Style) -> String {
    let one = |(service, what): (&ServiceName, &String)| format!("{} ({what})", style.paint(BOLD, service.as_str()));
    services.iter().map(one).collect::<Vec<_>>().join(", ")
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

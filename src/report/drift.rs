//! What is not as the last apply left it: recorded, live, and what the file asks for where that is another thing.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::ink::{BARE, BOLD, DIM, GREEN, Ink, RED, YELLOW};
use super::text::{self, cut_middle, width};
use super::{Form, Printed, Style, value};
use crate::model::{ServiceName, key_of_field};
use crate::plan::{self, Drift, DriftField, Frame};
use crate::state::AppliedRecord;

/// Where fields begin.
const INDENT: usize = 4;

/// All of it. `since` is the record of the last apply; `None`: nothing was applied yet.
pub fn render(drift: &[Drift], since: Option<&AppliedRecord>, frame: &Frame<'_>, style: &Style) -> Printed {
    match style.form {
        Form::Human => human(drift, since, style),
        Form::Plain => plain(drift, since).into(),
        Form::Json => format!("{:#}\n", document(drift, since, frame)).into(),
    }
}

fn document(drift: &[Drift], since: Option<&AppliedRecord>, frame: &Frame<'_>) -> Value {
    let since = since.map(|AppliedRecord { sequence, note: _, at, by, partial: _, images: _, project: _ }| {
        json!({"sequence": sequence, "at": at.to_string(), "by": by})
    });
    json!({
        "format_version": plan::FORMAT,
        "dsenv_version": env!("CARGO_PKG_VERSION"),
        "target": frame.target,
        "timestamp": frame.timestamp.to_string(),
        "last_apply": since,
        "resource_drift": drift.iter().map(plan::drift_json).collect::<Vec<_>>(),
    })
}

fn human(drift: &[Drift], since: Option<&AppliedRecord>, style: &Style) -> Printed {
    let mut ink = Ink::new(style);
    for Drift { address, name, fields } in drift {
        ink.put("~ ", YELLOW.bold()).put(&address.to_string(), BOLD).put(&format!(" ({name})"), DIM).end();
        let path =
            fields.iter().map(|field| width(&key_of_field(&field.path))).max().unwrap_or(0).min(style.width * 4 / 10);
        for field in fields {
            let room = style.width.saturating_sub(INDENT + path + 6) / 2;
            ink.tab(INDENT).put(&cut_middle(&key_of_field(&field.path), path), BARE).tab(INDENT + path + 2);
            ink.put(&cut_middle(&shown(field, &field.recorded), room), GREEN).put(" -> ", DIM);
            ink.put(&cut_middle(&shown(field, &field.live), room), RED);
            if let Some(file) = file(field) {
                ink.flow(&format!("  {file}"), INDENT + path + 2, YELLOW);
            }
            if let Some(place) = &field.place {
                ink.flow(&format!("  {place}"), INDENT + path + 2, DIM);
            }
            ink.end();
        }
    }
    if !drift.is_empty() {
        ink.end();
    }
    ink.flow(&summary(drift, since), 6, BOLD).end();
    ink.take()
}

fn plain(drift: &[Drift], since: Option<&AppliedRecord>) -> String {
    let mut lines = String::new();
    for Drift { address, name, fields } in drift {
        for field in fields {
            let file = file(field).map_or_else(String::new, |file| format!(" ({file})"));
            let place = field.place.as_ref().map_or_else(String::new, |place| format!(" [{place}]"));
            let (recorded, live) = (shown(field, &field.recorded), shown(field, &field.live));
            lines += &text::line(&format!(
                "{address} ({name}) {}: {recorded} -> {live}{file}{place}",
                key_of_field(&field.path)
            ));
        }
    }
    lines + &text::line(&summary(drift, since))
}

fn summary(drift: &[Drift], since: Option<&AppliedRecord>) -> String {
    let Some(since) = since else { return "No drift: nothing was applied yet".to_owned() };
    let apply = format!("the last apply ({:.0} by {})", since.at, since.by);
    match drift.len() {
        0 => format!("No drift: everything is as {apply} left it"),
        1 => format!("Drift: 1 resource is not as {apply} left it"),
        number => format!("Drift: {number} resources are not as {apply} left them"),
    }
}

fn shown(field: &DriftField, value: &Option<Value>) -> String {
    value.as_ref().map_or_else(|| "unset".to_owned(), |value| value::inline(&field.path, value))
}

/// What the file asks for, where that is not what was applied.
fn file(field: &DriftField) -> Option<String> {
    (field.file != field.recorded).then(|| format!("the file asks for {} now", shown(field, &field.file)))
}

/// A line for each field, by service, for the table of services. What a container is doing by itself has a column there.
pub fn by_service(drift: &[Drift]) -> BTreeMap<ServiceName, Vec<String>> {
    let mut lines: BTreeMap<ServiceName, Vec<String>> = BTreeMap::new();
    for Drift { address, name, fields } in drift {
        let Some(service) = address.service() else { continue };
        let by_itself = |field: &&DriftField| {
            field.path == "state" && !field.live.as_ref().is_some_and(|live| *live == "paused" || *live == "absent")
        };
        for field in fields.iter().filter(|field| !by_itself(field)) {
            let (recorded, live) = (shown(field, &field.recorded), shown(field, &field.live));
            lines
                .entry(service.clone())
                .or_default()
                .push(format!("{name}: {}: {recorded} -> {live}", key_of_field(&field.path)));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::model::Address;

    fn drift() -> Vec<Drift> {
        let field = |path: &str, recorded: Value, file: Value, live: Value| {
            let set = |value: Value| (!value.is_null()).then_some(value);
            DriftField { path: path.into(), recorded: set(recorded), file: set(file), live: set(live), place: None }
        };
        let (half, one, two) = (json!(536_870_912), json!(1_073_741_824), json!(2_147_483_648_u64));
        vec![
            Drift {
                address: Address::Network("back".into()),
                name: "lab_back".into(),
                fields: vec![field("state", json!("present"), json!("present"), json!("absent"))],
            },
            Drift {
                address: Address::Replica("web".into(), 1),
                name: "lab-web-1".into(),
                fields: vec![
                    field("memory", half, two, one),
                    field("pids_limit", Value::Null, Value::Null, json!(7)),
                    field("state", json!("running"), json!("running"), json!("paused")),
                ],
            },
        ]
    }

    fn record() -> AppliedRecord {
        AppliedRecord {
            sequence: 4,
            note: "lab_dsenv_record_4".into(),
            at: jiff::Timestamp::UNIX_EPOCH,
            by: "ada@host".into(),
            partial: false,
            images: BTreeMap::new(),
            project: Default::default(),
        }
    }

    fn rendered(form: Form) -> Printed {
        let frame = Frame::bare("Docker Engine 20.10.24", jiff::Timestamp::UNIX_EPOCH);
        render(&drift(), Some(&record()), &frame, &Style::colourless(form))
    }

    #[test]
    fn recorded_live_and_the_file_where_it_differs() {
        assert_snapshot!(rendered(Form::Human), @"
        ~ network.back (lab_back)
            state  present -> absent
        ~ service.web[1] (lab-web-1)
            mem_limit   512 MiB -> 1 GiB  the file asks for 2 GiB now
            pids_limit  unset -> 7
            state       running -> paused

        Drift: 2 resources are not as the last apply (1970-01-01T00:00:00Z by ada@host)
              left them
        ");
        assert_snapshot!(rendered(Form::Plain), @"
        network.back (lab_back) state: present -> absent
        service.web[1] (lab-web-1) mem_limit: 512 MiB -> 1 GiB (the file asks for 2 GiB now)
        service.web[1] (lab-web-1) pids_limit: unset -> 7
        service.web[1] (lab-web-1) state: running -> paused
        Drift: 2 resources are not as the last apply (1970-01-01T00:00:00Z by ada@host) left them
        ");
    }

    #[test]
    fn json_has_all_three_and_the_table_of_services_what_it_does_not_show_itself() {
        let json: Value = serde_json::from_str(&rendered(Form::Json)).expect("it is JSON");
        let memory = &json["resource_drift"][1]["fields"][0];
        assert_eq!((&memory["recorded"], &memory["file"]), (&json!(536_870_912), &json!(2_147_483_648_u64)));
        assert_eq!(json["last_apply"]["by"], "ada@host");
        let lines = by_service(&drift());
        assert_eq!(
            lines[&ServiceName::new("web")],
            [
                "lab-web-1: mem_limit: 512 MiB -> 1 GiB",
                "lab-web-1: pids_limit: unset -> 7",
                "lab-web-1: state: running -> paused"
            ]
        );
    }
}

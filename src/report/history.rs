//! The records of applied states, newest first.

use serde_json::Value;

use super::{Form, Printed, text};
use crate::model::ServiceName;
use crate::state::AppliedRecord;

/// One line a record: number, time, who, and how many services.
pub fn render(records: &[AppliedRecord], form: Form) -> Printed {
    let newest = records.iter().rev();
    let text = match form {
        Form::Human if records.is_empty() => "nothing was applied yet\n".to_owned(),
        Form::Human | Form::Plain => newest.map(line).collect(),
        Form::Json => format!("{}\n", Value::from(newest.map(json).collect::<Vec<_>>())),
    };
    text.into()
}

fn line(record: &AppliedRecord) -> String {
    let services = services(record).len();
    let noun = if services == 1 { "service" } else { "services" };
    let partial = if record.partial { ", in part" } else { "" };
    text::line(&format!("{:>4}  {:.0}  {}  {services} {noun}{partial}", record.sequence, record.at, record.by))
}

fn json(record: &AppliedRecord) -> Value {
    let AppliedRecord { sequence, note: _, at, by, partial, images: _, project: _ } = record;
    let (at, services) = (at.to_string(), services(record));
    serde_json::json!({ "sequence": sequence, "at": at, "by": by, "partial": partial, "services": services })
}

fn services(record: &AppliedRecord) -> Vec<&str> {
    record.project.services.keys().chain(record.project.providers.keys()).map(ServiceName::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_comes_first() {
        let record = |sequence, project| AppliedRecord {
            sequence,
            note: "v".into(),
            at: jiff::Timestamp::UNIX_EPOCH,
            by: "ada@h".into(),
            partial: sequence == 2,
            images: Default::default(),
            project: crate::state::AppliedProject::of(project),
        };
        let records = [record(1, serde_json::json!({})), record(2, serde_json::json!({"services": {"web": {}}}))];
        insta::assert_snapshot!(render(&records, Form::Plain), @r"
           2  1970-01-01T00:00:00Z  ada@h  1 service, in part
           1  1970-01-01T00:00:00Z  ada@h  0 services
        ");
    }
}

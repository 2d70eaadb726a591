//! The services: what is asked for, what is there, where it is reached.

mod json;
mod row;
mod table;
mod words;

use jiff::Timestamp;

use super::text;
use super::{Form, Printed, Style};

pub use json::json;
pub use row::{Instance, Row, rows};

/// The services in the style's form. `now` is for the ages.
pub fn render(rows: &[Row], now: Timestamp, style: &Style) -> Printed {
    match style.form {
        Form::Human => table::render(rows, now, style),
        Form::Plain => rows.iter().map(|row| text::line(&words::line(row, now))).collect::<String>().into(),
        Form::Json => {
            let list: Vec<_> = rows.iter().map(|row| json(row, now)).collect();
            let json = serde_json::to_string_pretty(&list).expect("plain data has a JSON form") + "\n";
            json.into()
        }
    }
}

//! What has changed since a plan was saved, a line each.

use serde_json::Value;

use super::text::visible;
use super::value;
use crate::model::key_of_field;
use crate::plan::Stale;

/// `  service.web[1] (lab-web-1): state: running -> exited (0)`
pub fn render(stale: &[Stale]) -> String {
    stale.iter().map(line).collect()
}

fn line(Stale { object, change }: &Stale) -> String {
    let key = key_of_field(&change.path);
    let (object, key) = (visible(object), visible(&key));
    let show =
        |value: Option<Value>| value.map_or_else(|| "unset".to_owned(), |value| value::inline(&change.path, &value));
    let (before, after) = (show(change.shown_before()), show(change.shown_after()));
    if before == after {
        // Both are out of sight.
        return format!("\n  {object}: {key}: {before} changed");
    }
    format!("\n  {object}: {key}: {before} -> {after}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::FieldChange;

    #[test]
    fn each_field_has_a_line_and_a_secret_is_not_shown() {
        let stale = |path: &str, before, after| Stale {
            object: "the file: service.web".into(),
            change: FieldChange::new(path, Some(json!(before)), Some(json!(after))),
        };
        assert_eq!(
            render(&[stale("environment.DEBUG", "1", "2"), stale("environment.TOKEN", "digest:a", "digest:b")]),
            "\n  the file: service.web: environment.DEBUG: 1 -> 2\
             \n  the file: service.web: environment.TOKEN: (sensitive) changed"
        );
    }
}

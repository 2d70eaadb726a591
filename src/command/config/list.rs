//! The lists that `config` prints: services, images, profiles, variables.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::Format;
use crate::spec::{Spec, variables};
use crate::yaml::Node;

/// One line each.
pub fn lines<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(|name| format!("{name}\n")).collect()
}

/// The names of services, each behind those it needs.
pub fn services(spec: &Spec) -> String {
    let mut seen = BTreeSet::new();
    let mut out = String::new();
    for start in spec.services.keys() {
        let mut way = vec![(start, false)];
        while let Some((name, ready)) = way.pop() {
            if ready {
                out.push_str(name);
                out.push('\n');
            } else if seen.insert(name) {
                way.push((name, true));
                let needs = spec.services.get(name).map(|service| service.depends_on.keys());
                let known = needs.into_iter().flatten().rev().filter(|need| spec.services.contains_key(*need));
                way.extend(known.map(|need| (need, false)));
            }
        }
    }
    out
}

/// The image of each service: the one it names, or the one that is built for it.
pub fn images(spec: &Spec) -> String {
    let image = |(name, service): (&String, &crate::spec::types::Service)| match (&service.image, &service.provider) {
        (Some(image), _) => Some(format!("{image}\n")),
        (None, Some(_)) => None,
        (None, None) => Some(format!("{}-{name}\n", spec.name)),
    };
    spec.services.iter().filter_map(image).collect()
}

/// Every profile of every service, active or not.
pub fn profiles(spec: &Spec) -> String {
    let all: BTreeSet<&String> =
        spec.services.values().chain(spec.inactive.values()).flat_map(|service| &service.profiles).collect();
    lines(all.into_iter())
}

/// The variables that a raw tree names, as a table.
pub fn variables(tree: &Node, format: Format) -> String {
    let found = variables::of(tree);
    if format == Format::Json {
        let entry = |(name, used): (&String, &variables::Use)| {
            let value = serde_json::json!({
                "Name": name, "Required": used.required, "DefaultValue": used.default, "PresenceValue": used.alternate,
            });
            (name.clone(), value)
        };
        return format!("{:#}\n", serde_json::Value::Object(found.iter().map(entry).collect()));
    }
    let width = |text: usize| (text + 3).max(20);
    let name = width(found.keys().map(String::len).max().unwrap_or_default());
    let default = width(found.values().map(|used| used.default.len()).max().unwrap_or_default());
    let mut out = format!("{:name$}{:20}{:default$}ALTERNATE VALUE\n", "NAME", "REQUIRED", "DEFAULT VALUE");
    for (variable, used) in &found {
        let line =
            format!("{variable:name$}{:20}{:default$}{}", used.required.to_string(), used.default, used.alternate);
        writeln!(out, "{}", line.trim_end()).expect("a text can be written to");
    }
    out
}

//! What must hold of every input.

use std::collections::BTreeMap;
use std::sync::Arc;

use dsenv::diagnostic::Diagnostic;
use dsenv::place::{Place, Source};
use dsenv::spec::emit::{self, Audience};
use dsenv::spec::{Literals, Loaded, Part, Request, dotenv, interpolate, load};
use dsenv::yaml::{self, Node, Value};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::generate;
use super::runner::fuzz;

type Held = Result<(), TestCaseError>;

fn source(text: &str) -> Arc<Source> {
    Arc::new(Source::new("env.yaml", text))
}

/// A place is a part of its text that begins and ends between characters.
fn stands(place: &Place) -> Held {
    let (text, start, end) = (&place.source.text, place.span.start(), place.span.end());
    prop_assert!(start <= end && text.get(start..end).is_some(), "{start}..{end} of {text:?}");
    Ok(())
}

fn all_stand(node: &Node) -> Held {
    stands(&node.place)?;
    match &node.value {
        Value::List(list) => list.iter().try_for_each(all_stand),
        Value::Map(map) => map.iter().try_for_each(|(key, value)| stands(&key.place).and_then(|()| all_stand(value))),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => Ok(()),
    }
}

fn told(said: &[Diagnostic]) -> Held {
    for diagnostic in said {
        let Diagnostic { message, place, related, .. } = diagnostic;
        prop_assert!(!message.is_empty() && !message.ends_with('.'), "{message}");
        place.iter().chain(related.iter().map(|(place, _)| place)).try_for_each(stands)?;
        // Drawing must not fail either.
        prop_assert!(!dsenv::report::one_line(diagnostic).is_empty() && !dsenv::report::render(diagnostic).is_empty());
    }
    Ok(())
}

fn loaded(files: &[(&str, &str)], specs: &[&str]) -> Result<Loaded, Vec<Diagnostic>> {
    let at = |name: &str| camino::Utf8PathBuf::from("/lab").join(name);
    let literals: Literals = files.iter().map(|(name, text)| (at(name), *text)).collect();
    let variables = [("HOME", "/home/lab"), ("SET", "val"), ("EMPTY", "")];
    let request = Request {
        files: specs.iter().map(|name| at(name)).collect(),
        folder: "/lab".into(),
        shown_from: "/lab".into(),
        name: Some("lab".to_owned()),
        profiles: vec!["*".to_owned()],
        part: Part::default(),
        variables: variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        interpolate: true,
    };
    load(&request, &literals)
}

/// What Compose's `config` would print; dollars doubled, so that it reads back the same.
fn printed(loaded: Loaded) -> String {
    let mut value = emit::spec(&loaded.spec.used(), Audience::Yaml);
    double_dollars(&mut value);
    yaml::print(&value)
}

/// What is printed is a spec, and printing that one changes nothing. The first time may: an empty context or network mode
/// is not printed, as in Compose, and what it hid shows up.
fn settles(once: Loaded) -> Held {
    let again = |text: &str| {
        let again = loaded(&[("env.yaml", text)], &["env.yaml"]);
        again.map(printed).map_err(|said| TestCaseError::fail(format!("{said:?}\n{text}")))
    };
    let second = again(&printed(once))?;
    prop_assert_eq!(again(&second)?, second);
    Ok(())
}

fn double_dollars(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => *text = text.replace('$', "$$"),
        serde_json::Value::Array(list) => list.iter_mut().for_each(double_dollars),
        serde_json::Value::Object(map) => map.values_mut().for_each(double_dollars),
        _ => {}
    }
}

#[test]
fn the_parser_reads_or_refuses_every_text() {
    fuzz("yaml", &generate::yaml(), |text| {
        let mut faults = Vec::new();
        let documents = yaml::parse(&source(&text), |_| yaml::MOST_ENTRIES, &mut faults);
        documents.iter().try_for_each(all_stand)?;
        faults.iter().filter_map(|fault| fault.place.as_ref()).try_for_each(stands)?;
        // What is printed reads back as what it was.
        if let ([document], []) = (documents.as_slice(), faults.as_slice()) {
            let value = yaml::to_json(document);
            let again = yaml::parse(&source(&yaml::print(&value)), |_| yaml::MOST_ENTRIES, &mut faults);
            prop_assert!(faults.is_empty(), "{faults:?} of {}", yaml::print(&value));
            prop_assert_eq!(again.first().map(yaml::to_json).unwrap_or_default(), value);
        }
        Ok(())
    });
}

#[test]
fn the_interpolation_fills_or_refuses_every_text() {
    let lookup = |name: &str| match name {
        "SET" => Some("val".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    };
    fuzz("interpolation", &generate::template(), |text| {
        let _ = interpolate::text(&text, &lookup);
        let doubled = interpolate::text(&text.replace('$', "$$"), &lookup);
        prop_assert_eq!(doubled.map(|answer| answer.text).ok(), Some(text));
        Ok(())
    });
}

#[test]
fn the_reader_of_variables_reads_or_refuses_every_text() {
    let lookup = |name: &str| (name == "A").then(|| "outer".to_owned());
    fuzz("dotenv", &generate::dotenv(), |text| {
        for format in [dotenv::Format::Dotenv, dotenv::Format::Raw] {
            if let Err(fault) = dotenv::parse(&text, format, BTreeMap::new(), &lookup) {
                stands(&Place::new(source(&text), fault.start, fault.end))?;
            }
        }
        // What stands in single quotes comes out as it went in.
        let plain = text.replace(['\'', '\\', '\r', '\u{feff}'], "");
        let read = dotenv::parse(&format!("KEY='{plain}'"), dotenv::Format::Dotenv, BTreeMap::new(), &lookup);
        prop_assert_eq!(read.unwrap().remove("KEY"), Some(plain));
        Ok(())
    });
}

#[test]
fn the_loader_reads_or_refuses_every_spec_and_reads_what_it_prints() {
    fuzz("load", &prop_oneof![generate::spec(), generate::bent()], |text| {
        match loaded(&[("env.yaml", &text), ("other.yaml", &text)], &["env.yaml"]) {
            Err(said) => {
                prop_assert!(!said.is_empty());
                told(&said)
            }
            Ok(once) => {
                told(&once.warnings)?;
                settles(once)
            }
        }
    });
}

#[test]
fn the_merge_joins_or_refuses_every_two_specs() {
    fuzz("merge", &(generate::spec(), generate::spec()), |(below, above)| {
        let both = loaded(&[("a.yaml", &below), ("b.yaml", &above), ("other.yaml", &below)], &["a.yaml", "b.yaml"]);
        if let Err(said) = &both {
            told(said)?;
        }
        // A file that says nothing changes nothing.
        let files = [("a.yaml", below.as_str()), ("b.yaml", "x-nothing: null\n"), ("other.yaml", &above)];
        let strip = |loaded: Loaded| printed(loaded).replace("x-nothing: null\n", "");
        let (alone, beside) = (loaded(&files, &["a.yaml"]), loaded(&files, &["a.yaml", "b.yaml"]));
        prop_assert_eq!(alone.is_ok(), beside.is_ok());
        if let (Ok(alone), Ok(beside)) = (alone, beside) {
            prop_assert_eq!(strip(alone), strip(beside));
        }
        Ok(())
    });
}

#[test]
fn the_whole_way_reads_or_refuses_what_is_like_real_files() {
    fuzz("files", &(generate::crossed(), generate::crossed(), generate::dotenv()), |(below, above, variables)| {
        let others = ["other.yaml", "base.yaml", "common.yaml", "included.yaml", ".env", "web.env", "labels"];
        let mut files = vec![("a.yaml", below.as_str()), ("b.yaml", above.as_str())];
        files.extend(others.map(|name| (name, if name.ends_with("yaml") { above.as_str() } else { &variables })));
        match loaded(&files, &["a.yaml", "b.yaml"]) {
            Err(said) => {
                prop_assert!(!said.is_empty());
                told(&said)
            }
            Ok(once) => {
                told(&once.warnings)?;
                all_stand(&once.tree)?;
                settles(once)
            }
        }
    });
}

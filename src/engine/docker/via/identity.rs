//! Converters for what runs: image, command, variables, labels.

/// The reference.
pub mod image {
    use super::super::super::wire::Around;
    use crate::model::ImageRef;

    pub fn write(model: &ImageRef, wire: &mut Option<String>, _: &Around) {
        *wire = Some(model.to_string());
    }

    pub fn read(wire: &Option<String>, _: &Around) -> ImageRef {
        ImageRef::new(wire.clone().unwrap_or_default())
    }
}

/// Empty is spelled `[""]`: an empty list would be the image's own.
pub mod entrypoint {
    use super::super::super::wire::Around;

    pub fn write(model: &Option<Vec<String>>, wire: &mut Option<Vec<String>>, _: &Around) {
        *wire = model.clone().map(|words| if words.is_empty() { vec![String::new()] } else { words });
    }

    pub fn read(wire: &Option<Vec<String>>, _: &Around) -> Option<Vec<String>> {
        wire.clone().map(|words| if words == [""] { Vec::new() } else { words })
    }
}

/// `K=V`; `K` alone takes a variable of the image away.
pub mod environment {
    use std::collections::BTreeMap;

    use super::super::super::wire::Around;

    pub fn write(model: &BTreeMap<String, Option<String>>, wire: &mut Option<Vec<String>>, _: &Around) {
        let line = |(key, value): (&String, &Option<String>)| match value {
            Some(value) => format!("{key}={value}"),
            None => key.clone(),
        };
        *wire = (!model.is_empty()).then(|| model.iter().map(line).collect());
    }

    pub fn read(wire: &Option<Vec<String>>, _: &Around) -> BTreeMap<String, Option<String>> {
        let pair = |line: &String| match line.split_once('=') {
            Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
            None => (line.clone(), None),
        };
        wire.iter().flatten().map(pair).collect()
    }
}

/// The user's labels, told from dsenv's and Compose's.
pub mod labels {
    use std::collections::{BTreeMap, HashMap};

    use super::super::super::wire::Around;

    pub fn write(model: &BTreeMap<String, String>, wire: &mut Option<HashMap<String, String>>, _: &Around) {
        *wire = (!model.is_empty()).then(|| model.clone().into_iter().collect());
    }

    pub fn read(wire: &Option<HashMap<String, String>>, _: &Around) -> BTreeMap<String, String> {
        let theirs = |key: &str| key.starts_with("dev.dsenv.") || key.starts_with("com.docker.compose.");
        let labels = wire.iter().flatten().filter(|(key, _)| !theirs(key));
        labels.map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

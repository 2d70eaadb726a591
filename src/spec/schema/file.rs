//! A file as it is written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;

use super::finish;
use crate::spec::rule::ROOT;
use crate::spec::types::{Dsenv, FileObject, Model, Network, Service, Volume};
use crate::spec::value::Extensions;

/// A dsenv environment: the Compose Specification and `x-dsenv`.
#[derive(JsonSchema)]
#[schemars(rename = "Environment")]
#[expect(dead_code, reason = "the shape of a file, for its schema alone")]
struct File {
    /// Without meaning any more; remove it.
    #[schemars(extend("deprecated" = true))]
    version: Option<String>,
    /// Name of the environment: lowercase letters, digits, `-` and `_`. The folder's when unset.
    name: Option<String>,
    /// Other specs that belong to this one.
    include: Option<Vec<Include>>,
    /// What runs.
    services: Option<BTreeMap<String, Service>>,
    /// Networks that services join.
    networks: Option<BTreeMap<String, Network>>,
    /// Volumes that keep data.
    volumes: Option<BTreeMap<String, Volume>>,
    /// Secrets that services see as files.
    secrets: Option<BTreeMap<String, FileObject>>,
    /// Configs that services see as files.
    configs: Option<BTreeMap<String, FileObject>>,
    /// Language models that services use.
    models: Option<BTreeMap<String, Model>>,
    /// dsenv's own keys.
    #[schemars(rename = "x-dsenv")]
    dsenv: Option<Dsenv>,
    /// Keys beginning with `x-`.
    #[schemars(rename = "x-*")]
    extensions: Extensions,
}

/// Another spec. The short form is its path.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "the shape of a file, for its schema alone")]
pub(super) struct Include {
    /// Its path, or several that are merged; from the folder of this file.
    path: OneOrMany,
    /// Folder that its relative paths start from; its own when unset.
    project_directory: Option<String>,
    /// Files of variables for it; `.env` in its folder when unset.
    env_file: Option<OneOrMany>,
}

/// A path, or several.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "the shape of a file, for its schema alone")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// A service to build on. The short form is its name in the same file.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "the shape of a file, for its schema alone")]
pub(super) struct Extends {
    /// The service.
    service: String,
    /// The file that it is in; this one when unset.
    file: Option<String>,
}

/// The JSON Schema of a spec.
pub fn schema() -> serde_json::Value {
    let mut generator = SchemaSettings::draft07().into_generator();
    let mut extends = generator.subschema_for::<Extends>().to_value();
    extends["description"] = "A service to build on, of this file or another.".into();
    let mut schema = generator.into_root_schema_for::<File>().to_value();
    schema["definitions"]["Service"]["properties"]["extends"] = extends;
    finish::all(&mut schema, &ROOT);
    schema
}

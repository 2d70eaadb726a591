//! `dsenv config`: the canonical spec.

use super::{Context, Failure, Outcome, load};
use crate::spec::emit::{self, Audience};

/// Arguments of `config`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Spec file, instead of the one found
    #[arg(value_name = "FILE")]
    pub file: Option<String>,
    /// How to print the spec
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// How to print the spec.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// YAML
    #[default]
    Yaml,
    /// JSON
    Json,
}

/// Runs the verb.
///
/// # Errors
/// When the spec has mistakes, or there is none.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Outcome, Failure> {
    let loaded = load::load(context, args.file.as_deref())?;
    let text = match args.format {
        Format::Json => format!("{:#}\n", emit::spec(&loaded.spec, Audience::Json)),
        Format::Yaml => serde_yaml::to_string(&emit::spec(&loaded.spec, Audience::Yaml)).expect("a JSON value is YAML"),
    };
    context.shell.data(&text.replace('$', "$$"));
    Ok(Outcome::Done)
}

//! `dsenv validate`: every mistake of the spec at once.

use super::{Context, Failure, Outcome, load};

/// Arguments of `validate`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Spec file, instead of the one found
    #[arg(value_name = "FILE")]
    pub file: Option<String>,
    /// How to print the mistakes
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Warnings are errors
    #[arg(long)]
    pub strict: bool,
}

/// How to print the mistakes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// With the line and a caret
    #[default]
    Human,
    /// One line each: file:line:column: severity: message [code]
    Plain,
    /// One JSON document
    Json,
}

/// Runs the verb.
///
/// # Errors
/// When the spec has mistakes.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Outcome, Failure> {
    let _ = load::load(context, args.file.as_deref())?;
    Ok(Outcome::Done)
}

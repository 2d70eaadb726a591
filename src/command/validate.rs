//! `dsenv validate`: every mistake of the spec at once.

use super::{Context, Disk, Failure, Kind, Outcome, load};
use crate::diagnostic::{Diagnostic, Severity};
use crate::spec::code::MISSING_CONTEXT;
use crate::{report, resolve};

/// Arguments of `validate`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Spec file [default: env.yaml or compose.yaml, here or in a folder above]
    #[arg(value_name = "FILE")]
    pub file: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Treat warnings as errors
    #[arg(long)]
    pub strict: bool,
}

/// Output format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Each with its line and a caret
    #[default]
    Human,
    /// One line each: place, severity, message, code
    Plain,
    /// One JSON document
    Json,
}

/// Runs the verb.
///
/// # Errors
/// When the spec has mistakes, or with `--strict` warnings.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Outcome, Failure> {
    let result = load::load_quietly(context, args.file.as_deref());
    let (mut found, summary) = match result {
        Ok(loaded) => {
            let mut found = loaded.said_with(resolve::check(&loaded, &Disk));
            // That a build's files are missing is told with what is to be built.
            found.retain(|told| told.code != MISSING_CONTEXT);
            (found, Some((loaded.spec.name, loaded.spec.services.len())))
        }
        Err(failure) if failure.diagnostics.is_empty() => return Err(failure),
        Err(failure) => (failure.diagnostics, None),
    };
    if args.strict {
        found.iter_mut().for_each(|diagnostic| diagnostic.severity = Severity::Error);
    }
    let errors = found.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    match args.format {
        Format::Human => context.shell.diagnostics(&found),
        Format::Plain => found.iter().for_each(|diagnostic| context.shell.data(&(report::one_line(diagnostic) + "\n"))),
        Format::Json => context.shell.data(json(&found, errors)),
    }
    if errors > 0 {
        let message = if args.format == Format::Json { String::new() } else { count(errors, found.len() - errors) };
        return Err(Failure::new(Kind::Invalid, message));
    }
    if let (Some((name, services)), Format::Human) = (summary, args.format) {
        let plural = if services == 1 { "" } else { "s" };
        context.shell.note(format!("{name} is valid: {services} service{plural}"));
    }
    Ok(Outcome::Done)
}

fn count(errors: usize, warnings: usize) -> String {
    let words = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    match warnings {
        0 => words(errors, "mistake"),
        _ => format!("{}, {}", words(errors, "mistake"), words(warnings, "warning")),
    }
}

fn json(found: &[Diagnostic], errors: usize) -> String {
    let list: Vec<_> = found.iter().map(report::json).collect();
    format!("{:#}\n", serde_json::json!({"valid": errors == 0, "diagnostics": list}))
}

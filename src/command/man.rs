//! `dsenv man`.

use clap::CommandFactory;
use clap_mangen::Man;

use super::{Context, Failure, Kind, Outcome};
use crate::cli::Cli;

/// Arguments of `man`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Verb to print the page of [default: the page of dsenv itself]
    pub verb: Option<String>,
}

/// Runs the verb.
///
/// # Errors
/// When there is no such verb.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Outcome, Failure> {
    let mut root = Cli::command();
    root.build();
    let page = match &args.verb {
        None => Man::new(root),
        Some(name) => {
            let found = root.find_subcommand(name).cloned();
            let missing = || Failure::new(Kind::Invalid, format!("there is no verb `{name}`"));
            let verb = found.ok_or_else(|| missing().hint("`dsenv help` lists them"))?;
            let title = format!("dsenv-{}", verb.get_name());
            Man::new(verb.name(title))
        }
    };
    let mut text = Vec::new();
    page.render(&mut text)
        .map_err(|error| Failure::new(Kind::Error, format!("the page cannot be written: {error}")))?;
    context.shell.data(String::from_utf8_lossy(&text).into_owned());
    Ok(Outcome::Done)
}

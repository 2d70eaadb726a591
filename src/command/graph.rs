//! `dsenv graph`: the environment as a picture.

use std::io::{self, IsTerminal};

use super::{Context, Failure, Outcome, desired, engine, runtime, session};
use crate::engine::Observer;
use crate::plan::{Options, Plan};
use crate::report::graph as printer;

/// Arguments of `graph`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Spec file [default: env.yaml or compose.yaml, here or in a folder above]
    #[arg(value_name = "FILE")]
    pub file: Option<String>,
    /// Mark what apply would change; needs the engine
    #[arg(long)]
    pub plan: bool,
    /// Output format [default: tree on a terminal, svg elsewhere]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

/// The kind of picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Text: each service with what it needs below it
    Tree,
    /// A drawing
    Svg,
    /// For Graphviz
    Dot,
    /// For Markdown
    Mermaid,
    /// Nodes and edges
    Json,
}

/// Runs the verb.
///
/// # Errors
/// When the spec has mistakes, or `--plan` finds no engine.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Outcome, Failure> {
    let desired = desired::quietly(context, args.file.as_deref())?;
    let plan: Option<Plan> = if args.plan {
        Some(runtime(async {
            let engine = engine::connect(context).await?;
            let observer: &dyn Observer = &*engine;
            Ok(session::look(observer, &desired, &Options::at(session::now()), None).await?.plan)
        })?)
    } else {
        None
    };
    let (project, plan) = (&desired.project, plan.as_ref());
    let format = args.format.unwrap_or(if io::stdout().is_terminal() { Format::Tree } else { Format::Svg });
    context.shell.data(match format {
        Format::Tree => printer::tree(project, plan),
        Format::Svg => printer::svg(project, plan),
        Format::Dot => printer::dot(project, plan),
        Format::Mermaid => printer::mermaid(project, plan),
        Format::Json => printer::json(project, plan),
    });
    Ok(Outcome::Done)
}

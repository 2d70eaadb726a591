//! `dsenv plan`: what apply would do, and why.

use camino::Utf8PathBuf;

use super::patience::Patience;
use super::saved::{self, Asked};
use super::select::Select;
use super::{Context, Failure, Outcome, desired, engine, load, perform, runtime, session, variables};
use crate::engine::Observer;
use crate::plan::{self, Frame};
use crate::report::{Form, plan as printer};

/// Arguments of `plan`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Spec file [default: env.yaml or compose.yaml, here or in a folder above]
    #[arg(value_name = "FILE")]
    pub file: Option<String>,
    /// What of the spec
    #[command(flatten)]
    pub select: Select,
    /// File to save the plan to, for `dsenv apply FILE`
    #[arg(short = 'o', long = "out", value_name = "FILE")]
    pub out: Option<Utf8PathBuf>,
    /// Exit with 2 if there are changes
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// How long
    #[command(flatten)]
    pub patience: Patience,
    /// Output format
    #[arg(long, value_enum, default_value_t, env = "DSENV_FORMAT", hide_env_values = true)]
    pub format: Form,
}

/// Runs the verb.
///
/// # Errors
/// When the spec has mistakes, or the engine is not there.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Outcome, Failure> {
    let request = load::request(context, args.file.as_deref())?;
    let desired = desired::requested(context, &request, &args.select)?;
    let options = args.select.options(&desired)?;
    args.out.as_ref().map_or(Ok(()), |path| saved::check(context, path))?;
    variables::tell(context, &desired.variables);
    let asked = args.out.as_ref().map(|_| Asked::of(context, &request, &desired, &args.select));
    let asked = asked.transpose()?;
    runtime(async {
        let engine = engine::connect_within(context, &desired.variables, args.patience.timeout).await?;
        let observer: &dyn Observer = &*engine;
        let look = session::look(observer, &desired, &options, None).await?;
        session::missing_sources(context, observer, &desired);
        let verbose = context.shell.verbose() > 0;
        // Only the JSON tells what the plan was made from.
        let frame = if args.format == Form::Json || args.out.is_some() {
            session::frame(observer, &desired, &options, &look).await?
        } else {
            session::sized_frame(observer, &look.plan).await?
        };
        // A file with a plan outlives the look at it, so contents are shown and not saved.
        let basis = asked.as_ref().map(|_| saved::basis(&desired, &look, plan::json(&look.plan, &frame)));
        let frame = Frame { contents: session::contents(observer, &desired, &look).await, ..frame };
        // A plan that may not be carried out has its errors to tell; without a step it would only say that all is well.
        if args.format == Form::Json || !look.plan.is_empty() || !look.plan.is_refused() {
            context.shell.data(printer::render(&look.plan, &frame, &perform::style(args.format), verbose));
        }
        session::refuse(context, &look.plan)?;
        if let (Some(path), Some(asked), Some(basis)) = (&args.out, &asked, basis) {
            saved::save(context, path, asked, &look, basis)?;
            context.shell.note(format!("saved; carry it out with `dsenv apply {path}`"));
        }
        Ok(if args.detailed_exitcode && !look.plan.only_asks() { Outcome::Changes } else { Outcome::Done })
    })
}

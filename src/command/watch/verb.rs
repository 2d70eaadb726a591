//! The verb.

use std::time::Duration;

use super::runner::Runner;
use crate::command::apply;
use crate::command::patience::Limit;
use crate::command::perform::Pace;
use crate::command::select::Select;
use crate::command::{Context, Failure, Outcome};
use crate::reconcile;
use crate::report::Form;

/// How long a look may take: an engine that was silent for so long is asked anew.
const LOOK: Duration = Duration::from_secs(60);

/// Arguments of `watch`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Spec file [default: env.yaml or compose.yaml, here or in a folder above]
    #[arg(value_name = "FILE")]
    pub file: Option<String>,
    /// Do not apply at the start
    #[arg(long)]
    pub no_up: bool,
    /// How
    #[command(flatten)]
    pub flags: Flags,
    /// What of the spec
    #[command(flatten)]
    pub select: Select,
    /// How long
    #[command(flatten)]
    pub pace: Pace,
    /// Output format; `json` prints one event a line
    #[arg(long, value_enum, default_value_t, env = "DSENV_FORMAT", hide_env_values = true)]
    pub format: Form,
}

/// Flags of a watch, shared with `apply --watch`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Flags {
    /// Repair containers that exit, are removed, disconnected or paused, or become unhealthy
    #[arg(long)]
    pub heal: bool,
    /// Which changes are applied without asking when the spec is saved [default: safe; on a terminal a key applies the rest]
    #[arg(long, value_enum, value_name = "WHAT")]
    pub auto: Option<Auto>,
}

/// Which changes are applied without asking when the spec is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Auto {
    /// All that endanger no data
    All,
    /// Those that stop no container
    Safe,
    /// None
    None,
}

impl From<Auto> for reconcile::Auto {
    fn from(auto: Auto) -> Self {
        match auto {
            Auto::All => Self::All,
            Auto::Safe => Self::Safe,
            Auto::None => Self::None,
        }
    }
}

/// Runs the verb.
///
/// # Errors
/// When the spec has mistakes, the engine is not there, or the first apply fails.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Outcome, Failure> {
    let Args { file, no_up, flags, select, pace, format } = args.clone();
    let args = apply::Args { file, select, pace, format, watch: true, flags };
    watch(&args, context, !no_up)
}

/// Watches with the arguments of an apply; `up` applies first.
///
/// # Errors
/// The same.
pub fn watch(args: &apply::Args, context: &Context<'_>, up: bool) -> Result<Outcome, Failure> {
    let desired = crate::command::desired::desired(context, args.file.as_deref(), &args.select)?;
    let context = &context.with(&desired.variables)?;
    crate::command::variables::tell(context, &desired.variables);
    crate::command::runtime(async {
        let limit = Limit::Each(args.pace.timeout.unwrap_or(LOOK));
        let engine = crate::command::engine::connect_limited(context, &desired.variables, Some(limit)).await?;
        let mut runner = Runner::begin(context, args, &*engine, desired)?;
        if up {
            runner.first_apply().await?;
        }
        runner.serve().await
    })
}

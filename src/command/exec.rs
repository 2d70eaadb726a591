//! `dsenv exec`: run a command in a service's container.

use std::io::{self, IsTerminal};

use super::terminal::{self, Raw};
use super::{Context, Failure, Kind, Outcome, desired, engine, runtime, session};
use crate::engine::{Exec, ExecIo};
use crate::state::{Container, RunState};

/// Arguments of `exec`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Allocate no terminal
    #[arg(short = 'T', long = "no-tty")]
    pub no_tty: bool,
    /// User to run as
    #[arg(short, long, value_name = "USER")]
    pub user: Option<String>,
    /// Folder in the container to run in
    #[arg(short, long, value_name = "DIR")]
    pub workdir: Option<String>,
    /// Environment variable to set; may be repeated
    #[arg(short, long = "env", value_name = "NAME=VALUE")]
    pub env: Vec<String>,
    /// Run with all privileges
    #[arg(long)]
    pub privileged: bool,
    /// Number of the container, if the service has several
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub index: u32,
    /// Service
    #[arg(value_name = "SERVICE")]
    pub service: String,
    /// Program and arguments
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub command: Vec<String>,
}

/// Runs the verb. The command's exit code becomes the program's.
///
/// # Errors
/// When the environment is not known, has no such running container, or the engine is not there.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Outcome, Failure> {
    let project = desired::project_name(context, None)?;
    runtime(async {
        let engine = engine::connect(context).await?;
        let observed = engine.observe(&session::bare_scope(&project)).await?;
        let container = choose(&observed.containers, args)?;
        let is_terminal = io::stdin().is_terminal() && io::stdout().is_terminal() && !args.no_tty;
        let unprepared = |error| Failure::new(Kind::Error, format!("the terminal cannot be prepared: {error}"));
        let sizes = is_terminal.then(terminal::sizes).transpose().map_err(unprepared)?;
        let ended = terminal::ended().map_err(unprepared)?;
        let raw = is_terminal.then(Raw::enter).transpose().map_err(unprepared)?;
        let exec = Exec {
            command: args.command.clone(),
            user: args.user.clone(),
            working_dir: args.workdir.clone(),
            environment: args.env.iter().map(|pair| with_value(context, pair)).collect(),
            tty: is_terminal.then(terminal::size),
            privileged: args.privileged,
        };
        let io = ExecIo {
            stdin: Some(Box::new(tokio::io::stdin())),
            stdout: Box::new(tokio::io::stdout()),
            stderr: Box::new(tokio::io::stderr()),
            sizes,
        };
        let code = tokio::select! {
            code = engine.exec(&container.id, &exec, io) => code.map_err(Failure::from),
            // As a shell counts what a signal ended.
            number = ended => Ok(128 + i64::from(number)),
        };
        drop(raw);
        Ok(Outcome::Exit(u8::try_from(code?).unwrap_or(1)))
    })
}

fn choose<'c>(containers: &'c [Container], args: &Args) -> Result<&'c Container, Failure> {
    let Args { service, index, .. } = args;
    let of_service =
        || containers.iter().filter(|container| container.service.as_str() == service && !container.oneoff);
    let Some(container) = of_service().find(|container| container.replica == *index) else {
        let message = match of_service().count() {
            0 => format!("there is no container of a service `{service}`"),
            count => format!("service `{service}` has no container {index}, but {count}"),
        };
        return Err(Failure::new(Kind::Invalid, message).hint("`dsenv status` lists the services"));
    };
    if container.state != RunState::Running {
        let message = format!("{} is not running, but {}", container.name, container.state);
        return Err(Failure::new(Kind::Error, message).hint("`dsenv apply` starts it"));
    }
    Ok(container)
}

/// `NAME` alone takes the value that it has here.
fn with_value(context: &Context<'_>, pair: &str) -> String {
    match context.environment.get(pair) {
        Some(value) if !pair.contains('=') => format!("{pair}={value}"),
        _ => pair.to_owned(),
    }
}

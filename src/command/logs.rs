//! `dsenv logs`: what containers have said.

mod follow;
pub(super) mod follower;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use jiff::Timestamp;

use super::desired::AtHand;
use super::{Context, Failure, Kind, Outcome, desired, engine, runtime, session};
use crate::engine::{EngineError, LogLine, LogOptions, Observer};
use crate::model::ServiceName;
use crate::report::{Prefix, Said};
use crate::resolve;
use crate::state::Container;

/// Arguments of `logs`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Services [default: all but those with `attach: false`]
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
    /// Wait for new lines
    #[arg(short, long)]
    pub follow: bool,
    /// Spec file; here `-f` means --follow
    #[arg(id = "files", long = "file", value_name = "FILE")]
    pub files: Vec<String>,
    /// Show only the last lines of each container
    #[arg(short = 'n', long, value_name = "LINES", value_parser = lines)]
    pub tail: Option<Tail>,
    /// Show only lines since then: a duration such as 10m, or a date and time
    #[arg(long, value_name = "TIME", value_parser = super::time::since)]
    pub since: Option<Timestamp>,
    /// Show the time of each line
    #[arg(short, long)]
    pub timestamps: bool,
    /// Do not show which container a line is from
    #[arg(long)]
    pub no_log_prefix: bool,
}

/// How many of the last lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// All.
    All,
    /// So many.
    Last(usize),
}

fn lines(text: &str) -> Result<Tail, String> {
    match text {
        "all" => Ok(Tail::All),
        _ => text.parse().map(Tail::Last).map_err(|_| "a number of lines, or `all`".to_owned()),
    }
}

/// Runs the verb.
///
/// # Errors
/// When the environment is not known, has no such service, or the engine is not there.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Outcome, Failure> {
    let AtHand { name, spec, variables: _ } = desired::at_hand(context, None)?;
    let spec = spec.map(|loaded| loaded.spec);
    let chosen = Chosen {
        services: args.services.clone(),
        unattached: spec.as_ref().map(resolve::unattached).unwrap_or_default(),
        to_come: spec.filter(|_| args.follow).map(|spec| spec.services.into_keys().collect()).unwrap_or_default(),
    };
    runtime(async {
        let engine = engine::connect(context).await?;
        let observer: &dyn Observer = &*engine;
        let scope = session::bare_scope(&name);
        let tail = match args.tail {
            Some(Tail::Last(lines)) => Some(lines),
            Some(Tail::All) | None => None,
        };
        let printer = Printer { context, prefix: Prefix::new(!args.no_log_prefix), timestamps: args.timestamps };
        if args.follow {
            let options = follower::Options { tail, since: args.since };
            follow::follow(observer, &scope, &chosen, &options, printer).await?;
        } else {
            let observed = observer.observe(&scope).await?;
            chosen.check(&observed.containers)?;
            let options = LogOptions { follow: false, tail, since: args.since, timestamps: true };
            let containers = observed.containers.iter().filter(|container| chosen.has(container));
            print(observer, &containers.collect::<Vec<_>>(), &options, printer).await?;
        }
        Ok(Outcome::Done)
    })
}

/// Whose logs are shown.
struct Chosen {
    /// These services; all but the unattached ones if there are none.
    services: Vec<String>,
    /// Services that are shown only where they are named, as far as a spec of this environment is at hand.
    unattached: BTreeSet<ServiceName>,
    /// Services that may still come, where they are waited for.
    to_come: BTreeSet<String>,
}

impl Chosen {
    /// Each service that is named must have a container, or be one that is to come.
    fn check(&self, containers: &[Container]) -> Result<(), Failure> {
        let there = |name: &str| containers.iter().any(|container| container.service.as_str() == name);
        match self.services.iter().find(|name| !there(name) && !self.to_come.contains(*name)) {
            None => Ok(()),
            Some(name) => Err(Failure::new(Kind::Invalid, format!("there is no container of a service `{name}`"))
                .hint("`dsenv status` lists the services")),
        }
    }

    fn has(&self, container: &Container) -> bool {
        let all = self.services.is_empty() && !container.oneoff && !self.unattached.contains(&container.service);
        all || self.services.iter().any(|name| container.service.as_str() == name)
    }
}

/// What stands before the lines of a container.
fn name(container: &Container) -> String {
    format!("{}-{}", container.service, container.replica)
}

/// Prints lines with what stands before them.
struct Printer<'a> {
    context: &'a Context<'a>,
    prefix: Prefix,
    timestamps: bool,
}

impl Printer<'_> {
    fn say(&mut self, name: &str, line: &LogLine) {
        let LogLine { stderr, at, text, open } = line;
        let column = self.prefix.column(name);
        let stamped = at.filter(|_| self.timestamps).map(|at| format!("{at:.9} {text}"));
        let text = stamped.as_deref().unwrap_or(text);
        self.context.shell.pass(&self.prefix.line(Said { column, stderr: *stderr, text, open: *open }));
    }
}

async fn print(
    engine: &dyn Observer,
    containers: &[&Container],
    options: &LogOptions,
    mut printer: Printer<'_>,
) -> Result<(), EngineError> {
    let names: Vec<_> = containers.iter().map(|container| name(container)).collect();
    // All are known before the first line, so that they stand in one column.
    for name in &names {
        printer.prefix.column(name);
    }
    let mut streams = Vec::new();
    for container in containers {
        streams.push(engine.logs(&container.id, options).await?);
    }
    in_order(streams, |index, line| printer.say(&names[index], line)).await
}

/// Each stream is in order already, so the next line of all is the oldest of their next ones.
async fn in_order(mut streams: Vec<LogStream>, mut say: impl FnMut(usize, &LogLine)) -> Result<(), EngineError> {
    let mut heads: Vec<Option<LogLine>> = Vec::new();
    let mut next = BinaryHeap::new();
    for (index, stream) in streams.iter_mut().enumerate() {
        heads.push(stream.try_next().await?);
        next.extend(heads[index].as_ref().map(|line| Reverse((line.at, index))));
    }
    while let Some(Reverse((at, index))) = next.pop() {
        if let Some(line) = heads[index].take() {
            say(index, &line);
        }
        heads[index] = streams[index].try_next().await?;
        // The later pieces of a line have its time.
        next.extend(heads[index].as_ref().map(|line| Reverse((line.at.or(at), index))));
    }
    Ok(())
}

type LogStream = BoxStream<'static, Result<LogLine, EngineError>>;

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use futures_util::{StreamExt, stream};

    use super::*;

    fn lines(texts: &[&str]) -> LogStream {
        let line = |text: &&str| {
            let (at, text) = text.split_once(' ').unwrap();
            let at = at.parse().ok().map(|second| Timestamp::from_second(second).unwrap());
            Ok(LogLine { stderr: false, at, text: text.to_owned(), open: false })
        };
        stream::iter(texts.iter().map(line).collect::<Vec<_>>()).boxed()
    }

    #[tokio::test]
    async fn lines_of_several_containers_come_in_the_order_of_their_time() {
        let told = RefCell::new(Vec::new());
        let say = |index: usize, line: &LogLine| told.borrow_mut().push(format!("{index}:{}", line.text));
        in_order(vec![lines(&["1 a", "4 b"]), lines(&[]), lines(&["2 c", "- d", "5 e"])], say).await.unwrap();
        assert_eq!(told.into_inner(), ["0:a", "2:c", "2:d", "0:b", "2:e"]);
    }
}

//! `dsenv logs`: what containers have said.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::time::Duration;

use futures_util::TryStreamExt;
use futures_util::stream::{BoxStream, SelectAll};

use super::{Context, Failure, Kind, Outcome, desired, engine, load, runtime, session};
use crate::engine::{EngineError, LogLine, LogOptions, Observer};
use crate::model::{ProjectName, ServiceName};
use crate::report::Prefix;
use crate::resolve;
use crate::state::Container;

/// Arguments of `logs`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Services; all by default, less those with `attach: false`
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
    /// Wait for more
    #[arg(short, long)]
    pub follow: bool,
    /// Spec file, instead of the one found; `-f` is --follow here
    #[arg(id = "files", long = "file", value_name = "FILE")]
    pub files: Vec<String>,
    /// The last lines of each container only
    #[arg(short = 'n', long, value_name = "LINES", value_parser = lines)]
    pub tail: Option<Tail>,
    /// What is younger than this: a length of time, or a date and time
    #[arg(long, value_name = "TIME", value_parser = super::time::since)]
    pub since: Option<Duration>,
    /// Begin each line with its time
    #[arg(short, long)]
    pub timestamps: bool,
    /// Leave out whose line it is
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
    let project = desired::project_name(context, None)?;
    runtime(async {
        let engine = engine::connect(context).await?;
        let observer: &dyn Observer = &*engine;
        let observed = observer.observe(&session::bare_scope(&project)).await?;
        let chosen = choose(&observed.containers, &args.services, &unattached(context, &project))?;
        print(context, args, observer, &chosen).await?;
        Ok(Outcome::Done)
    })
}

/// Services that are shown only where they are named, as far as a spec of this environment is at hand.
fn unattached(context: &Context<'_>, project: &ProjectName) -> BTreeSet<ServiceName> {
    let loaded = load::load_quietly(context, None).ok().filter(|loaded| loaded.spec.name == project.as_str());
    loaded.map(|loaded| resolve::unattached(&loaded.spec)).unwrap_or_default()
}

/// The containers of these services; without any, of all but the unattached ones.
fn choose<'c>(
    containers: &'c [Container],
    services: &[String],
    unattached: &BTreeSet<ServiceName>,
) -> Result<Vec<&'c Container>, Failure> {
    let is = |container: &Container, name: &str| container.service.as_str() == name;
    if let Some(name) = services.iter().find(|name| !containers.iter().any(|container| is(container, name))) {
        return Err(Failure::new(Kind::Invalid, format!("there is no container of a service `{name}`"))
            .hint("`dsenv status` lists the services"));
    }
    let wanted = |container: &&Container| {
        let all = services.is_empty() && !container.oneoff && !unattached.contains(&container.service);
        all || services.iter().any(|name| is(container, name))
    };
    Ok(containers.iter().filter(wanted).collect())
}

async fn print(
    context: &Context<'_>,
    args: &Args,
    engine: &dyn Observer,
    containers: &[&Container],
) -> Result<(), EngineError> {
    // The time is asked for in any case where lines of several containers are to be brought into one order.
    let merge = !args.follow && containers.len() > 1;
    let options = LogOptions {
        follow: args.follow,
        tail: match args.tail {
            Some(Tail::Last(lines)) => Some(lines),
            Some(Tail::All) | None => None,
        },
        since: args.since,
        timestamps: args.timestamps || merge,
    };
    let names: Vec<_> =
        containers.iter().map(|container| format!("{}-{}", container.service, container.replica)).collect();
    let prefix = Prefix::new(&names, !args.no_log_prefix);
    let say = |index: usize, line: &LogLine| {
        let text = match line.text.split_once(' ') {
            Some((_, rest)) if merge && !args.timestamps => rest,
            _ => &line.text,
        };
        context.shell.data(&prefix.line(index, text));
    };
    let mut streams = Vec::new();
    for container in containers {
        streams.push(engine.logs(&container.id, &options).await?);
    }
    if merge { in_order(streams, say).await } else { as_they_come(streams, say).await }
}

async fn as_they_come(streams: Vec<LogStream>, say: impl Fn(usize, &LogLine)) -> Result<(), EngineError> {
    let named = streams.into_iter().enumerate().map(|(index, lines)| lines.map_ok(move |line| (index, line)));
    let mut lines: SelectAll<_> = named.collect();
    while let Some((index, line)) = lines.try_next().await? {
        say(index, &line);
    }
    Ok(())
}

/// Each stream is in order already, so the next line of all is the oldest of their next ones.
async fn in_order(mut streams: Vec<LogStream>, say: impl Fn(usize, &LogLine)) -> Result<(), EngineError> {
    let mut heads: Vec<Option<LogLine>> = Vec::new();
    let mut next = BinaryHeap::new();
    let time = |line: &LogLine| line.text.split(' ').next().unwrap_or_default().to_owned();
    for (index, stream) in streams.iter_mut().enumerate() {
        heads.push(stream.try_next().await?);
        next.extend(heads[index].as_ref().map(|line| Reverse((time(line), index))));
    }
    while let Some(Reverse((_, index))) = next.pop() {
        if let Some(line) = heads[index].take() {
            say(index, &line);
        }
        heads[index] = streams[index].try_next().await?;
        next.extend(heads[index].as_ref().map(|line| Reverse((time(line), index))));
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
        let line = |text: &&str| Ok(LogLine { stderr: false, text: (*text).to_owned() });
        stream::iter(texts.iter().map(line).collect::<Vec<_>>()).boxed()
    }

    #[tokio::test]
    async fn lines_of_several_containers_come_in_the_order_of_their_time() {
        let told = RefCell::new(Vec::new());
        let say = |index: usize, line: &LogLine| told.borrow_mut().push(format!("{index}:{}", line.text));
        in_order(vec![lines(&["1 a", "4 b"]), lines(&[]), lines(&["2 c", "3 d", "5 e"])], say).await.unwrap();
        assert_eq!(told.into_inner(), ["0:1 a", "2:2 c", "2:3 d", "0:4 b", "2:5 e"]);
    }
}

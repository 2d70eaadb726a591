//! `logs --follow`: through restarts, replacements and new containers, as long as one of them runs or is about to.

use std::io;
use std::pin::pin;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::time::Instant;

use super::follower::{Follower, Heard, Options, open};
use super::{Chosen, Printer};
use crate::command::Failure;
use crate::engine::Observer;
use crate::state::{Container, RunState, Scope};

/// After a stream of pokes was opened: what happened while the engine heard of it.
const AGAIN: Duration = Duration::from_millis(500);
/// Before the look at a container whose stream ended: one that is opened again must not end at once without a pause.
const MOMENT: Duration = Duration::from_millis(50);
/// How long nothing may run before it is over: a container that is restarted or replaced is away for a moment.
const REST: Duration = Duration::from_secs(2);

/// Prints what the chosen containers say.
///
/// # Errors
/// When there is no such service, or the engine does not answer.
pub(super) async fn follow(
    engine: &dyn Observer,
    scope: &Scope,
    chosen: &Chosen,
    options: &Options,
    mut printer: Printer<'_>,
) -> Result<(), Failure> {
    let mut follower = Follower::default();
    let mut pokes = engine.pokes(scope).await?;
    let mut again = Some(Instant::now() + AGAIN);
    let (mut first, mut ran, mut rests_since) = (true, false, None);
    let mut unread = pin!(unread());
    loop {
        let observed = engine.observe(scope).await?;
        if first {
            chosen.check(&observed.containers)?;
        }
        let containers: Vec<_> = observed.containers.iter().filter(|container| chosen.has(container)).collect();
        for container in &containers {
            let options = if first { options.clone() } else { Options { tail: None, since: None } };
            if let Some(asked) = follower.ask(container, &super::name(container), &options) {
                follower.add(&container.id, open(engine, &container.id, asked).await?);
            }
        }
        first = false;
        let busy = containers.iter().any(|container| !rests(container));
        ran |= busy;
        if busy {
            rests_since = None;
        } else if !follower.reads() {
            let since = *rests_since.get_or_insert_with(Instant::now);
            if !ran || since.elapsed() >= REST {
                return Ok(());
            }
            again = Some(since + REST);
        }
        loop {
            let due = async {
                match again {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                Some(heard) = follower.next() => {
                    let ended = match heard {
                        Heard::Line(name, line) => {
                            printer.say(&name, &line);
                            false
                        }
                        Heard::End => true,
                        Heard::Failure(error) => return Err(error.into()),
                    };
                    if printer.context.shell.is_closed() {
                        return Ok(());
                    }
                    if ended {
                        tokio::time::sleep(MOMENT).await;
                        break;
                    }
                }
                poke = pokes.next() => {
                    if poke.is_none() {
                        tokio::time::sleep(AGAIN).await;
                        pokes = engine.pokes(scope).await?;
                        again = Some(Instant::now() + AGAIN);
                    }
                    // One look answers all that came meanwhile.
                    while let Some(Some(_)) = pokes.next().now_or_never() {}
                    break;
                }
                () = due => {
                    again = None;
                    break;
                }
                () = &mut unread => return Ok(()),
            }
        }
    }
}

/// Waits until the reader of standard output is gone. A file has none, and is written to in any case.
async fn unread() {
    let output = io::stdout();
    loop {
        tokio::time::sleep(REST).await;
        let mut asked = [PollFd::new(&output, PollFlags::empty())];
        let answered = poll(&mut asked, Some(&Timespec::default())).is_ok();
        if answered && asked[0].revents().contains(PollFlags::ERR) {
            return;
        }
    }
}

/// Whether a container does not run and is not about to.
fn rests(container: &Container) -> bool {
    match container.state {
        RunState::Exited { .. } | RunState::Removing | RunState::Dead => true,
        RunState::Created | RunState::Running | RunState::Paused | RunState::Restarting => false,
    }
}

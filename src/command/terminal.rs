//! The terminal of this process, handed through to a command in a container.

use std::io;

use futures_util::future::{FutureExt, select_all};
use futures_util::stream::{self, BoxStream, StreamExt};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// A terminal that passes every key on as it is, until this is dropped.
pub struct Raw {
    before: Termios,
}

impl Raw {
    /// Switches standard input over.
    ///
    /// # Errors
    /// When it is no terminal.
    pub fn enter() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
        Ok(Self { before })
    }
}

/// Columns and rows of standard output's terminal.
pub fn size() -> (u16, u16) {
    tcgetwinsize(io::stdout()).map_or((80, 24), |size| (size.ws_col, size.ws_row))
}

/// The same whenever they change, from now on.
///
/// # Errors
/// When the system gives no handler.
pub fn sizes() -> io::Result<BoxStream<'static, (u16, u16)>> {
    let changes = signal(SignalKind::window_change())?;
    let next = |mut changes: Signal| async move { changes.recv().await.map(|()| (size(), changes)) };
    Ok(stream::unfold(changes, next).boxed())
}

/// The number of the signal that asks this process to end, when one comes. From now on none ends it at once, so that a
/// terminal can be put back.
///
/// # Errors
/// When the system gives no handler.
pub fn ended() -> io::Result<impl Future<Output = i32>> {
    let kinds = [SignalKind::hangup(), SignalKind::interrupt(), SignalKind::quit(), SignalKind::terminate()];
    let signals = kinds.into_iter().map(|kind| Ok((kind, signal(kind)?))).collect::<io::Result<Vec<_>>>()?;
    let heard = signals.into_iter().map(|(kind, mut signal)| {
        Box::pin(async move {
            signal.recv().await;
            kind.as_raw_value()
        })
    });
    Ok(select_all(heard).map(|(number, ..)| number))
}

impl Drop for Raw {
    fn drop(&mut self) {
        // If it cannot be put back there is nothing left to do about it.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}

//! Bytes that a thread writes while they are sent: they are never in memory all at once.

use std::io::{self, BufWriter, Write};

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Bytes in one piece.
const PIECE: usize = 64 << 10;
/// Pieces that wait for the engine.
const PIECES: usize = 16;

pub(super) type Pieces = BoxStream<'static, io::Result<Bytes>>;

/// What the thread writes to.
pub(super) type Writer = BufWriter<Pipe>;

pub(super) struct Pipe(mpsc::Sender<io::Result<Bytes>>);

/// Writes in a thread of its own while the pieces are read.
pub(super) fn send(
    write: impl FnOnce(Writer) -> io::Result<()> + Send + 'static,
) -> (Pieces, JoinHandle<io::Result<()>>) {
    let (sender, receiver) = mpsc::channel(PIECES);
    let archive = tokio::task::spawn_blocking(move || {
        let failed = sender.clone();
        let written = write(BufWriter::with_capacity(PIECE, Pipe(sender)));
        if let Err(error) = &written {
            // The request is broken off, so that the engine does not take half an archive for a whole one.
            failed.blocking_send(Err(io::Error::new(error.kind(), error.to_string()))).ok();
        }
        written
    });
    let pieces = stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)));
    (Box::pin(pieces), archive)
}

/// What is in memory already.
pub(super) fn whole(bytes: Vec<u8>) -> Pieces {
    Box::pin(stream::iter([Ok(Bytes::from(bytes))]))
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = Ok(Bytes::copy_from_slice(bytes));
        self.0.blocking_send(piece).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

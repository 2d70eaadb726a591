//! Keys of a person at the terminal, each as it is pressed.

use std::io::{self, IsTerminal, Read};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// The terminal passes keys on without Enter and without showing them, until this is dropped. Ctrl-C still interrupts.
pub struct Keys {
    keys: UnboundedReceiver<u8>,
    before: Termios,
}

impl Keys {
    /// `None` where nobody sits.
    pub fn listen() -> Option<Self> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return None;
        }
        let before = tcgetattr(io::stdin()).ok()?;
        let mut each = before.clone();
        each.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Now, &each).ok()?;
        let (sender, keys) = unbounded_channel();
        // The thread waits for a key at the end of the process; nobody waits for the thread.
        std::thread::spawn(move || {
            for key in io::stdin().lock().bytes() {
                let Ok(key) = key else { return };
                if sender.send(key).is_err() {
                    return;
                }
            }
        });
        Some(Self { keys, before })
    }

    /// The next key.
    pub async fn next(&mut self) -> char {
        match self.keys.recv().await {
            Some(key) => char::from(key),
            None => std::future::pending().await,
        }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        // If it cannot be put back there is nothing left to do about it.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}

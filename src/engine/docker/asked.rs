//! Calls that only look, and that the engine has not answered yet: for whoever waits to be told which.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Calls that are open.
#[derive(Debug, Default)]
pub(super) struct Asked(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    last: u64,
    calls: BTreeMap<u64, (String, Instant)>,
}

impl Asked {
    /// What the answer brings; the call is open until then.
    pub async fn during<T>(&self, call: impl Into<String>, answer: impl Future<Output = T>) -> T {
        let number = {
            let mut open = self.open();
            open.last += 1;
            let number = open.last;
            open.calls.insert(number, (call.into(), Instant::now()));
            number
        };
        let _closes = Closes(self, number);
        answer.await
    }

    /// The open calls, and for how long.
    pub fn unanswered(&self) -> Vec<(String, Duration)> {
        self.open().calls.values().map(|(call, since)| (call.clone(), since.elapsed())).collect()
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes a call, answered or given up.
struct Closes<'a>(&'a Asked, u64);

impl Drop for Closes<'_> {
    fn drop(&mut self) {
        self.0.open().calls.remove(&self.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_is_open_until_it_is_answered_or_given_up() {
        let asked = Asked::default();
        let slow = asked.during("GET /networks", tokio::time::sleep(Duration::from_secs(9)));
        let mut slow = Box::pin(slow);
        let first = tokio::time::timeout(Duration::from_secs(2), &mut slow).await;
        assert!(first.is_err());
        assert_eq!(asked.unanswered(), [("GET /networks".to_owned(), Duration::from_secs(2))]);
        asked.during("GET /info", async {}).await;
        assert_eq!(asked.unanswered().len(), 1);
        drop(slow);
        assert!(asked.unanswered().is_empty());
    }
}

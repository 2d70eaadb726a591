//! The async runtime, made only by the verbs that speak to an engine.

use super::{Failure, Kind};

/// Runs a verb's async part to its end.
///
/// # Errors
/// Those of the future, and when the system gives no runtime.
pub fn runtime<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(Kind::Error, format!("no runtime can be made: {error}")))?;
    let result = runtime.block_on(future);
    // A thread that waits for standard input would hold up the exit.
    runtime.shutdown_background();
    result
}

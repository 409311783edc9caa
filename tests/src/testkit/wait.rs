//! Waiting for what happens in another process.

use std::{
    future::Future,
    time::{Duration, Instant},
};

/// Longest wait for what has to happen: a slow machine with many tests on it needs minutes where an
/// idle one needs a second. What takes so long is counted as what never happens.
pub(crate) const LIMIT: Duration = Duration::from_secs(180);

/// Polls `look` every 50 ms until it gives something; panics with `what` after `limit`.
pub(crate) async fn eventually<T, F>(what: &str, limit: Duration, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let started = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(started.elapsed() < limit, "{what}: did not happen within {limit:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

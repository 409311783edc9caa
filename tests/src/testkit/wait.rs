//! Waiting for what happens in another process.

use std::{
    future::Future,
    time::{Duration, Instant},
};

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

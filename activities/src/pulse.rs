//! The heartbeat of an activity, free of Temporal: the worker beats to the server, the command line
//! draws a progress line, a test counts.

use std::{future::Future, time::Duration};

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::code;
use teal_model::{Error, Result};

/// How far the running activity is. Small: it travels in heartbeats.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// What is being done: `copying orders`, `merging orders`.
    pub doing: String,
    /// Rows done so far.
    pub rows: u64,
    /// Bytes done so far.
    pub bytes: u64,
    /// Rows expected, 0 when unknown.
    pub total_rows: u64,
}

/// Sign of life and cancellation of one activity.
pub trait Pulse: Send + Sync {
    /// Says that the work goes on. Cheap; the implementation throttles.
    fn beat(&self, progress: &Progress);

    /// Fires when the work should stop: cancelled, drained, or Ctrl-C.
    fn cancellation(&self) -> CancellationToken;
}

/// A pulse that nobody feels: for tests and for short work.
#[derive(Debug, Default)]
pub struct Still(CancellationToken);

impl Pulse for Still {
    fn beat(&self, _progress: &Progress) {}

    fn cancellation(&self) -> CancellationToken {
        self.0.clone()
    }
}

/// How often a long statement is answered by a heartbeat; well below the smallest heartbeat timeout.
const BEAT_EVERY: Duration = Duration::from_secs(2);

/// Runs `work` (one long statement) with a beat every two seconds, until done or cancelled.
///
/// # Errors
/// Those of `work`; `ENGINE0001` when the pulse was cancelled first (the work is dropped: a
/// statement's transaction rolls back as its connection closes).
pub async fn while_beating<T>(
    pulse: &dyn Pulse,
    progress: &Progress,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let cancelled = pulse.cancellation();
    let mut work = std::pin::pin!(work);
    let mut beat = tokio::time::interval(BEAT_EVERY);
    loop {
        tokio::select! {
            result = &mut work => return result,
            () = cancelled.cancelled() => {
                return Err(Error::new(code::ENGINE0001).with("while", &progress.doing));
            }
            _ = beat.tick() => pulse.beat(progress),
        }
    }
}

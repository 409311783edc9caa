//! Timeouts of activities, in one place, each with its reason.
//!
//! Temporal retries none of them: an activity reports its failure and the workflow decides
//! (`workflows/src/stream/step.rs`), so that a person sees every failure and `backing_off` means
//! what it says.

use std::time::Duration;

use temporalio_common::RetryPolicy;
use temporalio_sdk::{ActivityCancellationType, ActivityOptions};
use temporalio_workflow::WorkflowCancellationToken;

/// A control activity is a handful of short statements at the catalog. Opening a connection may
/// take 15 s and waiting for one of the pool 20 s (`activities/src/pg/connect.rs`); a minute holds both.
const QUICK_RUN: Duration = Duration::from_secs(60);
/// Smallest heartbeat timeout: activities beat every 2 s, the SDK passes on at most one beat per
/// [`HEARTBEAT_THROTTLE`], and a busy machine may be late by a few of them.
const LEAST_HEARTBEAT: Duration = Duration::from_secs(10);
/// Longest gap between two heartbeats that the SDK sends. A cancellation travels on the answer of
/// a heartbeat, so this is also how long a `reload` waits for an ingest to notice.
pub const HEARTBEAT_THROTTLE: Duration = Duration::from_secs(2);
/// Start-to-close bounds of bulk work (DESIGN §3): the estimate may be wrong both ways, so never
/// below ten minutes; a day is where a load that cannot resume makes no sense any more.
const BULK_RUN: (Duration, Duration) = (Duration::from_secs(600), Duration::from_secs(86_400));

/// One attempt: the workflow decides about the next.
fn once() -> RetryPolicy {
    RetryPolicy::builder().maximum_attempts(1).build()
}

/// Short control work at the catalog: load, note, `set_intent`, begin and finish of an apply.
/// An attempt whose worker died is noticed by its heartbeat, one that hangs is given up after a
/// minute.
pub fn quick(summary: impl Into<String>) -> ActivityOptions {
    ActivityOptions::with_start_to_close_timeout(QUICK_RUN)
        .heartbeat_timeout(LEAST_HEARTBEAT)
        .retry_policy(once())
        .summary(cut(summary.into()))
        .build()
}

/// What [`bulk`] needs to know.
#[derive(Debug, Clone)]
pub struct Bulk {
    /// Task queue; `None`: that of the workflow.
    pub queue: Option<String>,
    /// Longest run, from the estimate; 0: the default of ten minutes.
    pub run_seconds: u32,
    /// Longest silence, from the model; 0: the default of 30 seconds.
    pub heartbeat_seconds: u32,
    /// Cancels it; the workflow waits until the work has really stopped.
    pub cancel: Option<WorkflowCancellationToken>,
    /// For the Temporal UI.
    pub summary: String,
}

/// Work that may take long: reconcile, ingest, merge, retire, a step of an apply. The heartbeat is
/// its liveness, start-to-close only a backstop. No schedule-to-start timeout: a queue without a
/// worker is a state that a person mends, and the activity then starts by itself.
pub fn bulk(work: Bulk) -> ActivityOptions {
    let run = Duration::from_secs(work.run_seconds.into()).clamp(BULK_RUN.0, BULK_RUN.1);
    let heartbeat = match work.heartbeat_seconds {
        0 => Duration::from_secs(30),
        seconds => Duration::from_secs(seconds.into()).max(LEAST_HEARTBEAT),
    };
    ActivityOptions::with_start_to_close_timeout(run)
        .heartbeat_timeout(heartbeat)
        .retry_policy(once())
        .maybe_task_queue(work.queue.filter(|queue| !queue.is_empty()))
        .maybe_cancellation_token(work.cancel)
        .cancellation_type(ActivityCancellationType::WaitCancellationCompleted)
        .summary(cut(work.summary))
        .build()
}

/// Most bytes of a summary that Temporal's UI is made for (the server takes 400).
const SUMMARY_BYTES: usize = 200;

/// Cuts a summary at a character boundary.
pub fn cut(mut summary: String) -> String {
    if summary.len() > SUMMARY_BYTES {
        let end = (0..=SUMMARY_BYTES - 3).rev().find(|at| summary.is_char_boundary(*at));
        summary.truncate(end.unwrap_or(0));
        summary.push('…');
    }
    summary
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bulk_run_stays_between_ten_minutes_and_a_day() {
        let of = |seconds| {
            bulk(Bulk {
                queue: None,
                run_seconds: seconds,
                heartbeat_seconds: 0,
                cancel: None,
                summary: String::new(),
            })
            .close_timeouts
        };
        assert_eq!(of(0).start_to_close(), Some(Duration::from_secs(600)));
        assert_eq!(of(7_200).start_to_close(), Some(Duration::from_secs(7_200)));
        assert_eq!(of(u32::MAX).start_to_close(), Some(Duration::from_secs(86_400)));
    }

    #[test]
    fn long_summary_is_cut_at_a_character() {
        let cut = cut("ü".repeat(300));
        assert!(cut.len() <= SUMMARY_BYTES && cut.ends_with('…'), "{}", cut.len());
    }
}

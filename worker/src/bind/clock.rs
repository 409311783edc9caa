//! Temporal's clock, as an activity sees it. The worker's own is never read.

use std::time::UNIX_EPOCH;

use temporalio_sdk::activities::ActivityContext;

/// When the server handed this activity out, by its clock, Unix milliseconds; 0 when it did not say.
pub(super) fn handed_out_ms(ctx: &ActivityContext) -> i64 {
    let since = ctx.info().started_time.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    since.and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or(0)
}

//! When a stream's next batch is due, from what the ledger knows. All times are the server's.

use jiff::Timestamp;
use teal_model::release::StreamSpec;

use super::ledger::state::State;

/// A batch that began this little before its due time was meant for it: the clocks of Temporal and
/// of the merge store differ.
const SKEW_MS: i64 = 2_000;

/// Next due time after `now_ms`; `None`: only on request.
pub(crate) fn after(spec: &StreamSpec, now_ms: i64) -> Option<i64> {
    let now = Timestamp::from_millisecond(now_ms).ok()?;
    spec.schedule.next_after(&spec.id, now).map(Timestamp::as_millisecond)
}

/// Next due time after a batch that began at `started_at_ms`. A tick that fell into its run is due at
/// once (many such ticks are one), the tick it was made for is not.
pub(crate) fn after_batch(spec: &StreamSpec, started_at_ms: i64, state: &State) -> Option<i64> {
    let served = match state.next_due_at_ms {
        Some(due) if due <= started_at_ms.saturating_add(SKEW_MS) => due.max(started_at_ms),
        Some(_) | None => started_at_ms,
    };
    after(spec, served)
}

/// When the stream has to run next, as a workflow that starts or reloads should see it: a new stream
/// at once, else what was decided, else (after a pause, after a change of schedule) the first tick
/// since the last commit.
pub(crate) fn now_or_next(spec: &StreamSpec, state: &State, decided: Option<i64>) -> Option<i64> {
    after(spec, state.now_ms)?; // external, or a cron that never comes again
    match (decided, state.committed_at_ms) {
        (Some(due), _) => Some(due),
        (None, Some(committed_at)) => after(spec, committed_at),
        (None, None) => Some(state.now_ms),
    }
}

//! When a stream's next batch is due, from what the ledger knows. All times are the merge store's, in
//! Unix milliseconds; [`super::clock`] hands them to who has another clock.

use jiff::Timestamp;
use teal_model::{StreamId, release::StreamSpec, schedule::Schedule};

use super::{clock::TOLERANCE_MS, ledger::state::State};

/// Next due time after `now_ms`; `None`: only on request.
pub(crate) fn after(spec: &StreamSpec, now_ms: i64) -> Option<i64> {
    tick_after(&spec.schedule, &spec.id, now_ms)
}

/// Next due time after a batch whose attempt began at `began_at_ms`. A tick that fell into its run is
/// due at once (many such ticks are one), the tick that it was made for is not.
pub(crate) fn after_batch(spec: &StreamSpec, began_at_ms: i64, state: &State) -> Option<i64> {
    after(spec, served(began_at_ms, state.next_due_at_ms))
}

/// When the stream has to run next, as a workflow that starts or reloads should see it: a new stream
/// at once, else what was decided, else (after a pause, after a change of schedule) the first tick
/// since the last commit, which may lie in the future of a clock that was set back.
pub(crate) fn now_or_next(spec: &StreamSpec, state: &State, decided: Option<i64>) -> Option<i64> {
    after(spec, state.now_ms)?; // external, or a cron that never comes again
    match (decided, state.committed_at_ms) {
        (Some(due), _) => Some(due),
        (None, Some(committed_at)) => after(spec, committed_at.min(state.now_ms)),
        (None, None) => Some(state.now_ms),
    }
}

/// Up to which moment the ticks of the schedule are served by a batch that began then.
fn served(began_at_ms: i64, due_at_ms: Option<i64>) -> i64 {
    match due_at_ms {
        Some(due) if due <= began_at_ms.saturating_add(TOLERANCE_MS) => due.max(began_at_ms),
        Some(_) | None => began_at_ms,
    }
}

fn tick_after(schedule: &Schedule, stream: &StreamId, now_ms: i64) -> Option<i64> {
    let now = Timestamp::from_millisecond(now_ms).ok()?;
    schedule.next_after(stream, now).map(Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Next due time of a stream of one minute, relative to the tick `due`, which is due.
    fn next(began: i64) -> i64 {
        let (every, stream) = (Schedule::Every { seconds: 60 }, StreamId::multi("live", "shop"));
        let due = tick_after(&every, &stream, 1_700_000_000_000).unwrap();
        tick_after(&every, &stream, served(due + began, Some(due))).unwrap() - due
    }

    #[test]
    fn the_tick_that_a_batch_was_made_for_is_served() {
        for began in [0, 40, -40, -4_900, 59_999] {
            assert_eq!(next(began), 60_000, "began {began} ms after its due time");
        }
    }

    #[test]
    fn a_run_on_request_leaves_the_tick_alone() {
        assert_eq!(next(-30_000), 0);
        assert_eq!(served(7, None), 7);
    }

    #[test]
    fn many_missed_ticks_are_one() {
        assert_eq!(next(600_500), 660_000);
    }
}

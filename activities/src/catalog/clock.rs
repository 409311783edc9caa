//! Two clocks: the merge store's, by which schedules run and the ledger writes, and that of who asks
//! (Temporal's), by which a workflow waits.
//!
//! Neither has to be right, and they need not agree: a due time is handed over in the asker's terms.
//! A workflow that waited by its own clock for a time of another one would be late at each tick by as
//! much as that one is ahead, and would run without a rest where it is behind.
//! The worker's own clock is not asked: the server tells when it handed an activity out, and from then
//! on time is measured, not read.

use std::time::Instant;

use sqlx::PgConnection;
use teal_model::Result;

use crate::pg::PgResultExt;

/// Clocks that differ by less count as one: a message takes its time, and so does a busy worker. A
/// batch that begins this little before its due time was meant for it ([`super::due`]).
pub(crate) const TOLERANCE_MS: i64 = 5_000;

/// How often a clock is read; the quickest answer says most.
const READINGS: usize = 3;
/// After an answer whose way hides so little nothing better is looked for.
const CLEAR_MS: u64 = 100;

/// The clock of who asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker {
    /// What it showed when it asked; `None`: it speaks in terms of the merge store's.
    asked_at_ms: Option<i64>,
    since: Instant,
}

impl Asker {
    /// From a request that has just arrived.
    pub(crate) fn new(asked_at_ms: i64) -> Self {
        Self { asked_at_ms: (asked_at_ms != 0).then_some(asked_at_ms), since: Instant::now() }
    }

    /// What it shows now.
    pub(crate) fn now_ms(&self) -> Option<i64> {
        let passed = i64::try_from(self.since.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.asked_at_ms.map(|asked_at| asked_at.saturating_add(passed))
    }

    /// How far the merge store's clock is ahead of it. The store is asked now: a time that it told
    /// earlier has aged by who knows how much.
    ///
    /// # Errors
    /// Those of PostgreSQL.
    pub(crate) async fn skew(&self, ledger: &mut PgConnection) -> Result<Skew> {
        if self.asked_at_ms.is_none() {
            return Ok(Skew::default());
        }
        skew(ledger, || self.now_ms().unwrap_or_default()).await
    }
}

/// How far a server's clock is ahead of ours, which shows `now_ms`.
///
/// # Errors
/// Those of PostgreSQL.
pub(crate) async fn skew(connection: &mut PgConnection, now_ms: impl Fn() -> i64) -> Result<Skew> {
    let mut best: Option<Skew> = None;
    for _reading in 0..READINGS {
        let before = now_ms();
        let there: i64 =
            sqlx::query_scalar("select (extract(epoch from clock_timestamp()) * 1000)::bigint")
                .fetch_one(&mut *connection)
                .await
                .during("asking for the time")?;
        let reading = Skew::between(before, there, now_ms());
        if best.is_none_or(|best| reading.blur_ms < best.blur_ms) {
            best = Some(reading);
        }
        if reading.blur_ms <= CLEAR_MS {
            break;
        }
    }
    Ok(best.unwrap_or_default())
}

/// What one look at another clock told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Skew {
    /// How far the other clock is ahead, in milliseconds.
    pub ahead_ms: i64,
    /// How far off that may be: half the time between question and answer.
    pub blur_ms: u64,
}

impl Skew {
    /// From our time before the question, the other's answer, our time after it; all in Unix
    /// milliseconds.
    pub fn between(before_ms: i64, there_ms: i64, after_ms: i64) -> Self {
        let middle = before_ms.midpoint(after_ms);
        Self {
            ahead_ms: there_ms.saturating_sub(middle),
            blur_ms: after_ms.abs_diff(before_ms).div_ceil(2),
        }
    }

    /// The part of it that the way there and back cannot explain.
    pub(crate) fn certain_ms(self) -> i64 {
        let size = self.ahead_ms.unsigned_abs().saturating_sub(self.blur_ms);
        i64::try_from(size).unwrap_or(i64::MAX).saturating_mul(self.ahead_ms.signum())
    }

    /// As it counts for due times: clocks that nearly agree are one.
    pub(crate) fn counted_ms(self) -> i64 {
        let certain = self.certain_ms();
        if certain.saturating_abs() < TOLERANCE_MS { 0 } else { certain }
    }
}

/// A time of the merge store's clock in terms of one that is behind it by `ahead_ms`; 0, which stands
/// for none, stays 0.
pub(crate) fn theirs(at_ms: i64, ahead_ms: i64) -> i64 {
    if at_ms == 0 { 0 } else { at_ms.saturating_sub(ahead_ms).max(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ahead(ledger_now_ms: i64, asker_now_ms: i64) -> i64 {
        Skew::between(asker_now_ms, ledger_now_ms, asker_now_ms).counted_ms()
    }

    #[test]
    fn clocks_that_nearly_agree_are_one() {
        assert_eq!(
            [0, 900, -900, 4_999, -4_999].map(|skew| ahead(1_000_000 + skew, 1_000_000)),
            [0; 5]
        );
        assert_eq!(
            [5_000, -3_600_000].map(|skew| ahead(9_000_000 + skew, 9_000_000)),
            [5_000, -3_600_000]
        );
    }

    #[test]
    fn a_slow_answer_is_no_skew() {
        const HOUR: i64 = 3_600_000;
        // asked at 0, answered after a minute; the store read its clock at once, or at the very end
        for (there, counted) in
            [(0, 0), (60_000, 0), (64_999, 0), (65_000, 5_000), (-5_000, -5_000)]
        {
            assert_eq!(Skew::between(0, there, 60_000).counted_ms(), counted, "{there}");
        }
        assert_eq!(Skew::between(0, HOUR, 60_000).counted_ms(), HOUR - 60_000);
        assert_eq!(Skew::between(0, -HOUR, 60_000).counted_ms(), -HOUR);
    }

    #[test]
    fn a_due_time_is_as_far_away_by_either_clock() {
        let (ledger_now, asker_now) = (5_000_000, 1_400_000);
        let due = ledger_now + 60_000;
        assert_eq!(theirs(due, ahead(ledger_now, asker_now)), asker_now + 60_000);
        assert_eq!(theirs(due, ahead(asker_now, ledger_now)) - due, 3_600_000);
        assert_eq!(theirs(0, 3_600_000), 0);
    }

    #[test]
    fn who_does_not_say_speaks_of_the_merge_stores_clock() {
        assert_eq!(Asker::new(0).now_ms(), None);
        let told = Asker::new(1_000);
        assert!(told.now_ms().is_some_and(|now| (1_000..9_000).contains(&now)));
    }
}

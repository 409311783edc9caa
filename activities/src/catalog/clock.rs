//! Two clocks: the merge store's, by which schedules run and the ledger writes, and that of who asks
//! (Temporal's), by which a workflow waits.
//!
//! Neither has to be right, and they need not agree: a due time is handed over in the asker's terms.
//! A workflow that waited by its own clock for a time of another one would be late at each tick by as
//! much as that one is ahead, and would run without a rest where it is behind.
//! The worker's own clock is not asked: the server tells when it handed an activity out, and from then
//! on time is measured, not read.

use std::time::Instant;

/// Clocks that differ by less count as one: a message takes its time, and so does a busy worker. A
/// batch that begins this little before its due time was meant for it ([`super::due`]).
pub(crate) const TOLERANCE_MS: i64 = 5_000;

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

    /// How far the merge store's clock, which shows this now, is ahead of it.
    pub(crate) fn ahead_ms(&self, ledger_now_ms: i64) -> i64 {
        self.now_ms().map_or(0, |now| ahead(ledger_now_ms, now))
    }
}

fn ahead(ledger_now_ms: i64, asker_now_ms: i64) -> i64 {
    let ahead = ledger_now_ms.saturating_sub(asker_now_ms);
    if ahead.saturating_abs() < TOLERANCE_MS { 0 } else { ahead }
}

/// A time of the merge store's clock in terms of one that is behind it by `ahead_ms`; 0, which stands
/// for none, stays 0.
pub(crate) fn theirs(at_ms: i64, ahead_ms: i64) -> i64 {
    if at_ms == 0 { 0 } else { at_ms.saturating_sub(ahead_ms).max(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_due_time_is_as_far_away_by_either_clock() {
        let (ledger_now, asker_now) = (5_000_000, 1_400_000);
        let due = ledger_now + 60_000;
        assert_eq!(theirs(due, ahead(ledger_now, asker_now)), asker_now + 60_000);
        assert_eq!(theirs(due, ahead(asker_now, ledger_now)) - due, 3_600_000);
        assert_eq!(theirs(0, 3_600_000), 0);
    }

    #[test]
    fn who_does_not_say_speaks_of_the_merge_stores_clock() {
        let silent = Asker::new(0);
        assert_eq!((silent.now_ms(), silent.ahead_ms(99_000_000)), (None, 0));
        let told = Asker::new(1_000);
        assert!(told.now_ms().is_some_and(|now| (1_000..9_000).contains(&now)));
        assert!(told.ahead_ms(3_601_000) > 3_590_000);
    }
}

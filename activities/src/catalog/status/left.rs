//! How long a running batch still takes. From its own speed, else from that of the last batches of
//! its kind; where neither says anything, nothing is said.

use serde::Serialize;

/// An estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Left {
    /// From now on.
    #[serde(rename = "left_ms")]
    pub ms: u64,
    /// What it is taken from.
    #[serde(rename = "left_by")]
    pub by: By,
}

/// What an estimate is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The speed of this batch.
    ThisBatch,
    /// The speed of the last batches.
    LastBatches,
}

/// What the last batches did, summed up.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Speed {
    /// Rows that they staged.
    pub(super) rows: u64,
    /// Time of their ingests.
    pub(super) ingest_ms: u64,
    /// Time of their merges.
    pub(super) merge_ms: u64,
}

/// A batch's own speed counts once it has done one row in so many.
const TELLING_SHARE: u64 = 100;
/// The last batches must have moved, together, at least one row for so many of this one: the fixed
/// cost of small batches says nothing about a large one.
const COMPARABLE: u64 = 10;

/// Of reading `total` rows, of which `done` are read after `elapsed_ms`.
pub(super) fn left_to_read(
    done: u64,
    total: Option<u64>,
    elapsed_ms: u64,
    speed: Speed,
) -> Option<Left> {
    let total = total.filter(|total| *total > done)?; // more than estimated: no idea how much more
    if done > 0 && done.saturating_mul(TELLING_SHARE) >= total && elapsed_ms > 0 {
        let ms = scaled(elapsed_ms, total - done, done)?;
        return Some(Left { ms, by: By::ThisBatch });
    }
    by_last(total, elapsed_ms, speed.ingest_ms, speed.rows)
}

/// Of merging `rows` staged rows, for `elapsed_ms` now. A merge is one transaction and says nothing
/// of itself.
pub(super) fn left_to_merge(rows: u64, elapsed_ms: u64, speed: Speed) -> Option<Left> {
    by_last(rows, elapsed_ms, speed.merge_ms, speed.rows)
}

fn by_last(rows: u64, elapsed_ms: u64, took_ms: u64, of_rows: u64) -> Option<Left> {
    if took_ms == 0 || of_rows.saturating_mul(COMPARABLE) < rows {
        return None;
    }
    let ms = scaled(took_ms, rows, of_rows)?.checked_sub(elapsed_ms)?;
    Some(Left { ms, by: By::LastBatches })
}

/// `ms × part ÷ whole`.
fn scaled(ms: u64, part: u64, whole: u64) -> Option<u64> {
    let scaled = (u128::from(ms) * u128::from(part)).checked_div(u128::from(whole))?;
    u64::try_from(scaled).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Speed = Speed { rows: 0, ingest_ms: 0, merge_ms: 0 };
    const LAST: Speed = Speed { rows: 1_000, ingest_ms: 2_000, merge_ms: 500 };

    fn this(ms: u64) -> Option<Left> {
        Some(Left { ms, by: By::ThisBatch })
    }

    fn last(ms: u64) -> Option<Left> {
        Some(Left { ms, by: By::LastBatches })
    }

    #[test]
    fn a_batch_tells_by_its_own_speed_once_it_has_moved() {
        assert_eq!(left_to_read(250, Some(1_000), 500, NONE), this(1_500));
        assert_eq!(left_to_read(9, Some(1_000), 500, NONE), None);
        assert_eq!(left_to_read(9, Some(1_000), 500, LAST), last(1_500));
    }

    #[test]
    fn nothing_is_said_where_nobody_knows() {
        assert_eq!(left_to_read(10, None, 500, LAST), None, "no estimate of the rows");
        assert_eq!(left_to_read(1_001, Some(1_000), 500, LAST), None, "the estimate was too low");
        assert_eq!(left_to_read(0, Some(20_000), 500, LAST), None, "the last batches were tiny");
        assert_eq!(left_to_merge(1_000, 501, LAST), None, "longer than the last batches took");
    }

    #[test]
    fn a_merge_is_told_by_the_last_ones() {
        assert_eq!(left_to_merge(2_000, 400, LAST), last(600));
        assert_eq!(left_to_merge(2_000, 400, NONE), None);
    }
}

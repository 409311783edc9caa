//! How fast first loads were at this merge store, so that a plan can say how long the next will take.

use sqlx::PgConnection;
use teal_model::Result;

use super::estimate::significant;
use crate::pg::PgResultExt;

/// Loads below this many bytes tell of connections and locks, not of speed.
const TELLING_BYTES: i64 = 10_000_000;

/// Bytes and milliseconds of the first loads of a merge store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Speed {
    bytes: u64,
    milliseconds: u64,
}

impl Speed {
    /// From the ledger; `None`: nothing large was loaded yet.
    pub(super) async fn measured(conn: &mut PgConnection) -> Result<Option<Self>> {
        let (bytes, milliseconds): (Option<i64>, Option<i64>) = sqlx::query_as(
            "select sum(staged_bytes)::bigint,
               sum(coalesce(ingest_ms, 0) + coalesce(merge_ms, 0))::bigint
             from teal.batch where first_load and status = 'committed' and staged_bytes >= $1",
        )
        .bind(TELLING_BYTES)
        .fetch_one(conn)
        .await
        .during("reading the speed of first loads")?;
        let number = |value: Option<i64>| u64::try_from(value.unwrap_or(0)).unwrap_or(0);
        let speed = Self { bytes: number(bytes), milliseconds: number(milliseconds) };
        Ok((speed.bytes > 0 && speed.milliseconds > 0).then_some(speed))
    }

    /// Seconds for so many bytes, two digits, at least one.
    pub(super) fn seconds(self, bytes: u64) -> u64 {
        let milliseconds =
            u128::from(bytes) * u128::from(self.milliseconds) / u128::from(self.bytes.max(1));
        significant(u64::try_from(milliseconds / 1_000).unwrap_or(u64::MAX).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_follows_size_in_two_digits() {
        let speed = Speed { bytes: 50_000_000, milliseconds: 1_000 };
        assert_eq!(
            [1, 123_000_000, 61_700_000_000].map(|bytes| speed.seconds(bytes)),
            [1, 2, 1200]
        );
    }
}

//! When a batch is due. Pure: the caller brings the time.
//!
//! Missed ticks collapse into one by construction: [`Schedule::next_after`] knows only the time
//! it is asked about, not when the last batch ran.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::StreamId;

/// Schedule of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// Every so many seconds, shifted by a fixed hash of the stream's name.
    Every {
        /// Period in seconds, at least 1.
        seconds: u32,
    },
    /// Five fields, minute first; keeps its minute.
    Cron {
        /// The expression.
        expression: String,
        /// IANA name, such as `Europe/Zurich`.
        timezone: String,
    },
    /// Only when somebody says `run_now`.
    External,
}

impl Schedule {
    /// The first time after `now` (never `now` itself) at which a batch of the stream is due.
    /// `None` for an external schedule, and for a cron that never comes again.
    ///
    /// ```
    /// # use teal_model::{ids::StreamId, schedule::Schedule};
    /// let every = Schedule::Every { seconds: 60 };
    /// let due = every.next_after(&StreamId::multi("live", "shop"), jiff::Timestamp::UNIX_EPOCH);
    /// assert!(due.unwrap().as_second() <= 60);
    /// ```
    pub fn next_after(&self, stream: &StreamId, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every { seconds } => {
                let period = i64::from((*seconds).max(1)) * 1_000;
                let since_tick =
                    (now.as_millisecond() - jitter_ms(stream, period)).rem_euclid(period);
                Timestamp::from_millisecond(now.as_millisecond() - since_tick + period).ok()
            }
            Self::Cron { expression, timezone } => {
                parse_cron(expression, timezone).ok()?.find_next(now).ok().map(|at| at.timestamp())
            }
            Self::External => None,
        }
    }

    /// Seconds between two batches of an `every` schedule. Others have no fixed period.
    pub const fn period_seconds(&self) -> Option<u32> {
        match self {
            Self::Every { seconds } => Some(*seconds),
            Self::Cron { .. } | Self::External => None,
        }
    }
}

/// Where in its period a stream's tick lies, in milliseconds. A fixed hash of its name (BLAKE3,
/// never the standard library's), so that it is the same for ever and on every machine.
fn jitter_ms(stream: &StreamId, period_ms: i64) -> i64 {
    let hash = blake3::hash(stream.to_string().as_bytes());
    let head = hash.as_bytes().first_chunk().map_or(0, |head: &[u8; 8]| u64::from_le_bytes(*head));
    i64::try_from(head % period_ms.unsigned_abs()).unwrap_or(0)
}

/// Reads a cron expression. The error is the parser's own text.
pub(crate) fn parse_cron(
    expression: &str,
    timezone: &str,
) -> Result<cronexpr::Crontab, cronexpr::Error> {
    cronexpr::parse_crontab(&format!("{expression} {timezone}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn shop() -> StreamId {
        StreamId::multi("live", "shop")
    }

    #[test]
    fn every_keeps_one_place_in_its_period() {
        let every = Schedule::Every { seconds: 300 };
        let first = every.next_after(&shop(), at("2026-01-01T00:00:00Z")).unwrap();
        let second = every.next_after(&shop(), first).unwrap();
        assert_eq!(second.as_millisecond() - first.as_millisecond(), 300_000);
        // fixed for ever: another value would move every stream of every installation
        assert_eq!(first, at("2026-01-01T00:03:20.874Z"));
    }

    #[test]
    fn streams_of_one_period_are_spread_over_it() {
        let every = Schedule::Every { seconds: 60 };
        let now = at("2026-01-01T00:00:00Z");
        let mut quarters = [0_u32; 4];
        for number in 0..400 {
            let stream = StreamId::single("live", "shop", &format!("d{number}"));
            let due = every.next_after(&stream, now).unwrap().as_millisecond();
            let quarter = usize::try_from((due - now.as_millisecond() - 1) / 15_000).unwrap();
            quarters[quarter] += 1;
        }
        assert!(quarters.iter().all(|count| *count > 60), "{quarters:?}");
    }

    #[test]
    fn missed_ticks_collapse_into_one() {
        let every = Schedule::Every { seconds: 60 };
        let late = every.next_after(&shop(), at("2026-01-01T05:30:30Z")).unwrap();
        assert!(late > at("2026-01-01T05:30:30Z") && late <= at("2026-01-01T05:31:30Z"));
    }

    #[test]
    fn cron_keeps_its_minute_in_its_time_zone() {
        let cron = Schedule::Cron {
            expression: "30 2 * * *".to_owned(),
            timezone: "Europe/Zurich".to_owned(),
        };
        assert_eq!(
            cron.next_after(&shop(), at("2026-01-10T12:00:00Z")),
            Some(at("2026-01-11T01:30:00Z"))
        );
        assert_eq!(
            cron.next_after(&shop(), at("2026-07-10T12:00:00Z")),
            Some(at("2026-07-11T00:30:00Z"))
        );
        assert_eq!(
            cron.next_after(&shop(), at("2026-01-11T01:30:00Z")),
            Some(at("2026-01-12T01:30:00Z"))
        );
    }

    #[test]
    fn external_is_never_due() {
        assert_eq!(Schedule::External.next_after(&shop(), Timestamp::UNIX_EPOCH), None);
        assert_eq!(Schedule::External.period_seconds(), None);
    }
}

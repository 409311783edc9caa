//! When a batch is due. Pure: the caller brings the time.
//!
//! Missed ticks collapse into one by construction: [`Schedule::next_after`] knows only the time
//! it is asked about, not when the last batch ran.

use std::fmt;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{duration, ids::StreamId};

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
            Self::Cron { expression, timezone } => next_cron(expression, timezone, now),
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

impl fmt::Display for Schedule {
    /// In the words of the model: `every 5m`, `cron */5 * * * * Europe/Zurich`, `external`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every { seconds } => write!(f, "every {}", duration::format((*seconds).into())),
            Self::Cron { expression, timezone } => write!(f, "cron {expression} {timezone}"),
            Self::External => f.write_str("external"),
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

/// The next time of a cron. What falls into an hour that does not exist because the clock was put
/// forward comes when that hour would have begun, so that a daily batch loses no day; what falls
/// into an hour that comes twice comes twice.
fn next_cron(expression: &str, timezone: &str, now: Timestamp) -> Option<Timestamp> {
    let next = parse_cron(expression, timezone).ok()?.find_next(now).ok()?.timestamp();
    let zone = TimeZone::get(timezone).ok()?;
    let put_forward =
        zone.following(now).take_while(|change| change.timestamp() < next).find(|change| {
            let moment = change.timestamp();
            let before = zone.to_offset(moment - SignedDuration::from_secs(1));
            let skipped = i64::from(change.offset().seconds() - before.seconds());
            // The wall clock as it would have gone on, read as if it were UTC.
            let wall = moment.as_second() + i64::from(before.seconds());
            let tick = Timestamp::from_second(wall - 1)
                .ok()
                .and_then(|wall| parse_cron(expression, "UTC").ok()?.find_next(wall).ok());
            tick.is_some_and(|tick| tick.timestamp().as_second() < wall + skipped)
        });
    Some(put_forward.map_or(next, |change| change.timestamp()))
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
    use proptest::prelude::*;

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

    fn cron(expression: &str) -> Schedule {
        let (expression, timezone) = (expression.to_owned(), "Europe/Zurich".to_owned());
        Schedule::Cron { expression, timezone }
    }

    fn ticks(schedule: &Schedule, after: &str, count: usize) -> Vec<String> {
        let next = |now: &Timestamp| schedule.next_after(&shop(), *now);
        let first = next(&at(after));
        let due = std::iter::successors(first, next).take(count);
        due.map(|at| at.to_string()).collect()
    }

    #[test]
    fn hour_that_does_not_exist_in_spring_loses_no_day() {
        let days = ticks(&cron("30 2 * * *"), "2026-03-27T12:00:00Z", 4);
        insta::assert_snapshot!(days.join(" "), @"2026-03-28T01:30:00Z 2026-03-29T01:00:00Z 2026-03-30T00:30:00Z 2026-03-31T00:30:00Z");
    }

    #[test]
    fn hour_that_comes_twice_in_autumn_is_due_twice() {
        let days = ticks(&cron("30 2 * * *"), "2026-10-23T12:00:00Z", 4);
        insta::assert_snapshot!(days.join(" "), @"2026-10-24T00:30:00Z 2026-10-25T00:30:00Z 2026-10-25T01:30:00Z 2026-10-26T01:30:00Z");
        let often = ticks(&cron("*/30 * * * *"), "2026-10-25T00:00:00Z", 5);
        insta::assert_snapshot!(often.join(" "), @"2026-10-25T00:30:00Z 2026-10-25T01:00:00Z 2026-10-25T01:30:00Z 2026-10-25T02:00:00Z 2026-10-25T02:30:00Z");
    }

    proptest! {
        #[test]
        fn due_is_always_within_one_period(seconds in 1_u32..10_000_000, now in 0_i64..4_000_000_000_000) {
            let now = Timestamp::from_millisecond(now).unwrap();
            let every = Schedule::Every { seconds };
            let due = every.next_after(&shop(), now).unwrap();
            let wait = due.as_millisecond() - now.as_millisecond();
            prop_assert!((1..=i64::from(seconds) * 1_000).contains(&wait), "{wait}");
            let following = every.next_after(&shop(), due).unwrap();
            prop_assert_eq!(
                following.as_millisecond() - due.as_millisecond(),
                i64::from(seconds) * 1_000
            );
        }
    }

    #[test]
    fn schedules_are_shown_in_the_words_of_the_model() {
        assert_eq!(Schedule::Every { seconds: 300 }.to_string(), "every 5m");
        assert_eq!(cron("0 * * * *").to_string(), "cron 0 * * * * Europe/Zurich");
    }

    #[test]
    fn external_is_never_due() {
        assert_eq!(Schedule::External.next_after(&shop(), Timestamp::UNIX_EPOCH), None);
        assert_eq!(Schedule::External.period_seconds(), None);
    }
}

//! Numbers as people read them: `1.2 M rows`, `340 MiB`, `2 min 5 s`.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};

/// A count: exact below 10,000, then three digits with `K`, `M`, `G`.
pub(crate) fn count(n: u64) -> String {
    if n < 10_000 {
        return n.to_string();
    }
    scaled(n, 1_000, &["", " K", " M", " G", " T"])
}

/// `1 row`, `2 rows`, `1.2 M rows`.
pub(crate) fn counted(n: u64, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(n))
}

/// A size in binary units.
pub(crate) fn bytes(n: u64) -> String {
    scaled(n, 1_024, &[" B", " KiB", " MiB", " GiB", " TiB", " PiB"])
}

/// Three significant digits with the largest unit that leaves a whole part.
fn scaled(n: u64, step: u64, units: &[&str]) -> String {
    let mut divisor = 1_u64;
    let mut unit = 0;
    while unit + 1 < units.len() && n / divisor >= step {
        divisor = divisor.saturating_mul(step);
        unit += 1;
    }
    let (whole, tenths) = (n / divisor, (n % divisor).saturating_mul(10) / divisor);
    if unit == 0 || whole >= 100 {
        format!("{whole}{}", units[unit])
    } else {
        format!("{whole}.{tenths}{}", units[unit])
    }
}

/// A duration with two units at most: `740 ms`, `3.2 s`, `2 min 5 s`, `3 h 4 min`, `5 d 2 h`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{} ms", duration.subsec_millis()),
        1..10 => format!("{seconds}.{} s", duration.subsec_millis() / 100),
        10..60 => format!("{seconds} s"),
        60..3_600 => pair(seconds, 60, "min", 1, "s"),
        3_600..86_400 => pair(seconds, 3_600, "h", 60, "min"),
        _ => pair(seconds, 86_400, "d", 3_600, "h"),
    }
}

fn pair(seconds: u64, large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    let rest = seconds % large / small;
    let head = format!("{} {large_unit}", seconds / large);
    if rest == 0 { head } else { format!("{head} {rest} {small_unit}") }
}

/// Milliseconds as a duration.
pub(crate) fn millis(ms: u64) -> String {
    duration(Duration::from_millis(ms))
}

/// A time of a message for programs; `None` for 0, which stands for none.
pub(crate) fn rfc3339(at_ms: i64) -> Option<String> {
    let at = Timestamp::from_millisecond(at_ms).ok().filter(|_| at_ms != 0)?;
    Some(at.to_string())
}

/// The moment at which something is shown, and where.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    now: Timestamp,
    zone: TimeZone,
}

impl Clock {
    /// Now, in the zone of this machine.
    #[expect(clippy::disallowed_methods, reason = "for people's eyes")]
    pub(crate) fn now() -> Self {
        Self::at(Timestamp::now(), TimeZone::system())
    }

    /// Another moment, for tests.
    pub(crate) fn at(now: Timestamp, zone: TimeZone) -> Self {
        Self { now, zone }
    }

    /// How long ago `at` was; zero when it is to come.
    pub(crate) fn since(&self, at: Timestamp) -> Duration {
        Duration::try_from(self.now.duration_since(at)).unwrap_or_default()
    }

    /// How long it is until `at`; zero when it is over.
    pub(crate) fn until(&self, at: Timestamp) -> Duration {
        Duration::try_from(at.duration_since(self.now)).unwrap_or_default()
    }

    /// A time of today as `14:05:09`, another one with its date.
    pub(crate) fn time(&self, at: Timestamp) -> String {
        let (at, now) = (at.to_zoned(self.zone.clone()), self.now.to_zoned(self.zone.clone()));
        let format = if at.date() == now.date() { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" };
        at.strftime(format).to_string()
    }
}

/// `+12 ~3 −1`: rows that came, changed, went.
pub(crate) fn changes(inserted: u64, updated: u64, deleted: u64) -> String {
    format!("+{} ~{} −{}", count(inserted), count(updated), count(deleted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits() {
        let counts: Vec<_> = [0, 9_999, 10_000, 123_456, 1_234_567, 999_999_999].map(count).into();
        assert_eq!(counts, ["0", "9999", "10.0 K", "123 K", "1.2 M", "999 M"]);
        let sizes: Vec<_> = [0, 1_023, 1_024, 1_572_864, u64::MAX].map(bytes).into();
        assert_eq!(sizes, ["0 B", "1023 B", "1.0 KiB", "1.5 MiB", "16383 PiB"]);
        assert_eq!(counted(1, "row"), "1 row");
        assert_eq!(counted(2_000_000, "row"), "2.0 M rows");
    }

    #[test]
    fn durations_keep_two_units() {
        let texts: Vec<_> =
            [740, 3_250, 59_000, 125_000, 3_600_000, 11_040_000, 439_200_000].map(millis).into();
        assert_eq!(texts, ["740 ms", "3.2 s", "59 s", "2 min 5 s", "1 h", "3 h 4 min", "5 d 2 h"]);
    }
}

//! `--since`: a moment as people write it.

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

/// Reads `2h`, `3d`, `2026-11-27`, `2026-11-27 03:00` (both in this machine's zone), or a full
/// timestamp. For clap.
///
/// # Errors
/// What would have been understood.
#[expect(clippy::disallowed_methods, reason = "as people mean it")]
pub(crate) fn parse(text: &str) -> Result<Timestamp, String> {
    parse_at(text, Timestamp::now(), &TimeZone::system())
}

fn parse_at(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, String> {
    let in_zone =
        |time: civil::DateTime| time.to_zoned(zone.clone()).map(|zoned| zoned.timestamp());
    if let Ok(seconds) = teal_model::duration::parse(text)
        && let Ok(seconds) = i64::try_from(seconds)
        && let Ok(at) = now.checked_sub(SignedDuration::from_secs(seconds))
    {
        return Ok(at);
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    if let Ok(time) = text.parse::<civil::DateTime>()
        && let Ok(at) = in_zone(time)
    {
        return Ok(at);
    }
    Err("write how long ago (30m, 2h, 3d), a date (2026-11-27), or a date and time \
         (2026-11-27 03:00, 2026-11-27T03:00:00Z)"
        .to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_dates_and_times_are_understood() {
        let now: Timestamp = "2026-11-27T12:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("2h", "2026-11-27T10:00:00Z"),
            ("3d", "2026-11-24T12:00:00Z"),
            ("2026-11-26", "2026-11-26T00:00:00Z"),
            ("2026-11-26 03:30", "2026-11-26T03:30:00Z"),
            ("2026-11-26T03:30:00+02:00", "2026-11-26T01:30:00Z"),
        ] {
            let at = parse_at(text, now, &TimeZone::UTC).unwrap();
            assert_eq!(at.to_string(), expected, "{text}");
        }
        for text in ["yesterday", "", "2026-13-01"] {
            assert!(parse_at(text, now, &TimeZone::UTC).unwrap_err().contains("2h"), "{text}");
        }
    }
}

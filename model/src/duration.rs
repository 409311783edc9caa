//! Durations as the model writes them: `30s`, `5m`, `2h`, `1d`, or together `1h30m`.

use std::fmt;

/// Units from large to small, with their seconds.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// A text that is not a duration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadDuration(String);

impl fmt::Display for BadDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a duration", self.0)
    }
}

impl std::error::Error for BadDuration {}

/// Seconds of a duration. Units stand once each, large before small.
///
/// # Errors
/// Any other text, and what does not fit.
pub fn parse(text: &str) -> Result<u64, BadDuration> {
    let bad = || BadDuration(text.to_owned());
    let (mut rest, mut seconds) = (text, 0_u64);
    for (unit, length) in UNITS {
        let Some((number, after)) = rest.split_once(unit) else { continue };
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(bad());
        }
        let number: u64 = number.parse().map_err(|_| bad())?;
        let part = number.checked_mul(length).ok_or_else(bad)?;
        seconds = seconds.checked_add(part).ok_or_else(bad)?;
        rest = after;
    }
    if rest.is_empty() && !text.is_empty() { Ok(seconds) } else { Err(bad()) }
}

/// The shortest text that [`parse`] reads as these seconds.
pub fn format(seconds: u64) -> String {
    let (mut rest, mut text) = (seconds, String::new());
    for (unit, length) in UNITS {
        if rest >= length {
            text.push_str(&(rest / length).to_string());
            text.push(unit);
            rest %= length;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_survive_text() {
        for (text, seconds) in
            [("0s", 0), ("30s", 30), ("1m", 60), ("2h", 7_200), ("1d", 86_400), ("1h30m", 5_400)]
        {
            assert_eq!(parse(text), Ok(seconds));
            assert_eq!(format(seconds), text);
        }
        assert_eq!(parse("90s"), Ok(90));
    }

    #[test]
    fn other_texts_are_no_durations() {
        for text in ["", "5", "m", "5 m", "-5m", "+5m", "1.5h", "5min", "1m1h", "1m2m", "1y"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse("300000000000000000d").is_err());
    }
}

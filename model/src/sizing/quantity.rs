//! Quantities as Kubernetes writes them: `100m`, `0.5`, `2`; `128Mi`, `2Gi`, `500M`, `1e9`.

use std::fmt;

/// A text that is not a quantity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadQuantity(String);

impl fmt::Display for BadQuantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a quantity", self.0)
    }
}

impl std::error::Error for BadQuantity {}

/// Suffixes and their factors in thousandths, longest first.
const SUFFIXES: [(&str, u128); 14] = [
    ("Ki", 1_000 << 10),
    ("Mi", 1_000 << 20),
    ("Gi", 1_000 << 30),
    ("Ti", 1_000 << 40),
    ("Pi", 1_000 << 50),
    ("Ei", 1_000 << 60),
    ("m", 1),
    ("k", 1_000_000),
    ("M", 1_000_000_000),
    ("G", 1_000_000_000_000),
    ("T", 1_000_000_000_000_000),
    ("P", 1_000_000_000_000_000_000),
    ("E", 1_000_000_000_000_000_000_000),
    ("", 1_000),
];

/// Thousandths of a processor.
///
/// # Errors
/// What is no quantity, or finer than a thousandth.
pub fn parse_cpu(text: &str) -> Result<u64, BadQuantity> {
    thousandths(text)
        .and_then(|n| u64::try_from(n).ok())
        .ok_or_else(|| BadQuantity(text.to_owned()))
}

/// Bytes; parts of a byte are rounded up.
///
/// # Errors
/// What is no quantity.
pub fn parse_bytes(text: &str) -> Result<u64, BadQuantity> {
    thousandths(text)
        .and_then(|n| u64::try_from(n.div_ceil(1_000)).ok())
        .ok_or_else(|| BadQuantity(text.to_owned()))
}

/// Processors as Kubernetes writes them: `500m`, `2`.
pub fn format_cpu(millis: u64) -> String {
    if millis.is_multiple_of(1_000) { (millis / 1_000).to_string() } else { format!("{millis}m") }
}

/// Bytes as Kubernetes writes them, in the largest unit without remainder: `512Mi`, `2Gi`.
pub fn format_bytes(bytes: u64) -> String {
    for (unit, shift) in [("Ei", 60), ("Pi", 50), ("Ti", 40), ("Gi", 30), ("Mi", 20), ("Ki", 10)] {
        if bytes > 0 && bytes.is_multiple_of(1 << shift) {
            return format!("{}{unit}", bytes >> shift);
        }
    }
    bytes.to_string()
}

fn thousandths(text: &str) -> Option<u128> {
    if let Some((number, exponent)) = text.split_once(['e', 'E'])
        && !exponent.is_empty()
        && !exponent.starts_with('i')
    {
        return scaled(number, 10_u128.checked_pow(exponent.parse().ok()?)?.checked_mul(1_000)?);
    }
    SUFFIXES.iter().find_map(|(suffix, factor)| scaled(text.strip_suffix(suffix)?, *factor))
}

/// `number` (digits, perhaps a point) times `factor`; `None` where that is no whole number.
fn scaled(number: &str, factor: u128) -> Option<u128> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || whole.len() + part.len() == 0 || part.len() > 18 {
        return None;
    }
    let unit = 10_u128.checked_pow(u32::try_from(part.len()).ok()?)?;
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part: u128 = if part.is_empty() { 0 } else { part.parse().ok()? };
    let product = whole.checked_mul(unit)?.checked_add(part)?.checked_mul(factor)?;
    product.is_multiple_of(unit).then_some(product / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_kubernetes_does() {
        for (text, millis) in
            [("100m", 100), ("1", 1_000), ("0.5", 500), (".5", 500), ("2.", 2_000), ("0", 0)]
        {
            assert_eq!(parse_cpu(text), Ok(millis), "{text}");
        }
        for (text, bytes) in [
            ("128Mi", 128 << 20),
            ("2Gi", 2 << 30),
            ("1.5Gi", 3 << 29),
            ("500M", 500_000_000),
            ("1e9", 1_000_000_000),
            ("1E", 1_000_000_000_000_000_000),
            ("1500m", 2),
            ("77", 77),
        ] {
            assert_eq!(parse_bytes(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_quantities() {
        for text in
            ["", "m", "Mi", "-1", "1 Gi", "1gb", "1GiB", "0x10", "1e-3", "1e999", "٣", "9999Ei"]
        {
            assert!(parse_bytes(text).is_err(), "{text}");
        }
        assert!(parse_cpu("0.0001").is_err(), "finer than a thousandth");
    }

    #[test]
    fn quantities_are_written_as_kubernetes_does() {
        assert_eq!([format_cpu(100), format_cpu(2_000)], ["100m", "2"]);
        assert_eq!(
            [format_bytes(0), format_bytes(512 << 20), format_bytes(3 << 30), format_bytes(1_000)],
            ["0", "512Mi", "3Gi", "1000"]
        );
    }
}

//! Between PostgreSQL's signed numbers and Teal's unsigned counts. Counts saturate: none of them
//! decides anything at that size.

/// A count as a `bigint` holds it.
pub(crate) fn int8(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A `bigint` that counts something.
pub(crate) fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// An `integer` that counts something.
pub(crate) fn small(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

/// A batch number of a message as an `integer` holds it.
pub(crate) fn int4(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

//! Types that hold all values of another.

use crate::types::ColumnType;

/// Whether each value of `from` is the same value in `to`, so that a column may be altered.
pub fn widens(from: &ColumnType, to: &ColumnType) -> bool {
    use ColumnType as T;
    let holds_digits = |digits: i32| match to {
        T::Decimal(None) => true,
        T::Decimal(Some((precision, scale))) => {
            i32::from(*precision) - i32::from(*scale) >= digits && *scale >= 0
        }
        _ => false,
    };
    match (from, to) {
        (T::Smallint, T::Integer | T::Bigint | T::Real | T::Double)
        | (T::Integer, T::Bigint | T::Double)
        | (T::Real, T::Double)
        | (T::Varchar(_), T::Text | T::Varchar(None))
        | (T::Text, T::Varchar(None))
        | (T::Json, T::Text)
        | (T::Decimal(Some(_)), T::Decimal(None)) => true,
        (T::Smallint, _) => holds_digits(5),
        (T::Integer, _) => holds_digits(10),
        (T::Bigint, _) => holds_digits(19),
        (T::Decimal(Some((precision, scale))), T::Decimal(Some((wide, fine)))) => {
            let (precision, scale) = (i32::from(*precision), i32::from(*scale));
            i32::from(*fine) >= scale && i32::from(*wide) - i32::from(*fine) >= precision - scale
        }
        (T::Varchar(Some(length)), T::Varchar(Some(longer))) => longer >= length,
        (T::Array(from), T::Array(to)) => widens(from, to),
        _ => false,
    }
}

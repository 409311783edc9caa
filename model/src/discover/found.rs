//! What a source has, as the one who reads its catalogue tells it.

use crate::{release::TableName, types::ColumnType};

/// A table of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundTable {
    /// Its name there.
    pub table: TableName,
    /// What it is.
    pub kind: TableKind,
    /// What its producer says about it.
    pub comment: Option<String>,
    /// Columns, by their names at the source, that the source itself keeps unique and not NULL.
    pub key: Vec<String>,
    /// Why it has no key, where there is more to say than that.
    pub no_key: Option<String>,
    /// Columns in the order of the source.
    pub columns: Vec<FoundColumn>,
    /// How large it is.
    pub estimate: Estimate,
    /// Why it could not be read as it stands, with what to do about it.
    pub obstacles: Vec<String>,
}

/// What can be read like a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableKind {
    /// A table.
    Table,
    /// A partitioned table; its partitions are read through it.
    Partitioned,
    /// A view.
    View,
    /// A materialised view.
    MaterializedView,
    /// A table of another server.
    Foreign,
}

impl TableKind {
    /// For people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Partitioned => "partitioned table",
            Self::View => "view",
            Self::MaterializedView => "materialised view",
            Self::Foreign => "foreign table",
        }
    }

    /// Whether the source itself guarantees what it says of NULL and of keys.
    pub const fn is_enforced(self) -> bool {
        matches!(self, Self::Table | Self::Partitioned)
    }
}

/// A column of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundColumn {
    /// Its name there.
    pub name: String,
    /// Its type in the words of the source.
    pub source_type: String,
    /// Whether the model's type says all that the source's says.
    pub says_all: bool,
    /// Its type in the model, or why it has none.
    pub column_type: Result<ColumnType, String>,
    /// Whether NULL may occur; also `true` where nobody knows.
    pub nullable: bool,
    /// What its producer says about it.
    pub comment: Option<String>,
}

/// How large a table is by the statistics of its source. Both rounded to two digits; `None`:
/// unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Estimate {
    /// Rows.
    pub rows: Option<u64>,
    /// Bytes with indexes.
    pub bytes: Option<u64>,
}

impl Estimate {
    /// Whether the other one tells a reader nothing new: sizes drift all the time, and a file must
    /// not change for that.
    pub(super) fn is_near(self, other: Self) -> bool {
        let near = |a: Option<u64>, b: Option<u64>| match (a, b) {
            (Some(a), Some(b)) => a.max(b) / 2 <= a.min(b).max(NOT_WORTH_A_WORD),
            (a, b) => a.is_none() && b.is_none(),
        };
        near(self.rows, other.rows) && near(self.bytes, other.bytes)
    }
}

/// Rows, or bytes, of a table that is small whatever its size.
const NOT_WORTH_A_WORD: u64 = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_near_until_they_double() {
        let of = |rows| Estimate { rows, bytes: Some(0) };
        assert!(of(Some(1_000_000)).is_near(of(Some(2_000_000))));
        assert!(!of(Some(1_000_000)).is_near(of(Some(2_100_000))));
        assert!(of(Some(3)).is_near(of(Some(40_000))), "small stays small");
        assert!(!of(None).is_near(of(Some(3))) && of(None).is_near(of(None)));
    }
}

//! What a verification found.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeMap};
use teal_model::StreamId;

/// What was found of one stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whose tables.
    pub stream: StreamId,
    /// Last committed batch of the stream, 0: none yet.
    pub batch: u32,
    /// How sure it is that a difference is damage.
    pub standing: Standing,
    /// In the order of their names.
    pub datasets: Vec<Findings>,
}

/// What a difference between source and merge table means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Set by a first look: the source may have changed since the last batch.
    Seen,
    /// Set by a second look: every difference was there before a batch began, and outlived it.
    Confirmed,
    /// Set by a look at a source that does not change: every difference is one.
    AtRest,
}

/// What was found of one dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// Its name.
    pub dataset: String,
    /// Its merge table.
    pub table: String,
    /// Whether a batch has filled the table; where none has, nothing was compared.
    pub loaded: bool,
    /// Rows of the source.
    pub source_rows: u64,
    /// Current rows of the merge table.
    pub rows: u64,
    /// How many keys differ.
    pub counts: Counts,
    /// Keys that differ at this look and did not in the same way at the one before: the source is
    /// changing.
    pub moving: u64,
    /// The first keys that differ.
    pub differences: Vec<Difference>,
    /// What cannot be, whatever the source holds.
    pub faults: Vec<Fault>,
}

/// Keys that differ, by the way in which they do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// The source has them, the merge table has not.
    pub missing: u64,
    /// The merge table has them, the source has not.
    pub extra: u64,
    /// Both have them, with other values.
    pub different: u64,
    /// Both have them with the same values, and the stored hash is not that of the source.
    pub hash: u64,
}

/// How one key differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// The source has it, the merge table has not.
    Missing,
    /// The merge table has it, the source has not.
    Extra,
    /// Other values.
    Different,
    /// Other stored hash.
    Hash,
}

/// One key that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Which.
    pub key: Key,
    /// How.
    pub way: Way,
    /// Columns whose values differ; none where values were not compared.
    pub columns: Vec<String>,
}

/// Key columns with their values, as PostgreSQL prints them. The only values of rows that Teal shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(pub Vec<(String, String)>);

/// Something that cannot be, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// What.
    pub kind: FaultKind,
    /// How often.
    pub count: u64,
    /// The first places: keys with their versions, batches with their counts.
    pub samples: Vec<String>,
}

/// What cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The table, columns of it or its key are not there.
    Shape,
    /// The ledger counts other rows than the table holds.
    RowCount,
    /// The counts of the batches do not come to the ledger's number of rows.
    BatchSum,
    /// Two open versions of one key.
    OpenTwice,
    /// A version that begins before the one before has ended.
    Overlap,
    /// A version that ends before it begins.
    Backwards,
    /// Rows or versions of a batch that was never committed, or not for this table.
    UnknownBatch,
    /// A batch whose counts are not those of the table.
    BatchCounts,
    /// A version in which nothing changed.
    Repeated,
}

/// What mends a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// An ordinary batch that compares every row.
    Batch,
    /// An apply, which puts tables in their shape.
    Apply,
    /// No batch: the table is loaded from zero, or restored from a backup.
    Anew,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.datasets.iter().all(Findings::is_sound)
    }

    /// Whether a batch has to tell what of it is damage: rows differ that the source may have changed
    /// since the last one, or a dataset waits for its first load.
    pub fn needs_batch(&self) -> bool {
        self.standing == Standing::Seen
            && self.datasets.iter().any(|found| found.counts.all() > 0 || !found.loaded)
    }

    /// Datasets with something that a batch which compares every row mends.
    pub fn mendable(&self) -> Vec<String> {
        let mendable = self.datasets.iter().filter(|found| found.is_mendable());
        mendable.map(|found| found.dataset.clone()).collect()
    }

    /// All that is wrong in one text, for tests and logs; empty when nothing is.
    pub fn complaints(&self) -> String {
        let unsound = self.datasets.iter().filter(|found| !found.is_sound());
        unsound.map(|found| format!("{}: {found}", found.dataset)).collect::<Vec<_>>().join("\n")
    }
}

impl Findings {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.loaded && self.counts.all() == 0 && self.faults.is_empty()
    }

    fn is_mendable(&self) -> bool {
        let by_batch = |fault: &Fault| fault.kind.remedy() == Remedy::Batch;
        self.counts.all() > 0 || self.faults.iter().any(by_batch)
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if !self.loaded {
            parts.push("not loaded".to_owned());
        }
        if self.counts.all() > 0 {
            parts.push(self.counts.to_string());
        }
        parts.extend(self.differences.iter().map(ToString::to_string));
        parts.extend(self.faults.iter().map(ToString::to_string));
        f.write_str(&parts.join("; "))
    }
}

impl Counts {
    /// All of them.
    pub const fn all(&self) -> u64 {
        self.missing + self.extra + self.different + self.hash
    }

    /// The number of one way.
    pub const fn of(&mut self, way: Way) -> &mut u64 {
        match way {
            Way::Missing => &mut self.missing,
            Way::Extra => &mut self.extra,
            Way::Different => &mut self.different,
            Way::Hash => &mut self.hash,
        }
    }
}

impl fmt::Display for Counts {
    /// `1 missing, 2 different`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [
            (self.missing, "missing"),
            (self.extra, "extra"),
            (self.different, "different"),
            (self.hash, "with a wrong hash"),
        ];
        let some = all.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = some.map(|(count, word)| format!("{count} {word}")).collect();
        f.write_str(&parts.join(", "))
    }
}

impl Way {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::Different => "different",
            Self::Hash => "hash",
        }
    }

    pub(crate) fn from_word(word: &str) -> Self {
        match word {
            "missing" => Self::Missing,
            "extra" => Self::Extra,
            "different" => Self::Different,
            _ => Self::Hash,
        }
    }
}

impl fmt::Display for Difference {
    /// `different id = 2: name, amount`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.way.as_str(), self.key)?;
        if self.columns.is_empty() { Ok(()) } else { write!(f, ": {}", self.columns.join(", ")) }
    }
}

impl fmt::Display for Key {
    /// `shop = x, id = 2`; what a terminal would obey is escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, value)) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{name} = ")?;
            for c in value.chars() {
                if c.is_control() {
                    write!(f, "{}", c.escape_default())?;
                } else {
                    write!(f, "{c}")?;
                }
            }
        }
        Ok(())
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Fault {
    pub(crate) fn one(kind: FaultKind, sample: String) -> Self {
        Self { kind, count: 1, samples: vec![sample] }
    }

    /// One that is to be counted.
    pub(crate) const fn none(kind: FaultKind) -> Self {
        Self { kind, count: 0, samples: Vec::new() }
    }

    /// So many more, in one place; the first `limit` places are told.
    pub(crate) fn add(&mut self, count: u64, limit: u32, place: impl FnOnce() -> String) {
        self.count += count;
        if self.samples.len() < usize::try_from(limit).unwrap_or(usize::MAX) {
            self.samples.push(place());
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind.title())?;
        if self.count > 1 {
            write!(f, " ({})", self.count)?;
        }
        if self.samples.is_empty() { Ok(()) } else { write!(f, ": {}", self.samples.join("; ")) }
    }
}

impl FaultKind {
    /// What it is, in words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Shape => "the table has lost its shape",
            Self::RowCount => "the ledger's number of rows is wrong",
            Self::BatchSum => "the counts of the batches do not add up",
            Self::OpenTwice => "two open versions of one key",
            Self::Overlap => "versions of one key overlap",
            Self::Backwards => "versions end before they begin",
            Self::UnknownBatch => "rows of batches that were never committed here",
            Self::BatchCounts => "batches whose counts are not those of the table",
            Self::Repeated => "versions in which nothing changed",
        }
    }

    /// What mends it.
    pub const fn remedy(self) -> Remedy {
        match self {
            Self::Shape => Remedy::Apply,
            Self::RowCount | Self::BatchSum => Remedy::Batch,
            Self::OpenTwice
            | Self::Overlap
            | Self::Backwards
            | Self::UnknownBatch
            | Self::BatchCounts
            | Self::Repeated => Remedy::Anew,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings() -> Findings {
        let key = Key(vec![("shop".into(), "x\u{1b}[31m".into()), ("id".into(), "2".into())]);
        Findings {
            dataset: "orders".into(),
            table: "live.shop__orders".into(),
            loaded: true,
            source_rows: 3,
            rows: 3,
            counts: Counts { different: 1, ..Counts::default() },
            moving: 0,
            differences: vec![Difference {
                key,
                way: Way::Different,
                columns: vec!["amount".into()],
            }],
            faults: vec![Fault::one(FaultKind::Overlap, "id = 2: 3..5".into())],
        }
    }

    #[test]
    fn findings_name_keys_and_columns_and_no_terminal_obeys_a_key() {
        insta::assert_snapshot!(findings(), @r"1 different; different shop = x\u{1b}[31m, id = 2: amount; versions of one key overlap: id = 2: 3..5");
        let json = serde_json::to_string(&findings().differences).unwrap();
        insta::assert_snapshot!(json, @r#"[{"key":{"shop":"x\u001b[31m","id":"2"},"way":"different","columns":["amount"]}]"#);
    }

    #[test]
    fn what_no_batch_mends_is_not_tried() {
        let mut report = Report {
            stream: StreamId::multi("live", "shop"),
            batch: 7,
            standing: Standing::AtRest,
            datasets: vec![findings()],
        };
        assert_eq!(report.mendable(), ["orders"]);
        report.datasets[0].counts = Counts::default();
        assert_eq!((report.mendable(), report.is_sound()), (Vec::<String>::new(), false));
        report.datasets[0].faults.push(Fault::one(FaultKind::RowCount, "1, 2".into()));
        assert_eq!(report.mendable(), ["orders"]);
    }
}

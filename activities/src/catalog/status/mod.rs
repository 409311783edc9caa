//! Read models for people: what `teal status`, `teal batches` and `teal audit` show, from the catalog
//! alone.
//!
//! Everything serializes to what `-o json` prints. Control catalog and ledger are read by statements
//! of their own and put together here. Read first: [`streams()`], [`StreamStatusRow`];
//! [`objectives()`] says whether consumers get what the model promises.

mod audit;
mod batches;
mod filter;
mod left;
mod objectives;
mod streams;

use jiff::Timestamp;
use serde::Serialize;
use teal_proto::v1::Failure;

pub use audit::{AuditFilter, AuditRow, audit};
pub use batches::{BatchFilter, batches};
pub use filter::Filter;
pub use left::{By, Left};
pub use objectives::{ObjectiveRow, Verdict, objectives};
pub use streams::{names, streams, streams_of};

/// One stream as it is now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StreamStatusRow {
    /// `<platform>/<store>[/<dataset>]`.
    pub stream: String,
    /// Surrogate id, for whoever looks into schema `teal`.
    pub stream_id: i64,
    /// Id of its workflow at Temporal.
    pub workflow: String,
    /// How it keeps data.
    pub style: String,
    /// Owner, `zone/team`.
    pub team: String,
    /// Name of the services stack.
    pub services: String,
    /// Its schedule in the words of the model.
    pub schedule: String,
    /// Class of its ingest.
    pub ingest_class: String,
    /// Task queue of its ingest.
    pub ingest_queue: String,
    /// Class of its merge.
    pub merge_class: String,
    /// Task queue of its merge.
    pub merge_queue: String,
    /// What it does; the words of DESIGN §3.
    pub state: String,
    /// Since when.
    pub since_at: Option<Timestamp>,
    /// What a person wants of it: run, paused, retired.
    pub wanted: String,
    /// Why.
    pub wanted_reason: String,
    /// Who said so.
    pub wanted_by: String,
    /// When it was said.
    pub wanted_at: Option<Timestamp>,
    /// Whether its tables are those of its newest configuration.
    pub reconciled: bool,
    /// How often the ledger lost batches, plus 1.
    pub incarnation: u32,
    /// Current rows of all its tables.
    pub rows: u64,
    /// Its tables, by dataset.
    pub datasets: Vec<DatasetRow>,
    /// Its last committed batch.
    pub last_batch: Option<BatchRow>,
    /// The batch under way: started or ingested.
    pub open_batch: Option<BatchRow>,
    /// Of the running activity.
    pub progress: Option<ProgressRow>,
    /// When the source was read for the last committed batch.
    pub source_read_at: Option<Timestamp>,
    /// Now minus `source_read_at`.
    pub lag_ms: Option<u64>,
    /// When a batch is due; absent: only on request, or paused.
    pub next_due_at: Option<Timestamp>,
    /// What people want compared or loaded again and no batch has done.
    pub resync: Option<ResyncRow>,
    /// Failures in a row.
    pub failures: u32,
    /// The last failure, while it is not over.
    pub failure: Option<Failure>,
    /// When it happened.
    pub failed_at: Option<Timestamp>,
}

/// A resync that is not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResyncRow {
    /// Number of the newest wish.
    pub number: u64,
    /// What is wanted, in words.
    pub what: String,
    /// Why, as the newest wish says.
    pub reason: String,
    /// Who spoke it.
    pub by: String,
    /// When.
    pub at: Option<Timestamp>,
}

/// How far the running activity is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProgressRow {
    /// What it does: `copying orders`, `merging`; empty where nobody said.
    pub doing: String,
    /// Rows done; a merge does all at once.
    pub rows: u64,
    /// Bytes done.
    pub bytes: u64,
    /// Rows expected, where somebody knows.
    pub total_rows: Option<u64>,
    /// When it last moved.
    pub at: Timestamp,
    /// How long the reading, or the merging, takes from now on; absent: nobody can say.
    #[serde(flatten)]
    pub left: Option<Left>,
}

/// One merge table of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DatasetRow {
    /// Its name in the model.
    pub dataset: String,
    /// Its merge table.
    pub table: String,
    /// Current rows.
    pub rows: u64,
    /// Whether its first load is published.
    pub loaded: bool,
}

/// One batch.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BatchRow {
    /// Its number.
    pub batch: u32,
    /// started, ingested, committed, failed, abandoned.
    pub status: String,
    /// Attempts at its ingest.
    pub attempts: u32,
    /// Whether it loads a table for the first time.
    pub first_load: bool,
    /// Which process last began it.
    pub worker: String,
    /// How often the ledger had lost batches when it began, plus 1.
    pub incarnation: u32,
    /// Version of its tables' shape.
    pub schema_version: u32,
    /// Configuration that it ran under.
    pub config_hash: String,
    /// When its first attempt began.
    pub started_at: Option<Timestamp>,
    /// When its last attempt began.
    pub attempted_at: Option<Timestamp>,
    /// When everything was staged.
    pub ingested_at: Option<Timestamp>,
    /// When it was committed.
    pub committed_at: Option<Timestamp>,
    /// When the source was read.
    pub source_read_at: Option<Timestamp>,
    /// The snapshot that it read, as `pg_current_snapshot()` named it at the source.
    pub source_snapshot: Option<String>,
    /// Rows pulled.
    pub staged_rows: u64,
    /// Bytes pulled.
    pub staged_bytes: u64,
    /// Keys that came.
    pub inserted: u64,
    /// Keys whose row changed.
    pub updated: u64,
    /// Keys that went.
    pub deleted: u64,
    /// Keys that stayed the same.
    pub unchanged: u64,
    /// Time of its ingest.
    pub ingest_ms: Option<u64>,
    /// Time of its merge.
    pub merge_ms: Option<u64>,
    /// Why it did not commit, or what its last attempt met.
    pub failure: Option<Failure>,
    /// Counts of each dataset; only in the history of one stream.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub datasets: Vec<BatchDatasetRow>,
}

impl BatchRow {
    /// Time that ingest and merge took.
    pub fn work_ms(&self) -> u64 {
        self.ingest_ms.unwrap_or(0) + self.merge_ms.unwrap_or(0)
    }

    /// Keys that came, changed or went.
    pub fn changes(&self) -> u64 {
        self.inserted + self.updated + self.deleted
    }

    /// Rows pulled per second of work; `None` where nothing was pulled or timed.
    pub fn rows_per_second(&self) -> Option<u64> {
        (self.staged_rows > 0).then(|| self.staged_rows * 1_000)?.checked_div(self.work_ms())
    }
}

/// What a batch did to one dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BatchDatasetRow {
    /// Its name in the model; the table's id where the table is gone.
    pub dataset: String,
    /// Whether it was loaded for the first time.
    pub first_load: bool,
    /// Rows that the source's snapshot held.
    pub source_rows: u64,
    /// Rows pulled.
    pub staged_rows: u64,
    /// Bytes pulled.
    pub staged_bytes: u64,
    /// Hash buckets that were pulled; absent: all.
    pub buckets: Option<u32>,
    /// Hash buckets that there were; absent: rows were not compared by bucket.
    pub bucket_count: Option<u32>,
    /// Keys that came.
    pub inserted: u64,
    /// Keys whose row changed.
    pub updated: u64,
    /// Keys that went.
    pub deleted: u64,
    /// Keys that stayed the same.
    pub unchanged: u64,
}

/// Time of a column that was read as Unix milliseconds.
fn timestamp(milliseconds: Option<i64>) -> Option<Timestamp> {
    milliseconds.and_then(|ms| Timestamp::from_millisecond(ms).ok())
}

//! What the ledger hands out: an attempt, the mark of an ingested batch, what merging found.

use serde_json::Value;
use teal_model::{
    BatchId, Epoch, StreamId,
    release::{DatasetSpec, StreamSpec, Style, TableName},
};
use teal_proto::v1::{IngestReport, MergeReport};

use crate::catalog::resync::{Resync, Treatment};

/// Schema of all staging tables.
pub const STAGING_SCHEMA: &str = "teal_staging";

/// A merge table as it really is: one row of `teal.merge_table`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeTable {
    /// Surrogate id; part of the names of its staging tables.
    pub id: i64,
    /// Dataset of the stream.
    pub dataset: String,
    /// Where it lies.
    pub table: TableName,
    /// How it keeps rows.
    pub style: Style,
    /// Key and columns that are in place. The merge follows this, never a newer configuration.
    pub layout: DatasetSpec,
    /// Whether the first load was published.
    pub loaded: bool,
    /// Current rows, exact.
    pub rows: u64,
    /// Columns of the layout that no committed batch has filled yet; views do not show them.
    pub fresh: Vec<String>,
}

impl MergeTable {
    /// Name (in [`STAGING_SCHEMA`]) of the UNLOGGED staging table of one attempt.
    pub fn staging_name(&self, epoch: Epoch) -> String {
        format!("s{}_{epoch}", self.id)
    }

    /// Name (in [`STAGING_SCHEMA`]) of the logged table of a first load, published by the merge.
    pub fn load_name(&self, epoch: Epoch) -> String {
        format!("l{}_{epoch}", self.id)
    }
}

/// The right to ingest one batch, until another attempt begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Surrogate id of the stream.
    pub stream_id: i64,
    /// The configuration that this batch is pinned to.
    pub spec: StreamSpec,
    /// Hash of [`Self::spec`].
    pub config_hash: String,
    /// Number of the batch.
    pub batch: BatchId,
    /// Fencing number of this attempt.
    pub epoch: Epoch,
    /// Epochs of earlier attempts whose backends may still live at the source: give them to
    /// [`super::terminate_older_backends`].
    pub older: Vec<Epoch>,
    /// How often the ledger lost batches that a workflow remembered.
    pub incarnation: u32,
    /// Version of the tables' schema.
    pub schema_version: u32,
    /// One for each dataset of the configuration, sorted by dataset.
    pub tables: Vec<MergeTable>,
    /// What people want beyond the usual; this batch does it.
    pub resync: Resync,
}

impl Attempt {
    /// The stream's human key.
    pub fn stream(&self) -> &StreamId {
        &self.spec.id
    }

    /// How this batch treats the dataset of a table.
    pub fn treatment(&self, table: &MergeTable) -> Treatment {
        let wanted = self.spec.dataset(&table.dataset);
        wanted.map_or(Treatment::Usual, |dataset| self.resync.treatment(dataset))
    }

    /// Whether a dataset is loaded into a new table, for the first time or again.
    pub fn loads(&self, table: &MergeTable) -> bool {
        !table.loaded || self.treatment(table) == Treatment::Rebuild
    }

    /// Name of every connection of this attempt, at the source and at the merge store.
    pub fn application_name(&self) -> String {
        super::application_name(&self.spec.id, self.epoch)
    }
}

/// What [`super::begin()`] decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Pull the data. Set by a new batch, or by one that was started and whose attempt is over.
    Attempt(Box<Attempt>),
    /// An earlier attempt pulled everything and its staging is intact: answer with this mark.
    Ingested(Box<IngestedMark>),
}

/// What was staged of one dataset: one row of `teal.batch_dataset`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedDataset {
    /// Whose rows they are.
    pub merge_table_id: i64,
    /// Table in [`STAGING_SCHEMA`]; `None` when the digest proved that nothing changed.
    pub staging: Option<String>,
    /// Whether the staging table is a first load, to be published.
    pub first_load: bool,
    /// Rows in the staging table: the merge must find exactly these.
    pub staged_rows: u64,
    /// Bytes of COPY data.
    pub staged_bytes: u64,
    /// Rows that the source's snapshot held.
    pub source_rows: u64,
    /// Hash buckets that were pulled; `None`: all.
    pub buckets: Option<Vec<i32>>,
    /// Number of buckets − 1.
    pub bucket_mask: i32,
    /// Whether the merge compares values even where hashes are equal.
    pub compares_rows: bool,
}

/// What an ingest knows when it has staged everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    /// One for each table of the attempt.
    pub datasets: Vec<StagedDataset>,
    /// Time of the source's snapshot (its clock), Unix milliseconds.
    pub source_read_at_ms: i64,
    /// `pg_current_snapshot()` at the source.
    pub source_snapshot: Option<String>,
    /// How far the source is read, for kinds of ingestion that have a position.
    pub source_position: Option<Value>,
    /// How long it took.
    pub duration_ms: u64,
}

/// A batch whose rows are staged and durable: what [`super::mark_ingested`] wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestedMark {
    /// Surrogate id of the stream.
    pub stream_id: i64,
    /// Number of the batch.
    pub batch: BatchId,
    /// The attempt whose staging counts; no other rows are merged.
    pub epoch: Epoch,
    /// Configuration that it was read with.
    pub config_hash: String,
    /// Version of the tables' schema.
    pub schema_version: u32,
    /// When the attempt that staged it began (the merge store's clock), Unix milliseconds.
    pub attempt_at_ms: i64,
    /// What was staged.
    pub staged: Staged,
    /// Highest resync that the batch does; 0: none.
    pub resync: u64,
}

impl IngestedMark {
    /// Staged rows of all datasets.
    pub fn rows(&self) -> u64 {
        self.staged.datasets.iter().map(|dataset| dataset.staged_rows).sum()
    }

    /// The activity's answer.
    pub fn report(&self) -> IngestReport {
        let datasets = &self.staged.datasets;
        IngestReport {
            batch: self.batch.get(),
            epoch: self.epoch.0,
            rows: self.rows(),
            bytes: datasets.iter().map(|dataset| dataset.staged_bytes).sum(),
            first_load: datasets.iter().any(|dataset| dataset.first_load),
            unchanged: datasets.iter().all(|dataset| dataset.staging.is_none()),
            duration_ms: self.staged.duration_ms,
            source_read_at_ms: self.staged.source_read_at_ms,
            resync: self.resync,
            staged_before: false,
        }
    }
}

/// What [`super::open_commit`] found.
#[derive(Debug, Clone, PartialEq)]
pub enum Opened {
    /// An earlier try committed; its reply was lost. Roll back and answer with this.
    Committed(MergeReport),
    /// Merge exactly this, then call [`super::commit()`] in the same transaction.
    Ready(Box<Merging>),
}

/// A batch that may be merged now, by this transaction only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merging {
    /// What was staged.
    pub mark: IngestedMark,
    /// The stream's merge tables, sorted by dataset; their `id`s are those of the staged datasets.
    pub tables: Vec<MergeTable>,
}

impl Merging {
    /// Each staged dataset with its merge table.
    pub fn datasets(&self) -> impl Iterator<Item = (&MergeTable, &StagedDataset)> {
        self.mark.staged.datasets.iter().filter_map(|staged| {
            let table = self.tables.iter().find(|table| table.id == staged.merge_table_id)?;
            Some((table, staged))
        })
    }
}

/// Exact changes of one dataset, counted from the delta.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merged {
    /// Whose rows changed.
    pub merge_table_id: i64,
    /// Keys that appeared.
    pub inserted: u64,
    /// Keys whose row changed.
    pub updated: u64,
    /// Keys that went away.
    pub deleted: u64,
    /// Keys that were there and stayed the same.
    pub unchanged: u64,
}

/// What [`super::take_over`] found: the stream's tables may be altered by this transaction only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenOver {
    /// Fencing number that [`super::set_reconciled`] wants back.
    pub epoch: Epoch,
    /// A started batch that had to go.
    pub abandoned: Option<BatchId>,
    /// Configuration whose DDL is in place; empty: none yet.
    pub reconciled_hash: String,
    /// Version of the tables' schema, 0: none yet.
    pub schema_version: u32,
    /// Tables in place, sorted by dataset.
    pub tables: Vec<MergeTable>,
}

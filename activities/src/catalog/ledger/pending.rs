//! Signatures; the bodies follow.
#![allow(clippy::unused_async, reason = "bodies follow")]

use sqlx::{PgConnection, PgPool};
use teal_model::{BatchId, Epoch, Error, Result, StreamId, release::StreamSpec};
use teal_proto::v1::{Failure, IngestRequest, MergeReport};

use super::{
    Attempt, Begun, IngestedMark, MergeTable, Merged, Merging, Opened, Staged, StagedDataset,
    TakenOver,
};
use crate::{Io, code, pulse::Progress};

fn pending<T>() -> Result<T> {
    Err(Error::new(code::LEDGER0099))
}

/// First transaction of every ingest attempt: checks intent and configuration, allots or re-takes
/// the batch number, sets a new epoch, ends older backends at the merge store, drops what they left
/// in staging.
///
/// # Errors
/// `LEDGER0001`, `LEDGER0003`, `LEDGER0004` (all fenced: read the ledger again).
pub async fn begin(_io: &Io, _request: &IngestRequest) -> Result<Begun> {
    pending()
}

/// Says that everything is staged and durable. One transaction of its own.
///
/// # Errors
/// `LEDGER0002` when another attempt began meanwhile.
pub async fn mark_ingested(
    _connection: &mut PgConnection,
    _attempt: &Attempt,
    _staged: Staged,
) -> Result<IngestedMark> {
    pending()
}

/// Whether each staging table exists and holds exactly the marked rows.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn staging_is_intact(
    _connection: &mut PgConnection,
    _datasets: &[StagedDataset],
) -> Result<bool> {
    pending()
}

/// Lets an ingested batch whose staging was lost be read again under the same number, and returns
/// the error to answer with (`LEDGER0005`). Call it outside of the (rolled back) merge transaction.
///
/// # Errors
/// Those of PostgreSQL; `LEDGER0002` when the batch is no longer this attempt's.
pub async fn return_to_started(
    _connection: &mut PgConnection,
    _mark: &IngestedMark,
) -> Result<Error> {
    pending()
}

/// Opens the merge of a batch. `connection` is in a READ COMMITTED transaction that has done nothing
/// yet. Ends a zombie's merge of the same batch, takes the stream's lock for the transaction, and
/// looks whether the batch is committed already or may be merged.
///
/// # Errors
/// `LEDGER0002` when the batch is not ingested under this epoch.
pub async fn open_commit(
    _connection: &mut PgConnection,
    _stream: &StreamId,
    _stream_id: i64,
    _batch: BatchId,
    _epoch: Epoch,
) -> Result<Opened> {
    pending()
}

/// Last statements of the merge transaction: counts, rows, batch, position, and at the very end the
/// epoch comparison. The caller commits the transaction. A first load counts as published.
///
/// # Errors
/// `LEDGER0002` when the epoch is no longer ours: roll back.
pub async fn commit(
    _connection: &mut PgConnection,
    _spec: &StreamSpec,
    _merging: &Merging,
    _merged: &[Merged],
    _duration_ms: u64,
) -> Result<MergeReport> {
    pending()
}

/// Gives the open batch up (if there is one); the next one takes a higher number. Within the
/// caller's transaction, which holds the stream's lock.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn abandon(_connection: &mut PgConnection, _stream_id: i64) -> Result<Option<BatchId>> {
    pending()
}

/// As [`abandon`], for a batch that failed for good.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn fail(
    _connection: &mut PgConnection,
    _stream_id: i64,
    _failure: &Failure,
) -> Result<Option<BatchId>> {
    pending()
}

/// Takes the stream's lock until the end of the transaction.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn lock_stream(_connection: &mut PgConnection, _stream_id: i64) -> Result<()> {
    pending()
}

/// Opens a DDL transaction of the stream (reconcile): takes its lock, sets a new epoch, ends older
/// backends, abandons a started batch and drops its staging.
///
/// # Errors
/// `LEDGER0007` when a batch is ingested: merge it first.
pub async fn take_over(
    _connection: &mut PgConnection,
    _stream: &StreamId,
    _stream_id: i64,
) -> Result<TakenOver> {
    pending()
}

/// Last statement of that transaction: the tables are those of `config_hash` now.
///
/// # Errors
/// `LEDGER0002` when the epoch is no longer ours: roll back.
pub async fn set_reconciled(
    _connection: &mut PgConnection,
    _stream_id: i64,
    _epoch: Epoch,
    _config_hash: &str,
    _schema_version: u32,
) -> Result<()> {
    pending()
}

/// Merge tables of a stream that are not retired, sorted by dataset.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn merge_tables(
    _connection: &mut PgConnection,
    _stream_id: i64,
) -> Result<Vec<MergeTable>> {
    pending()
}

/// Shows how far the running activity is; the caller throttles. Nothing happens when another
/// attempt took over.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn progress(
    _ledger: &PgPool,
    _stream_id: i64,
    _epoch: Epoch,
    _progress: &Progress,
) -> Result<()> {
    pending()
}

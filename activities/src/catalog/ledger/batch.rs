//! Rows of `teal.batch`: the open one, a certain one, the mark of an ingested one.

use sqlx::{PgConnection, Row, postgres::PgRow};
use teal_model::{BatchId, Epoch, Result};

use super::{IngestedMark, Staged, StagedDataset};
use crate::{
    catalog::number::{count, small},
    pg::PgResultExt,
};

const READING: &str = "reading a batch";

/// How far a batch is. Stored as the word of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Set by `begin`.
    Started,
    /// Set by `mark_ingested`.
    Ingested,
    /// Set by `commit`, in the transaction of the rows.
    Committed,
    /// `failed` or `abandoned`, set when the number was given up: it will never commit.
    Over,
}

/// What the ledger's decisions need of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) number: BatchId,
    pub(crate) status: Status,
    pub(crate) epoch: Epoch,
}

/// The batch that is started or ingested; there is one at most.
pub(crate) async fn open_batch(
    connection: &mut PgConnection,
    stream_id: i64,
) -> Result<Option<Batch>> {
    sqlx::query(
        "select batch, status, epoch from teal.batch
         where stream_id = $1 and status in ('started', 'ingested') order by batch desc limit 1",
    )
    .bind(stream_id)
    .fetch_optional(connection)
    .await
    .and_then(|row| row.as_ref().map(read_batch).transpose())
    .during(READING)
}

/// A certain batch.
pub(super) async fn find_batch(
    connection: &mut PgConnection,
    stream_id: i64,
    number: BatchId,
) -> Result<Option<Batch>> {
    sqlx::query("select batch, status, epoch from teal.batch where stream_id = $1 and batch = $2")
        .bind(stream_id)
        .bind(number.as_i32())
        .fetch_optional(connection)
        .await
        .and_then(|row| row.as_ref().map(read_batch).transpose())
        .during(READING)
}

/// What the last attempt at a batch met, in one line; empty when nothing.
pub(crate) async fn last_failure(
    connection: &mut PgConnection,
    stream_id: i64,
    number: BatchId,
) -> Result<String> {
    let said: Option<String> = sqlx::query_scalar(
        "select failure->>'message' from teal.batch where stream_id = $1 and batch = $2",
    )
    .bind(stream_id)
    .bind(number.as_i32())
    .fetch_optional(connection)
    .await
    .during(READING)?
    .flatten();
    Ok(said.unwrap_or_default())
}

fn read_batch(row: &PgRow) -> Result<Batch, sqlx::Error> {
    let status: String = row.try_get("status")?;
    Ok(Batch {
        number: batch_number(row.try_get("batch")?)?,
        status: match status.as_str() {
            "started" => Status::Started,
            "ingested" => Status::Ingested,
            "committed" => Status::Committed,
            _ => Status::Over,
        },
        epoch: Epoch(row.try_get("epoch")?),
    })
}

/// Reads a number of the columns `batch`, whose check keeps it in range.
pub(super) fn batch_number(number: i32) -> Result<BatchId, sqlx::Error> {
    BatchId::new(small(number))
        .ok_or_else(|| sqlx::Error::Decode(format!("batch {number} is out of range").into()))
}

/// The mark of an ingested batch.
pub(super) async fn read_mark(
    connection: &mut PgConnection,
    stream_id: i64,
    batch: Batch,
) -> Result<IngestedMark> {
    let datasets = sqlx::query(
        "select merge_table_id, staging, first_load, staged_rows, staged_bytes, source_rows,
                buckets, bucket_mask, compares_rows
         from teal.batch_dataset where stream_id = $1 and batch = $2 order by merge_table_id",
    )
    .bind(stream_id)
    .bind(batch.number.as_i32())
    .fetch_all(&mut *connection)
    .await
    .and_then(|rows| rows.iter().map(read_dataset).collect())
    .during(READING)?;
    let row = sqlx::query(
        "select config_hash, schema_version,
                (extract(epoch from coalesce(ingested_at, started_at)) * 1000)::bigint
                    - coalesce(ingest_ms, 0) as attempt_at_ms,
                coalesce(ingest_ms, 0) as ingest_ms,
                coalesce((extract(epoch from source_read_at) * 1000)::bigint, 0) as source_read_at_ms,
                source_snapshot, source_position, resync
         from teal.batch where stream_id = $1 and batch = $2",
    )
    .bind(stream_id)
    .bind(batch.number.as_i32())
    .fetch_one(connection)
    .await
    .during(READING)?;
    read_mark_row(&row, stream_id, batch, datasets).during(READING)
}

fn read_mark_row(
    row: &PgRow,
    stream_id: i64,
    batch: Batch,
    datasets: Vec<StagedDataset>,
) -> Result<IngestedMark, sqlx::Error> {
    Ok(IngestedMark {
        stream_id,
        batch: batch.number,
        epoch: batch.epoch,
        config_hash: row.try_get("config_hash")?,
        schema_version: small(row.try_get("schema_version")?),
        attempt_at_ms: row.try_get("attempt_at_ms")?,
        staged: Staged {
            datasets,
            source_read_at_ms: row.try_get("source_read_at_ms")?,
            source_snapshot: row.try_get("source_snapshot")?,
            source_position: row.try_get("source_position")?,
            duration_ms: count(row.try_get("ingest_ms")?),
        },
        resync: count(row.try_get("resync")?),
    })
}

fn read_dataset(row: &PgRow) -> Result<StagedDataset, sqlx::Error> {
    Ok(StagedDataset {
        merge_table_id: row.try_get("merge_table_id")?,
        staging: row.try_get("staging")?,
        first_load: row.try_get("first_load")?,
        staged_rows: count(row.try_get("staged_rows")?),
        staged_bytes: count(row.try_get("staged_bytes")?),
        source_rows: count(row.try_get("source_rows")?),
        buckets: row.try_get("buckets")?,
        bucket_mask: row.try_get("bucket_mask")?,
        compares_rows: row.try_get("compares_rows")?,
    })
}

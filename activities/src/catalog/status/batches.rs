//! Batches of one stream, newest first.

use std::collections::BTreeMap;

use sqlx::{PgPool, Row, postgres::PgRow, types::Json};
use teal_model::{Result, StreamId};
use teal_proto::v1::Failure;

use super::{BatchDatasetRow, BatchRow, timestamp};
use crate::{
    catalog::{
        control,
        number::{count, small},
    },
    pg::PgResultExt,
};

const READING: &str = "reading batches";

/// The last batches of a stream with the counts of each dataset.
///
/// # Errors
/// `LEDGER0001` when there is no such stream.
pub async fn batches(pool: &PgPool, stream: &StreamId, limit: u32) -> Result<Vec<BatchRow>> {
    let stream_id = control::require(pool, stream).await?.id;
    let rows = sqlx::query(
        "select batch, status, attempts, first_load, worker, staged_rows, staged_bytes, inserted,
                updated, deleted, unchanged, ingest_ms, merge_ms, failure,
                (extract(epoch from started_at) * 1000)::bigint as started_at,
                (extract(epoch from ingested_at) * 1000)::bigint as ingested_at,
                (extract(epoch from committed_at) * 1000)::bigint as committed_at,
                (extract(epoch from source_read_at) * 1000)::bigint as source_read_at
         from teal.batch where stream_id = $1 order by batch desc limit $2",
    )
    .bind(stream_id)
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await
    .during(READING)?;
    let batches: Result<Vec<BatchRow>> =
        rows.iter().map(|row| read_batch(row).during(READING)).collect();
    let mut batches = batches?;
    let Some(oldest) = batches.last().map(|batch| batch.batch) else { return Ok(batches) };
    let mut datasets = datasets(pool, stream_id, oldest).await?;
    for batch in &mut batches {
        batch.datasets = datasets.remove(&batch.batch).unwrap_or_default();
    }
    Ok(batches)
}

/// Counts of each dataset, by batch, from `oldest` on.
async fn datasets(
    pool: &PgPool,
    stream_id: i64,
    oldest: u32,
) -> Result<BTreeMap<u32, Vec<BatchDatasetRow>>> {
    let rows = sqlx::query(
        "select d.batch, coalesce(t.dataset, d.merge_table_id::text) as dataset, d.source_rows,
                d.staged_rows, d.staged_bytes, cardinality(d.buckets) as buckets, d.inserted,
                d.updated, d.deleted, d.unchanged
         from teal.batch_dataset d left join teal.merge_table t on t.id = d.merge_table_id
         where d.stream_id = $1 and d.batch >= $2 order by d.batch, 2",
    )
    .bind(stream_id)
    .bind(i64::from(oldest))
    .fetch_all(pool)
    .await
    .during(READING)?;
    let mut datasets: BTreeMap<u32, Vec<BatchDatasetRow>> = BTreeMap::new();
    for row in &rows {
        let (batch, dataset) = read_dataset(row).during(READING)?;
        datasets.entry(batch).or_default().push(dataset);
    }
    Ok(datasets)
}

/// Reads the columns of a batch; `datasets` stays empty.
pub(super) fn read_batch(row: &PgRow) -> Result<BatchRow, sqlx::Error> {
    let number = |column: &str| row.try_get::<i64, _>(column).map(count);
    let time = |column: &str| row.try_get::<Option<i64>, _>(column).map(timestamp);
    Ok(BatchRow {
        batch: small(row.try_get("batch")?),
        status: row.try_get("status")?,
        attempts: small(row.try_get("attempts")?),
        first_load: row.try_get("first_load")?,
        worker: row.try_get("worker")?,
        started_at: time("started_at")?,
        ingested_at: time("ingested_at")?,
        committed_at: time("committed_at")?,
        source_read_at: time("source_read_at")?,
        staged_rows: number("staged_rows")?,
        staged_bytes: number("staged_bytes")?,
        inserted: number("inserted")?,
        updated: number("updated")?,
        deleted: number("deleted")?,
        unchanged: number("unchanged")?,
        ingest_ms: row.try_get::<Option<i64>, _>("ingest_ms")?.map(count),
        merge_ms: row.try_get::<Option<i64>, _>("merge_ms")?.map(count),
        failure: row.try_get::<Option<Json<Failure>>, _>("failure")?.map(|failure| failure.0),
        datasets: Vec::new(),
    })
}

fn read_dataset(row: &PgRow) -> Result<(u32, BatchDatasetRow), sqlx::Error> {
    let number = |column: &str| row.try_get::<i64, _>(column).map(count);
    let dataset = BatchDatasetRow {
        dataset: row.try_get("dataset")?,
        source_rows: number("source_rows")?,
        staged_rows: number("staged_rows")?,
        staged_bytes: number("staged_bytes")?,
        buckets: row.try_get::<Option<i32>, _>("buckets")?.map(small),
        inserted: number("inserted")?,
        updated: number("updated")?,
        deleted: number("deleted")?,
        unchanged: number("unchanged")?,
    };
    Ok((small(row.try_get("batch")?), dataset))
}

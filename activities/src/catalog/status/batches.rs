//! Batches of one stream, newest first.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::{PgPool, Row, postgres::PgRow, types::Json};
use teal_model::{Result, StreamId};
use teal_proto::v1::Failure;

use super::{BatchDatasetRow, BatchRow, timestamp};
use crate::{
    catalog::{
        control,
        number::{count, int4, small},
    },
    pg::{PgResultExt, Sql, sql},
};

const READING: &str = "reading batches";

/// Which batches of a stream are wanted. All conditions must hold; an empty one always does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchFilter {
    /// This one only.
    pub batch: Option<u32>,
    /// In one of these states: started, ingested, committed, failed, abandoned.
    pub statuses: Vec<String>,
    /// Begun at or after this.
    pub since: Option<Timestamp>,
    /// That read this dataset; counts are those of this dataset only.
    pub dataset: Option<String>,
    /// That inserted, updated or deleted something (in `dataset`, where that is given).
    pub changed: bool,
    /// Most of them.
    pub limit: u32,
}

impl BatchFilter {
    /// The last ones.
    pub fn last(limit: u32) -> Self {
        Self {
            batch: None,
            statuses: Vec::new(),
            since: None,
            dataset: None,
            changed: false,
            limit,
        }
    }

    /// One batch.
    pub fn one(batch: u32) -> Self {
        Self { batch: Some(batch), ..Self::last(1) }
    }
}

/// Columns of `teal.batch b` that [`read_batch`] reads.
pub(super) const COLUMNS: &str = "b.batch, b.status, b.attempts, b.first_load, b.worker,
    b.incarnation, b.schema_version, b.config_hash, b.source_snapshot, b.staged_rows,
    b.staged_bytes, b.inserted, b.updated, b.deleted, b.unchanged, b.ingest_ms, b.merge_ms, b.failure,
    (extract(epoch from b.started_at) * 1000)::bigint as started_at,
    (extract(epoch from b.attempted_at) * 1000)::bigint as attempted_at,
    (extract(epoch from b.ingested_at) * 1000)::bigint as ingested_at,
    (extract(epoch from b.committed_at) * 1000)::bigint as committed_at,
    (extract(epoch from b.source_read_at) * 1000)::bigint as source_read_at";

/// Batches of a stream with the counts of each dataset.
///
/// # Errors
/// `LEDGER0001` when there is no such stream.
pub async fn batches(
    pool: &PgPool,
    stream: &StreamId,
    filter: &BatchFilter,
) -> Result<Vec<BatchRow>> {
    let stream_id = control::require(pool, stream).await?.id;
    let query = sql!(
        "select {columns} from teal.batch b where b.stream_id = $1
           and ($2::integer is null or b.batch = $2)
           and (cardinality($3::text[]) = 0 or b.status = any($3))
           and ($4::bigint is null or b.started_at >= to_timestamp($4 / 1000.0))
           and (not $5 or b.inserted + b.updated + b.deleted > 0)
           and ($6::text is null or exists (
             select from teal.batch_dataset d
             join teal.merge_table t on t.id = d.merge_table_id
             where d.stream_id = b.stream_id and d.batch = b.batch and t.dataset = $6
               and (not $5 or d.inserted + d.updated + d.deleted > 0)))
         order by b.batch desc limit $7",
        columns = Sql::text(COLUMNS)
    );
    let rows = sqlx::query(query)
        .bind(stream_id)
        .bind(filter.batch.map(int4))
        .bind(&filter.statuses)
        .bind(filter.since.map(Timestamp::as_millisecond))
        .bind(filter.changed)
        .bind(&filter.dataset)
        .bind(i64::from(filter.limit))
        .fetch_all(pool)
        .await
        .during(READING)?;
    let batches: Result<Vec<BatchRow>> =
        rows.iter().map(|row| read_batch(row).during(READING)).collect();
    let mut batches = batches?;
    let numbers: Vec<i32> = batches.iter().map(|batch| int4(batch.batch)).collect();
    let mut datasets = datasets(pool, stream_id, &numbers, filter.dataset.as_deref()).await?;
    for batch in &mut batches {
        batch.datasets = datasets.remove(&batch.batch).unwrap_or_default();
    }
    Ok(batches)
}

/// Counts of each dataset, by batch.
async fn datasets(
    pool: &PgPool,
    stream_id: i64,
    batches: &[i32],
    dataset: Option<&str>,
) -> Result<BTreeMap<u32, Vec<BatchDatasetRow>>> {
    let rows = sqlx::query(
        "select d.batch, coalesce(t.dataset, d.merge_table_id::text) as dataset, d.first_load,
                d.source_rows, d.staged_rows, d.staged_bytes, cardinality(d.buckets) as buckets,
                case when d.buckets is not null then d.bucket_mask + 1 end as bucket_count,
                d.inserted, d.updated, d.deleted, d.unchanged
         from teal.batch_dataset d left join teal.merge_table t on t.id = d.merge_table_id
         where d.stream_id = $1 and d.batch = any($2) and ($3::text is null or t.dataset = $3)
         order by d.batch, 2",
    )
    .bind(stream_id)
    .bind(batches)
    .bind(dataset)
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

/// Reads [`COLUMNS`]; `datasets` stays empty.
pub(super) fn read_batch(row: &PgRow) -> Result<BatchRow, sqlx::Error> {
    let number = |column: &str| row.try_get::<i64, _>(column).map(count);
    let time = |column: &str| row.try_get::<Option<i64>, _>(column).map(timestamp);
    Ok(BatchRow {
        batch: small(row.try_get("batch")?),
        status: row.try_get("status")?,
        attempts: small(row.try_get("attempts")?),
        first_load: row.try_get("first_load")?,
        worker: row.try_get("worker")?,
        incarnation: small(row.try_get("incarnation")?),
        schema_version: small(row.try_get("schema_version")?),
        config_hash: row.try_get("config_hash")?,
        started_at: time("started_at")?,
        attempted_at: time("attempted_at")?,
        ingested_at: time("ingested_at")?,
        committed_at: time("committed_at")?,
        source_read_at: time("source_read_at")?,
        source_snapshot: row.try_get("source_snapshot")?,
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
        first_load: row.try_get("first_load")?,
        source_rows: number("source_rows")?,
        staged_rows: number("staged_rows")?,
        staged_bytes: number("staged_bytes")?,
        buckets: row.try_get::<Option<i32>, _>("buckets")?.map(small),
        bucket_count: row.try_get::<Option<i32>, _>("bucket_count")?.map(small),
        inserted: number("inserted")?,
        updated: number("updated")?,
        deleted: number("deleted")?,
        unchanged: number("unchanged")?,
    };
    Ok((small(row.try_get("batch")?), dataset))
}

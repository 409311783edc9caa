//! From started to ingested and back (rule 2).

use sqlx::PgConnection;
use teal_failpoint::Boundary;
use teal_model::{Error, Result};

use super::{
    Attempt, IngestedMark, Staged,
    batch::{Batch, Status, find_batch, read_mark},
    lock_stream,
    state::{fenced, no_epoch, put_state, read_state},
};
use crate::{
    catalog::number::int8,
    code,
    pg::{self, PgResultExt},
};

const MARKING: &str = "marking the batch as ingested";

/// Says that everything is staged and durable. One transaction of its own; the rows must be
/// committed before.
///
/// # Errors
/// `LEDGER0002` when another attempt began meanwhile; `LEDGER0006` when a table of the attempt is
/// missing or doubled.
pub async fn mark_ingested(
    connection: &mut PgConnection,
    attempt: &Attempt,
    staged: Staged,
) -> Result<IngestedMark> {
    covers_all_tables(attempt, &staged)?;
    let mut transaction = pg::begin(connection, MARKING).await?;
    lock_stream(&mut transaction, attempt.stream_id).await?;
    let state = read_state(&mut transaction, attempt.stream_id).await?;
    let open = find_batch(&mut transaction, attempt.stream_id, attempt.batch).await?;
    let ours = Batch { number: attempt.batch, status: Status::Started, epoch: attempt.epoch };
    if state.epoch != attempt.epoch.0 || open != Some(ours) {
        return Err(fenced(attempt.stream(), attempt.batch));
    }
    put_datasets(&mut transaction, attempt, &staged).await?;
    put_mark(&mut transaction, attempt, &staged).await?;
    put_state(&mut transaction, attempt.stream_id, "merging").await?;
    let mark = read_mark(&mut transaction, attempt.stream_id, ours).await?;
    pg::commit(transaction, Boundary::BatchIngested).await?;
    Ok(mark)
}

fn covers_all_tables(attempt: &Attempt, staged: &Staged) -> Result<()> {
    let mut staged: Vec<i64> = staged.datasets.iter().map(|d| d.merge_table_id).collect();
    let mut tables: Vec<i64> = attempt.tables.iter().map(|table| table.id).collect();
    staged.sort_unstable();
    tables.sort_unstable();
    if staged == tables {
        return Ok(());
    }
    Err(Error::new(code::LEDGER0006)
        .with("stream", attempt.stream())
        .with("batch", attempt.batch)
        .with("staged", staged.len())
        .with("tables", tables.len()))
}

async fn put_datasets(
    connection: &mut PgConnection,
    attempt: &Attempt,
    staged: &Staged,
) -> Result<()> {
    for dataset in &staged.datasets {
        sqlx::query(
            "insert into teal.batch_dataset (stream_id, batch, merge_table_id, epoch, staging,
                 first_load, staged_rows, staged_bytes, source_rows, buckets, bucket_mask, compares_rows)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(attempt.stream_id)
        .bind(attempt.batch.as_i32())
        .bind(dataset.merge_table_id)
        .bind(attempt.epoch.0)
        .bind(&dataset.staging)
        .bind(dataset.first_load)
        .bind(int8(dataset.staged_rows))
        .bind(int8(dataset.staged_bytes))
        .bind(int8(dataset.source_rows))
        .bind(&dataset.buckets)
        .bind(dataset.bucket_mask)
        .bind(dataset.compares_rows)
        .execute(&mut *connection)
        .await
        .during(MARKING)?;
    }
    Ok(())
}

async fn put_mark(connection: &mut PgConnection, attempt: &Attempt, staged: &Staged) -> Result<()> {
    let datasets = &staged.datasets;
    sqlx::query(
        "update teal.batch set status = 'ingested', ingested_at = clock_timestamp(),
             source_read_at = to_timestamp($3::bigint / 1000.0), source_snapshot = $4,
             source_position = $5, first_load = $6, staged_rows = $7, staged_bytes = $8,
             ingest_ms = $9
         where stream_id = $1 and batch = $2",
    )
    .bind(attempt.stream_id)
    .bind(attempt.batch.as_i32())
    .bind(staged.source_read_at_ms)
    .bind(&staged.source_snapshot)
    .bind(&staged.source_position)
    .bind(datasets.iter().any(|dataset| dataset.first_load))
    .bind(int8(datasets.iter().map(|dataset| dataset.staged_rows).sum()))
    .bind(int8(datasets.iter().map(|dataset| dataset.staged_bytes).sum()))
    .bind(int8(staged.duration_ms))
    .execute(connection)
    .await
    .during(MARKING)?;
    Ok(())
}

/// Lets an ingested batch whose staging was lost be read again under the same number, and returns
/// the error to answer with (`LEDGER0005`). Call it after the merge transaction was rolled back.
///
/// # Errors
/// `LEDGER0002` when the batch is no longer ingested under this mark.
pub async fn return_to_started(
    connection: &mut PgConnection,
    mark: &IngestedMark,
) -> Result<Error> {
    const RETURNING: &str = "returning the batch to started";
    let mut transaction = pg::begin(connection, RETURNING).await?;
    lock_stream(&mut transaction, mark.stream_id).await?;
    let open = find_batch(&mut transaction, mark.stream_id, mark.batch).await?;
    if open != Some(Batch { number: mark.batch, status: Status::Ingested, epoch: mark.epoch }) {
        return Err(Error::new(code::LEDGER0002).with("batch", mark.batch));
    }
    sqlx::query(
        "update teal.batch set status = 'started', ingested_at = null
         where stream_id = $1 and batch = $2",
    )
    .bind(mark.stream_id)
    .bind(mark.batch.as_i32())
    .execute(&mut *transaction)
    .await
    .during(RETURNING)?;
    no_epoch(&mut transaction, mark.stream_id).await?;
    pg::commit(transaction, Boundary::BatchReturn).await?;
    Ok(Error::new(code::LEDGER0005).with("batch", mark.batch).with("staged_rows", mark.rows()))
}

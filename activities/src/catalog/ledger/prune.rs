//! Batches that changed nothing go after a month (rule 7).

use sqlx::PgConnection;
use teal_model::{BatchId, Result};

use crate::pg::PgResultExt;

/// How often it is looked for old batches: a stream of one batch a minute does it every four hours.
const EVERY: u32 = 256;

/// Now and then, deletes batches older than 30 days that left no trace in the rows: committed
/// without a change, failed or abandoned. Never the last one, nor one that a digest names.
pub(super) async fn prune(
    connection: &mut PgConnection,
    stream_id: i64,
    batch: BatchId,
) -> Result<()> {
    if batch.get().is_multiple_of(EVERY) {
        let pruned = prune_now(connection, stream_id).await?;
        tracing::debug!(stream_id, pruned, "old batches without changes pruned");
    }
    Ok(())
}

/// As `prune`, at once (5,000 batches at most). Returns how many went. The caller holds the stream's
/// lock or knows that nothing runs.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn prune_now(connection: &mut PgConnection, stream_id: i64) -> Result<u64> {
    let pruned = sqlx::query(
        "with old as (
             select b.batch from teal.batch b
             where b.stream_id = $1 and b.status in ('committed', 'failed', 'abandoned')
             and b.started_at < clock_timestamp() - interval '30 days'
             and b.inserted = 0 and b.updated = 0 and b.deleted = 0
             and not (b.first_load and b.status = 'committed')
             and b.batch <> (select last_batch from teal.stream_state where stream_id = $1)
             and not exists (select from teal.digest d
                             join teal.merge_table t on t.id = d.merge_table_id
                             where t.stream_id = $1 and d.batch = b.batch)
             order by b.batch limit 5000
         ), datasets as (
             delete from teal.batch_dataset d using old
             where d.stream_id = $1 and d.batch = old.batch
         ), chunks as (
             delete from teal.chunk c using old where c.stream_id = $1 and c.batch = old.batch
         )
         delete from teal.batch b using old where b.stream_id = $1 and b.batch = old.batch",
    )
    .bind(stream_id)
    .execute(connection)
    .await
    .during("pruning old batches")?;
    Ok(pruned.rows_affected())
}

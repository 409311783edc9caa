//! The frame of a DDL transaction: only the stream alters its tables, and between two batches
//! (rule 4).

use sqlx::PgConnection;
use teal_model::{Epoch, Error, Result, StreamId};

use super::{
    TakenOver, abandon,
    batch::{Status, open_batch},
    lock::seize,
    merge_tables,
    staging::staging_is_intact,
    state::{new_epoch, read_state},
};
use crate::{catalog::number::int4, code, pg::PgResultExt};

/// Opens a DDL transaction of the stream: ends older backends, takes its lock, abandons a started
/// batch (and an ingested one whose staged rows were lost), sets a new epoch. `connection` is in a
/// READ COMMITTED transaction that has done nothing yet.
///
/// # Errors
/// `LEDGER0007` when a batch is ingested: it has to be merged first.
pub async fn take_over(
    connection: &mut PgConnection,
    stream: &StreamId,
    stream_id: i64,
) -> Result<TakenOver> {
    seize(connection, stream, stream_id).await?;
    let state = read_state(connection, stream_id).await?;
    if let Some(open) = open_batch(connection, stream_id).await?
        && open.status == Status::Ingested
        && open.epoch.0 == state.epoch
    {
        let mark = super::batch::read_mark(connection, stream_id, open).await?;
        if staging_is_intact(connection, &mark.staged.datasets).await? {
            return Err(Error::new(code::LEDGER0007)
                .with("stream", stream)
                .with("batch", open.number));
        }
    }
    let abandoned = abandon(connection, stream_id).await?;
    Ok(TakenOver {
        epoch: new_epoch(connection, stream_id).await?,
        abandoned,
        reconciled_hash: state.reconciled_hash,
        schema_version: state.schema_version,
        tables: merge_tables(connection, stream_id).await?,
    })
}

/// Last statement of that transaction: the tables are those of `config_hash` now.
///
/// # Errors
/// `LEDGER0002` when the epoch is no longer ours: roll back.
pub async fn set_reconciled(
    connection: &mut PgConnection,
    stream_id: i64,
    epoch: Epoch,
    config_hash: &str,
    schema_version: u32,
) -> Result<()> {
    let hit = sqlx::query(
        "update teal.stream_state set reconciled_hash = $3, schema_version = $4, epoch = 0
         where stream_id = $1 and epoch = $2",
    )
    .bind(stream_id)
    .bind(epoch.0)
    .bind(config_hash)
    .bind(int4(schema_version))
    .execute(connection)
    .await
    .during("recording the tables' configuration")?;
    if hit.rows_affected() == 1 {
        Ok(())
    } else {
        Err(Error::new(code::LEDGER0002).with("stream_id", stream_id))
    }
}

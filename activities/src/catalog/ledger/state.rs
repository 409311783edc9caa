//! The stream's row in the ledger.

use sqlx::{Connection, PgConnection, Row, postgres::PgRow};
use teal_failpoint::Boundary;
use teal_model::{Epoch, Error, Result, StreamId};

use crate::{
    catalog::number::{count, small},
    code,
    pg::{self, PgResultExt},
};

const READING: &str = "reading the stream's state";

/// What deciding about a stream takes of `teal.stream_state`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) epoch: i64,
    pub(crate) next_batch: i32,
    pub(crate) last_batch: i32,
    pub(crate) incarnation: u32,
    pub(crate) lost_batch: i32,
    pub(crate) reconciled_hash: String,
    pub(crate) schema_version: u32,
    pub(crate) committed_at_ms: Option<i64>,
    pub(crate) next_due_at_ms: Option<i64>,
    /// Highest resync that a committed batch did.
    pub(crate) resync_served: u64,
    /// The server's clock.
    pub(crate) now_ms: i64,
}

/// Reads the state; makes it when the stream is new to this ledger.
pub(crate) async fn read_state(connection: &mut PgConnection, stream_id: i64) -> Result<State> {
    if let Some(state) = find_state(connection, stream_id).await? {
        return Ok(state);
    }
    let enter = sqlx::query(
        "insert into teal.stream_state (stream_id) values ($1) on conflict (stream_id) do nothing",
    )
    .bind(stream_id);
    if connection.is_in_transaction() {
        enter.execute(&mut *connection).await.during(Boundary::StreamEnter.doing())?;
    } else {
        pg::alone(connection, enter, Boundary::StreamEnter).await?;
    }
    let state = find_state(connection, stream_id).await?;
    state.ok_or_else(|| Error::new(code::LEDGER0001).with("stream_id", stream_id))
}

async fn find_state(connection: &mut PgConnection, stream_id: i64) -> Result<Option<State>> {
    let row = sqlx::query(
        "select epoch, next_batch, last_batch, incarnation, lost_batch, reconciled_hash,
                resync_served, schema_version, (extract(epoch from committed_at) * 1000)::bigint as committed_at_ms,
                (extract(epoch from next_due_at) * 1000)::bigint as next_due_at_ms,
                (extract(epoch from clock_timestamp()) * 1000)::bigint as now_ms
         from teal.stream_state where stream_id = $1",
    )
    .bind(stream_id)
    .fetch_optional(connection)
    .await
    .during(READING)?;
    row.as_ref().map(read_row).transpose().during(READING)
}

fn read_row(row: &PgRow) -> Result<State, sqlx::Error> {
    Ok(State {
        epoch: row.try_get("epoch")?,
        next_batch: row.try_get("next_batch")?,
        last_batch: row.try_get("last_batch")?,
        incarnation: small(row.try_get("incarnation")?),
        lost_batch: row.try_get("lost_batch")?,
        reconciled_hash: row.try_get("reconciled_hash")?,
        schema_version: small(row.try_get("schema_version")?),
        committed_at_ms: row.try_get("committed_at_ms")?,
        next_due_at_ms: row.try_get("next_due_at_ms")?,
        resync_served: count(row.try_get("resync_served")?),
        now_ms: row.try_get("now_ms")?,
    })
}

/// Draws a new epoch and makes it the current one; nobody who holds an earlier one can commit any
/// more. Random, so that not even a restored backup brings an old one back.
pub(super) async fn new_epoch(connection: &mut PgConnection, stream_id: i64) -> Result<Epoch> {
    let epoch = Epoch(rand::random_range(1..=i64::MAX));
    put_epoch(connection, stream_id, epoch).await?;
    Ok(epoch)
}

/// Says what the stream does now, for people; the workflow's own notes follow only when something is
/// out of the ordinary.
pub(crate) async fn put_state(
    connection: &mut PgConnection,
    stream_id: i64,
    state: &str,
) -> Result<()> {
    sqlx::query(
        "update teal.stream_state set state = $2, state_since = clock_timestamp()
         where stream_id = $1 and state <> $2",
    )
    .bind(stream_id)
    .bind(state)
    .execute(connection)
    .await
    .during("writing the stream's state")?;
    Ok(())
}

/// Forgets what failed: somebody made a new start.
pub(crate) async fn healthy(connection: &mut PgConnection, stream_id: i64) -> Result<()> {
    sqlx::query(
        "update teal.stream_state set failures = 0, last_failure = null, last_failure_at = null
         where stream_id = $1",
    )
    .bind(stream_id)
    .execute(connection)
    .await
    .during("writing the stream's state")?;
    Ok(())
}

/// Takes the right to commit from whoever holds it.
pub(super) async fn no_epoch(connection: &mut PgConnection, stream_id: i64) -> Result<()> {
    put_epoch(connection, stream_id, Epoch(0)).await
}

async fn put_epoch(connection: &mut PgConnection, stream_id: i64, epoch: Epoch) -> Result<()> {
    sqlx::query(
        "update teal.stream_state set epoch = $2, progress_rows = 0, progress_bytes = 0,
             progress_total_rows = null, progress_at = null, progress_doing = '',
             older_epochs = case when epoch = 0 then older_epochs
                                 else (array_prepend(epoch, older_epochs))[1:16] end
         where stream_id = $1",
    )
    .bind(stream_id)
    .bind(epoch.0)
    .execute(connection)
    .await
    .during("setting the stream's epoch")?;
    Ok(())
}

/// The error of whoever is no longer, or not yet, the owner of a batch.
pub(super) fn fenced(stream: &StreamId, batch: impl std::fmt::Display) -> Error {
    Error::new(code::LEDGER0002).with("stream", stream).with("batch", batch)
}

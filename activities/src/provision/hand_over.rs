//! A merge table goes from one stream to another of the same store: rows, digest, history and views
//! stay, and the next batch of its new owner is an ordinary delta.
//!
//! Invariant: the receiver's batch numbers begin above those of the giver, so that a number in the
//! table says which of them wrote it ([`Earlier`]).
//! Read first: [`hand_over`].

use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, types::Json};
use teal_model::{Result, StreamId};

use crate::{
    catalog::ledger::{self, state::read_state},
    pg::PgResultExt,
};

const HANDING: &str = "handing tables over";

/// Batch numbers of a table that are those of a stream which kept it before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// Surrogate id of that stream.
    pub stream: i64,
    /// Numbers below this one are its batches.
    pub before: i64,
}

/// Moves tables of `from` (its key and surrogate id) to the streams with these surrogate ids, in the
/// caller's transaction. The giver's open batch is given up; running it again moves nothing. Returns
/// how many tables moved.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn hand_over(
    conn: &mut PgConnection,
    from: (&StreamId, i64),
    tables: &[(String, i64)],
) -> Result<usize> {
    let (stream, from_id) = from;
    ledger::seize(conn, stream, from_id).await?;
    ledger::abandon(conn, from_id).await?;
    let giver = read_state(conn, from_id).await?;
    let mut to: Vec<i64> = tables.iter().map(|(_, id)| *id).collect();
    to.sort_unstable();
    to.dedup();
    for id in &to {
        ledger::lock_stream(conn, *id).await?;
        read_state(conn, *id).await?;
    }
    let mut moved = 0;
    for (dataset, id) in tables {
        let era = Earlier { stream: from_id, before: i64::from(giver.next_batch) };
        moved += move_one(conn, from_id, dataset, *id, &era).await?;
    }
    if moved > 0 {
        for id in to {
            follow(conn, from_id, id).await?;
        }
    }
    Ok(moved)
}

async fn move_one(
    conn: &mut PgConnection,
    from: i64,
    dataset: &str,
    to: i64,
    era: &Earlier,
) -> Result<usize> {
    let moved = sqlx::query(
        "update teal.merge_table t set stream_id = $3, earlier = earlier || $4::jsonb
         where stream_id = $1 and (retired_at is null and dataset = $2 or exists (
           select from teal.merge_table m where m.id = t.successor
             and m.stream_id = $1 and m.dataset = $2 and m.retired_at is null))",
    )
    .bind(from)
    .bind(dataset)
    .bind(to)
    .bind(Json([era]))
    .execute(&mut *conn)
    .await
    .during(HANDING)?;
    // Without its definition the new owner does not take the view for what it would put: the batches
    // behind its times are named by stream.
    sqlx::query(
        "update teal.view set stream_id = $3, definition = null
         where stream_id = $1 and dataset = $2",
    )
    .bind(from)
    .bind(dataset)
    .bind(to)
    .execute(conn)
    .await
    .during(HANDING)?;
    Ok(usize::try_from(moved.rows_affected()).unwrap_or(usize::MAX))
}

/// The receiver goes on where the giver stopped, and looks at its tables again.
async fn follow(conn: &mut PgConnection, from: i64, to: i64) -> Result<()> {
    sqlx::query(
        "update teal.stream_state t set next_batch = greatest(t.next_batch, f.next_batch),
           last_batch = greatest(t.last_batch, f.last_batch),
           lost_batch = greatest(t.lost_batch, f.lost_batch),
           incarnation = greatest(t.incarnation, f.incarnation),
           schema_version = greatest(t.schema_version, f.schema_version),
           source_position = coalesce(t.source_position, f.source_position),
           source_read_at = coalesce(least(t.source_read_at, f.source_read_at),
                                     t.source_read_at, f.source_read_at),
           committed_at = greatest(t.committed_at, f.committed_at),
           reconciled_hash = ''
         from teal.stream_state f where f.stream_id = $1 and t.stream_id = $2",
    )
    .bind(from)
    .bind(to)
    .execute(conn)
    .await
    .during(HANDING)?;
    Ok(())
}

//! Views of a workspace go from the tables of some streams to those of others, at one stroke.

use std::collections::BTreeMap;

use sqlx::PgConnection;
use teal_failpoint::Boundary;
use teal_model::{Result, StreamId, plan::MovedView};

use super::publish::LOCK_TIMEOUT;
use crate::{
    Io,
    catalog::{
        control::{self, CatalogStream},
        ledger,
    },
    pg::{self, Lifeline, PgResultExt},
    provision::views,
    stream::reconcile,
};

const MOVING: &str = "moving the views of a workspace";

/// One transaction: a consumer sees all of the old tables or all of the new ones.
pub(super) async fn move_views(io: &Io, workspace: &str, moved: &[MovedView]) -> Result<String> {
    let mut streams: BTreeMap<i64, CatalogStream> = BTreeMap::new();
    for stream in moved.iter().map(|moved| &moved.view.stream).collect::<Vec<&StreamId>>() {
        let known = control::require(io.control(), stream).await?;
        streams.insert(known.id, known);
    }
    let Some(first) = streams.values().next() else { return Ok("nothing to move".to_owned()) };
    let (mut conn, line) = Lifeline::pooled(io, &first.spec.merge).await?;
    let moving = move_over(io, &mut conn, workspace, &streams);
    let count = Box::pin(line.guard(moving)).await?;
    Ok(if count > 0 { format!("{count} moved") } else { "already there".to_owned() })
}

async fn move_over(
    io: &Io,
    conn: &mut PgConnection,
    workspace: &str,
    streams: &BTreeMap<i64, CatalogStream>,
) -> Result<u32> {
    let mut tx = pg::begin(conn, MOVING).await?;
    sqlx::query("select set_config('lock_timeout', $1, true)")
        .bind(LOCK_TIMEOUT)
        .execute(&mut *tx)
        .await
        .during(MOVING)?;
    for id in streams.keys() {
        ledger::lock_stream(&mut tx, *id).await?; // in the order of ids: no deadlock with another move
    }
    views::lock_workspace(&mut tx, workspace).await?;
    let mut count = 0;
    for (id, stream) in streams {
        let due = reconcile::due_views(io, &mut tx, stream).await?;
        count += views::sync(&mut tx, *id, &due).await?;
    }
    pg::commit(tx, Boundary::ApplyMoveViews).await?;
    Ok(count)
}

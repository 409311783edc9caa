//! Retire: the end of a stream that nobody needs any more.
//!
//! In: a stream whose intent is `retired`. Out: its open batch is given up, its views are gone, its
//! tables are dropped or, where they hold history, kept for seven days in `teal_retired`.
//! Invariant: one transaction of the merge store, then the mark in the control catalog; a retire that
//! died in between finds no tables and only marks.

use sqlx::Connection;
use teal_model::{BatchId, Result};
use teal_proto::v1::{RetireReport, RetireRequest};

use crate::{
    Io, Pulse,
    catalog::{
        control::{self, CatalogStream},
        ledger,
    },
    pg::PgResultExt,
    provision::tables,
    pulse::{Progress, while_beating},
};

/// Retires a stream for good. One that is retired already is no error.
///
/// # Errors
/// `DDL0001` when objects of others depend on its tables or views; those of PostgreSQL.
pub async fn retire(io: &Io, request: &RetireRequest, pulse: &dyn Pulse) -> Result<RetireReport> {
    let stream = control::parse(&request.stream)?;
    let Some(known) = control::find(io.control(), &stream).await? else {
        return Ok(RetireReport::default());
    };
    let progress = Progress { doing: format!("retiring {stream}"), ..Progress::default() };
    let work = Box::pin(retire_tables(io, &known));
    let report = while_beating(pulse, &progress, work)
        .await
        .map_err(|error| error.with("stream", &stream))?;
    sqlx::query("update teal.stream set retired_at = clock_timestamp() where id = $1")
        .bind(known.id)
        .execute(io.control())
        .await
        .during("marking the stream as retired")?;
    tracing::info!(%stream, tables = report.tables, "stream retired");
    Ok(report)
}

async fn retire_tables(io: &Io, known: &CatalogStream) -> Result<RetireReport> {
    let pool = io.ledger(&known.spec.merge)?;
    let mut conn = pool.acquire().await.during("connecting to the merge store")?;
    let mut tx = conn.begin().await.during("retiring a stream")?;
    ledger::seize(&mut tx, &known.spec.id, known.id).await?;
    let abandoned = ledger::abandon(&mut tx, known.id).await?;
    let in_place = tables::in_place(&mut tx, known.id).await?;
    for table in &in_place {
        tables::retire(&mut tx, table).await?;
    }
    sqlx::query(
        "update teal.stream_state set state = 'retired', state_since = clock_timestamp(),
           next_due_at = null where stream_id = $1",
    )
    .bind(known.id)
    .execute(&mut *tx)
    .await
    .during("retiring a stream")?;
    tx.commit().await.during("retiring a stream")?;
    Ok(RetireReport {
        tables: u32::try_from(in_place.len()).unwrap_or(u32::MAX),
        abandoned_batch: abandoned.map_or(0, BatchId::get),
    })
}

//! Retire: the end of a stream that nobody needs any more.
//!
//! Out: its open batch is given up, its views are gone, its tables are dropped or, where they hold
//! history, kept for seven days in `teal_retired`.
//! Invariant: one transaction of the merge store, then the mark in the control catalog; a retire that
//! died in between finds no tables and only marks.

use serde_json::json;
use sqlx::PgConnection;
use teal_failpoint::Boundary;
use teal_model::{BatchId, Result, StreamId};
use teal_proto::v1::{RetireReport, RetireRequest};

use crate::{
    Io, Pulse,
    catalog::{
        control::{self, Audit},
        ledger,
    },
    pg::{self, Lifeline, PgResultExt},
    provision::tables,
    pulse::{Progress, while_beating},
};

/// Longest wait for a table that somebody reads; the stream tries again as after any transient
/// failure.
const LOCK_TIMEOUT: &str = "set local lock_timeout = '5s'";

/// Gives the open batch up, drops the stream's views and tables (those with history move to
/// `teal_retired` for seven days) in one transaction, then marks the stream as retired. Idempotent;
/// a stream that is gone is retired.
///
/// # Errors
/// `DDL0001` when objects of others depend on a table or view that would go.
pub async fn retire(io: &Io, request: &RetireRequest, pulse: &dyn Pulse) -> Result<RetireReport> {
    let stream = control::parse(&request.stream)?;
    let asking = control::find(io.control(), &stream);
    let Some(wanted) = pg::answered(io, control::ASKING, asking).await? else {
        return Ok(RetireReport::default());
    };
    let (mut ledger, line) = Lifeline::pooled(io, &wanted.spec.merge).await?;
    let progress = Progress { doing: format!("retiring {stream}"), ..Progress::default() };
    let work = Box::pin(line.guard(take_away(&mut ledger, &stream, wanted.id)));
    let report = while_beating(pulse, &progress, work)
        .await
        .map_err(|error| error.with("stream", &stream))?;
    mark_retired(io, &stream, wanted.id, &request.by, &report).await?;
    Ok(report)
}

/// Everything at the merge store, in one transaction.
async fn take_away(
    ledger: &mut PgConnection,
    stream: &StreamId,
    stream_id: i64,
) -> Result<RetireReport> {
    const RETIRING: &str = "retiring the stream's tables";
    let mut transaction = pg::begin(ledger, RETIRING).await?;
    ledger::seize(&mut transaction, stream, stream_id).await?;
    let abandoned = ledger::abandon(&mut transaction, stream_id).await?;
    sqlx::query(LOCK_TIMEOUT).execute(&mut *transaction).await.during(RETIRING)?;
    let in_place = tables::in_place(&mut transaction, stream_id).await?;
    for table in &in_place {
        tables::retire(&mut transaction, table).await?;
    }
    sqlx::query(
        "update teal.stream_state set state = 'retired', state_since = clock_timestamp(),
             next_due_at = null where stream_id = $1",
    )
    .bind(stream_id)
    .execute(&mut *transaction)
    .await
    .during(RETIRING)?;
    pg::commit(transaction, Boundary::RetireTables).await?;
    Ok(RetireReport {
        tables: u32::try_from(in_place.len()).unwrap_or(u32::MAX),
        abandoned_batch: abandoned.map_or(0, BatchId::get),
    })
}

async fn mark_retired(
    io: &Io,
    stream: &StreamId,
    stream_id: i64,
    by: &str,
    report: &RetireReport,
) -> Result<()> {
    const MARKING: &str = "marking the stream as retired";
    let mut control = io.control().acquire().await.during("connecting to the catalog")?;
    let mut transaction = pg::begin(&mut control, MARKING).await?;
    sqlx::query("update teal.stream set retired_at = clock_timestamp() where id = $1")
        .bind(stream_id)
        .execute(&mut *transaction)
        .await
        .during(MARKING)?;
    let line = Audit {
        by,
        verb: "retired",
        object: &stream.workflow_id(),
        reason: "",
        details: Some(json!({
            "tables": report.tables,
            "abandoned_batch": report.abandoned_batch,
        })),
    };
    control::audit(&mut transaction, &line).await?;
    pg::commit(transaction, Boundary::RetireMark).await?;
    tracing::info!(%stream, tables = report.tables, "stream retired");
    Ok(())
}

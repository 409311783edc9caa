//! Reset: gives up a batch that is stuck, whoever works on it.
//!
//! Out: the number is used up, staging is gone, and nobody who held the batch can commit it.
//! Invariant: a batch that is committed stays committed: its commit and this take the same lock, and
//! whoever comes second sees what the first did.

use serde_json::json;
use sqlx::{Connection, PgConnection};
use teal_failpoint::Boundary;
use teal_model::{BatchId, Epoch, Error, Result, StreamId};
use teal_proto::v1::{Failure, ResetReport, ResetRequest};

use crate::{
    Io, Pulse,
    catalog::{
        control::{self, Audit, CatalogStream},
        ledger::{
            self,
            batch::{Batch, Status, open_batch},
        },
        number::count,
    },
    code,
    pg::{self, Lifeline, PgResultExt},
    pulse::{Progress, while_beating},
};

const RESETTING: &str = "giving a batch up";

/// Gives the open batch up: ends the backends of its attempts at the merge store and at the source,
/// takes their right to commit, drops their staging. The next try takes a new number.
///
/// # Errors
/// `LEDGER0001` when there is no such stream; `LEDGER0040` when no batch is open, also when it was
/// committed a moment ago.
pub async fn reset(io: &Io, request: &ResetRequest, pulse: &dyn Pulse) -> Result<ResetReport> {
    let stream = control::parse(&request.stream)?;
    let wanted = control::asked(io, &stream).await?;
    let progress = Progress { doing: format!("resetting {stream}"), ..Progress::default() };
    while_beating(pulse, &progress, Box::pin(reset_one(io, &stream, &wanted, request))).await
}

async fn reset_one(
    io: &Io,
    stream: &StreamId,
    wanted: &CatalogStream,
    request: &ResetRequest,
) -> Result<ResetReport> {
    let (mut ledger, line) = Lifeline::pooled(io, &wanted.spec.merge).await?;
    let giving_up = reset_at_store(io, &mut ledger, stream, wanted, request);
    let (batch, staged_rows, older) = Box::pin(line.guard(giving_up)).await?;
    let backends = end_at_source(io, wanted, &older).await;
    let report = ResetReport {
        batch: batch.number.get(),
        status: if batch.status == Status::Ingested { "ingested" } else { "started" }.to_owned(),
        staged_rows,
        backends,
    };
    tell(io, stream, request, &report).await?;
    Ok(report)
}

/// Everything at the merge store; also the epochs whose backends may live elsewhere.
async fn reset_at_store(
    io: &Io,
    ledger: &mut PgConnection,
    stream: &StreamId,
    wanted: &CatalogStream,
    request: &ResetRequest,
) -> Result<(Batch, u64, Vec<Epoch>)> {
    // Looked at before anything is ended: a refusal must not disturb who works.
    let Some(open) = open_batch(ledger, wanted.id).await? else {
        return Err(nothing_open(ledger, stream, wanted.id).await);
    };
    let before = ledger::batch::last_failure(ledger, wanted.id, open.number).await?;
    let failure = ledger::reset_failure(&request.by, &request.reason, open.number, &before);
    // Before its attempts are ended: they would else tell of a broken connection.
    ledger::tell_failure(ledger, wanted.id, &failure, Boundary::BatchResetSaid).await?;
    let paused = control::intent(io.control(), wanted.id).await?.wanted == control::PAUSED;
    let word = if paused { "paused" } else { "waiting" };
    give_up(ledger, wanted, word, &failure).await
}

/// The transaction.
async fn give_up(
    ledger: &mut PgConnection,
    wanted: &CatalogStream,
    state: &str,
    failure: &Failure,
) -> Result<(Batch, u64, Vec<Epoch>)> {
    let (stream, stream_id) = (&wanted.spec.id, wanted.id);
    let mut transaction = pg::begin(ledger, RESETTING).await?;
    let older = ledger::seize(&mut transaction, stream, stream_id).await?;
    let Some(batch) = open_batch(&mut transaction, stream_id).await? else {
        let refused = nothing_open(&mut transaction, stream, stream_id).await;
        transaction.rollback().await.during(RESETTING)?;
        return Err(refused);
    };
    let staged_rows: i64 = sqlx::query_scalar(
        "select staged_rows from teal.batch where stream_id = $1 and batch = $2",
    )
    .bind(stream_id)
    .bind(batch.number.as_i32())
    .fetch_one(&mut *transaction)
    .await
    .during(RESETTING)?;
    ledger::reset(&mut transaction, stream_id, failure).await?;
    ledger::put_state(&mut transaction, stream_id, state).await?;
    ledger::state::healthy(&mut transaction, stream_id).await?;
    pg::commit(transaction, Boundary::BatchReset).await?;
    Ok((batch, count(staged_rows), older))
}

/// Ends what the attempts still do at the source. The batch is given up already and cannot come back:
/// a source that is away, or a role that may not end backends, changes nothing about that.
async fn end_at_source(io: &Io, wanted: &CatalogStream, older: &[Epoch]) -> u32 {
    let ended = async {
        let source = &wanted.spec.source;
        let mut connection = io.connect(source, "teal/reset").await?;
        let line = Lifeline::of(&mut connection, io, source).await?;
        let ending = ledger::terminate_older_backends(&mut connection, &wanted.spec.id, older);
        let ended = line.guard(ending).await?;
        connection.close().await.ok(); // it is done; how it ends does not matter
        Ok::<_, Error>(ended)
    };
    match ended.await {
        Ok(count) => u32::try_from(count).unwrap_or(u32::MAX),
        Err(error) => {
            tracing::warn!(stream = %wanted.spec.id, error = %error.one_line(),
                "backends at the source are left to end by themselves");
            0
        }
    }
}

async fn tell(
    io: &Io,
    stream: &StreamId,
    request: &ResetRequest,
    report: &ResetReport,
) -> Result<()> {
    let line = Audit {
        by: &request.by,
        verb: "reset",
        object: &stream.workflow_id(),
        reason: &request.reason,
        details: Some(json!({
            "batch": report.batch,
            "status": report.status,
            "staged_rows": report.staged_rows,
        })),
    };
    control::audit_alone(io.control(), &line, Boundary::BatchResetAudit).await?;
    tracing::info!(%stream, batch = report.batch, status = report.status, by = request.by,
        "batch given up on request");
    Ok(())
}

async fn nothing_open(connection: &mut PgConnection, stream: &StreamId, stream_id: i64) -> Error {
    let error = Error::new(code::LEDGER0040).with("stream", stream);
    match ledger::state::read_state(connection, stream_id).await {
        Ok(state) => match u32::try_from(state.last_batch).ok().and_then(BatchId::new) {
            Some(last) => error.with("committed", last),
            None => error,
        },
        Err(other) => other,
    }
}

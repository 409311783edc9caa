//! Steps that concern jobs: start, reload, repair, hand tables over, retire.

use teal_failpoint::Boundary;
use teal_model::{Error, Result, StreamId, plan::HandedTable, release::Release};
use teal_proto::v1::{IntentRequest, RetireRequest};

use crate::{
    Io, Orchestrator, Pulse,
    catalog::control::{self, CatalogStream},
    code,
    orchestrator::Ensured,
    pg::{self, Lifeline, PgResultExt},
    provision::{alter, hand_over as tables_over, tables},
    stream,
};

/// Lets a stream run with its new configuration. Under a new name, the workflow of the former one
/// ends first; its data goes on.
pub(super) async fn take_over(
    io: &Io,
    orchestrator: &dyn Orchestrator,
    release: &Release,
    stream: &StreamId,
    formerly: Option<&StreamId>,
    by: &str,
) -> Result<String> {
    if let Some(formerly) = formerly {
        orchestrator.end(formerly, by).await?;
    }
    let wanted = control::require(io.control(), stream).await?;
    let intent = control::intent(io.control(), wanted.id).await?;
    if intent.wanted == control::RETIRED {
        return Ok(format!("retired by {}: not started", intent.by));
    }
    let summary = summary(release, &wanted);
    let ensured = orchestrator.ensure(stream, &wanted.spec.services, &summary).await?;
    orchestrator.reload(stream, &wanted.config_hash, by).await?;
    check(io, &wanted).await?;
    Ok(match ensured {
        Ensured::Started => "started".to_owned(),
        Ensured::AlreadyOpen => "reloaded".to_owned(),
    })
}

/// As [`take_over`], for a stream that believes that all is well: it looks at its tables again.
pub(super) async fn repair(
    io: &Io,
    orchestrator: &dyn Orchestrator,
    release: &Release,
    stream: &StreamId,
    by: &str,
) -> Result<String> {
    let wanted = control::require(io.control(), stream).await?;
    if check(io, &wanted).await.is_err() {
        let ledger = io.ledger(&wanted.spec.merge).await?;
        let forget =
            sqlx::query("update teal.stream_state set reconciled_hash = '' where stream_id = $1");
        pg::alone_in(&ledger, forget.bind(wanted.id), Boundary::ApplyRepair).await?;
    }
    take_over(io, orchestrator, release, stream, None, by).await
}

/// Moves tables to the streams that follow one which ends, so that no row is read again.
///
/// The giver is paused first, so that it begins no batch meanwhile, and counts as retired at the end;
/// a person's pause of it goes on for those that follow.
pub(super) async fn hand_over(
    io: &Io,
    from: &StreamId,
    tables: &[HandedTable],
    by: &str,
) -> Result<String> {
    const HANDING: &str = "handing tables over";
    let Some(giver) = control::find(io.control(), from).await? else {
        return Ok("already handed over".to_owned());
    };
    let before = control::intent(io.control(), giver.id).await?;
    let reason = "its tables go to other streams";
    if before.wanted == control::RUN {
        set_intent(io, from, control::PAUSED, reason, by).await?;
    }
    let mut receivers = Vec::new();
    for table in tables {
        let to = control::require(io.control(), &table.to).await?;
        if before.wanted == control::PAUSED && before.reason != reason {
            set_intent(io, &table.to, control::PAUSED, &before.reason, &before.by).await?;
        }
        receivers.push((table.dataset.clone(), to.id));
    }
    let (mut conn, line) = Lifeline::pooled(io, &giver.spec.merge).await?;
    let handing = async {
        let mut tx = pg::begin(&mut conn, HANDING).await?;
        let moved = tables_over::hand_over(&mut tx, (from, giver.id), &receivers).await?;
        pg::commit(tx, Boundary::ApplyHandOver).await?;
        Ok(moved)
    };
    let moved = Box::pin(line.guard(handing)).await?;
    set_intent(io, from, control::RETIRED, reason, by).await?;
    Ok(format!("{moved} tables handed over"))
}

/// Registers search attributes; without them streams run as well.
pub(super) async fn register(orchestrator: &dyn Orchestrator) -> Result<String> {
    let done = orchestrator.register_attributes().await?;
    Ok(if done { "registered" } else { "not registered: the server does not let us" }.to_owned())
}

/// Ends a stream for good: its intent, its workflow, its tables, its row. With the reason.
pub(super) async fn retire(
    io: &Io,
    orchestrator: &dyn Orchestrator,
    (stream, why): (&StreamId, &str),
    by: &str,
    pulse: &dyn Pulse,
) -> Result<String> {
    if control::find(io.control(), stream).await?.is_some() {
        set_intent(io, stream, control::RETIRED, why, by).await?;
    }
    orchestrator.retire(stream, by).await?;
    // Where no workflow was there to do it; else there is nothing left to do.
    if control::find(io.control(), stream).await?.is_some() {
        let request = RetireRequest { stream: stream.to_string(), by: by.to_owned() };
        stream::retire(io, &request, pulse).await?;
    }
    let mark = sqlx::query(
        "update teal.stream set retired_at = clock_timestamp()
         where name = $1 and retired_at is null",
    );
    pg::alone_in(io.control(), mark.bind(stream.to_string()), Boundary::ApplyRetire).await?;
    Ok("retired".to_owned())
}

async fn set_intent(
    io: &Io,
    stream: &StreamId,
    wanted: &str,
    reason: &str,
    by: &str,
) -> Result<()> {
    let request = IntentRequest {
        stream: stream.to_string(),
        wanted: wanted.to_owned(),
        verb: if wanted == control::RETIRED { "retire" } else { "pause" }.to_owned(),
        reason: reason.to_owned(),
        by: by.to_owned(),
        ..IntentRequest::default()
    };
    stream::set_intent(io, &request).await.map(|_report| ())
}

/// Trusts the ledger, not the answer.
async fn check(io: &Io, wanted: &CatalogStream) -> Result<()> {
    let pool = io.ledger(&wanted.spec.merge).await?;
    let mut conn = pool.acquire().await.during("connecting to the merge store")?;
    let hash: Option<String> =
        sqlx::query_scalar("select reconciled_hash from teal.stream_state where stream_id = $1")
            .bind(wanted.id)
            .fetch_optional(&mut *conn)
            .await
            .during("reading the stream's state")?;
    let tables = tables::in_place(&mut conn, wanted.id).await?;
    if hash.as_ref() != Some(&wanted.config_hash)
        || !alter::design(&tables, &wanted.spec).is_empty()
    {
        return Err(Error::new(code::APPLY0004).with("stream", &wanted.spec.id));
    }
    Ok(())
}

/// One line for the workflow: what it keeps up to date, and for whom.
fn summary(release: &Release, wanted: &CatalogStream) -> String {
    let needed_by = release.job(&wanted.spec.id).map(|job| job.needed_by.join(", "));
    let datasets = wanted.spec.datasets.len();
    format!("{datasets} datasets for {}", needed_by.unwrap_or_default())
}

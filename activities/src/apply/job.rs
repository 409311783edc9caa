//! Steps that concern jobs: start, reload, repair, end, retire.

use teal_model::{Error, Result, StreamId, release::Release};
use teal_proto::v1::{IntentRequest, RetireRequest};

use crate::{
    Io, Orchestrator, Pulse,
    catalog::control::{self, CatalogStream},
    code,
    orchestrator::Ensured,
    pg::PgResultExt,
    provision::{alter, tables},
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
        sqlx::query("update teal.stream_state set reconciled_hash = '' where stream_id = $1")
            .bind(wanted.id)
            .execute(&io.ledger(&wanted.spec.merge).await?)
            .await
            .during("asking for the tables to be looked at")?;
    }
    take_over(io, orchestrator, release, stream, None, by).await
}

/// Ends a stream for good: its intent, its workflow, its tables, its row.
pub(super) async fn retire(
    io: &Io,
    orchestrator: &dyn Orchestrator,
    stream: &StreamId,
    by: &str,
    pulse: &dyn Pulse,
) -> Result<String> {
    if control::find(io.control(), stream).await?.is_some() {
        let request = IntentRequest {
            stream: stream.to_string(),
            wanted: control::RETIRED.to_owned(),
            verb: "retire".to_owned(),
            reason: "no workspace needs it any more".to_owned(),
            by: by.to_owned(),
            ..IntentRequest::default()
        };
        stream::set_intent(io, &request).await?;
    }
    orchestrator.retire(stream, by).await?;
    // Where no workflow was there to do it; else there is nothing left to do.
    if control::find(io.control(), stream).await?.is_some() {
        let request = RetireRequest { stream: stream.to_string(), by: by.to_owned() };
        stream::retire(io, &request, pulse).await?;
    }
    sqlx::query(
        "update teal.stream set retired_at = clock_timestamp()
         where name = $1 and retired_at is null",
    )
    .bind(stream.to_string())
    .execute(io.control())
    .await
    .during("retiring a stream")?;
    Ok("retired".to_owned())
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

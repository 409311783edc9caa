//! Waiting for the first load of a stream, as views are about to move to it.

use std::time::Duration;

use sqlx::PgConnection;
use teal_model::{Error, Result, StreamId};
use teal_proto::v1::Failure;

use crate::{
    Io, Orchestrator, Pulse,
    catalog::control,
    code,
    pg::{self, PgResultExt},
};

/// How often the ledger is looked at; the load itself takes longer.
const LOOK_EVERY: Duration = Duration::from_millis(500);

const LOOKING: &str = "looking whether the stream is loaded";

/// Asks the stream for a batch and waits until all its tables are loaded.
///
/// # Errors
/// `APPLY0007` when the stream is paused or fails; `ENGINE0001` when the wait is cancelled.
pub(super) async fn load(
    io: &Io,
    orchestrator: &dyn Orchestrator,
    stream: &StreamId,
    by: &str,
    pulse: &dyn Pulse,
) -> Result<String> {
    let wanted = control::require(io.control(), stream).await?;
    let pool = io.ledger(&wanted.spec.merge).await?;
    let mut conn = pool.acquire().await.during("connecting to the merge store")?;
    if is_loaded(&mut conn, wanted.id).await? {
        return Ok("already loaded".to_owned());
    }
    let intent = control::intent(io.control(), wanted.id).await?;
    if intent.wanted != control::RUN {
        return Err(Error::new(code::APPLY0007)
            .with("stream", stream)
            .with("wanted", intent.wanted)
            .with("by", intent.by)
            .with("reason", intent.reason));
    }
    let before = failed_at(&mut conn, wanted.id).await?;
    drop(conn);
    orchestrator.run(stream, by).await?;
    loop {
        let looking = async {
            let mut conn = pool.acquire().await.during("connecting to the merge store")?;
            let loaded = is_loaded(&mut conn, wanted.id).await?;
            if !loaded {
                refuse_failing(&mut conn, stream, wanted.id, before).await?;
            }
            Ok(loaded)
        };
        if pg::answered(io, LOOKING, looking).await? {
            return Ok("loaded".to_owned());
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = pulse.cancellation().cancelled_owned() => {
                return Err(Error::new(code::ENGINE0001).with("stream", stream));
            }
        }
    }
}

async fn is_loaded(conn: &mut PgConnection, stream_id: i64) -> Result<bool> {
    sqlx::query_scalar(
        "select coalesce(bool_and(loaded), false) from teal.merge_table
         where stream_id = $1 and retired_at is null",
    )
    .bind(stream_id)
    .fetch_one(conn)
    .await
    .during(LOOKING)
}

async fn failed_at(conn: &mut PgConnection, stream_id: i64) -> Result<Option<i64>> {
    let found: Option<Option<i64>> = sqlx::query_scalar(
        "select (extract(epoch from last_failure_at) * 1000000)::bigint from teal.stream_state
         where stream_id = $1",
    )
    .bind(stream_id)
    .fetch_optional(conn)
    .await
    .during("reading the stream's last failure")?;
    Ok(found.flatten())
}

/// A failure that is newer than the request, and that the stream does not get over by itself.
async fn refuse_failing(
    conn: &mut PgConnection,
    stream: &StreamId,
    stream_id: i64,
    before: Option<i64>,
) -> Result<()> {
    let found: Option<(String, Option<sqlx::types::Json<Failure>>)> =
        sqlx::query_as("select state, last_failure from teal.stream_state where stream_id = $1")
            .bind(stream_id)
            .fetch_optional(&mut *conn)
            .await
            .during("reading the stream's state")?;
    let Some((state, Some(failure))) = found else { return Ok(()) };
    if state != "failing" || failed_at(conn, stream_id).await? == before {
        return Ok(());
    }
    Err(Error::new(code::APPLY0007)
        .with("stream", stream)
        .caused_by(failure.0.message)
        .hint(failure.0.help))
}

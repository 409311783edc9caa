//! Giving a batch up: its number is never used again.

use sqlx::{PgConnection, types::Json};
use teal_failpoint::Boundary;
use teal_model::{BatchId, Error, Result, release::StreamSpec};
use teal_proto::v1::Failure;

use super::{batch::batch_number, staging::drop_leftovers, state::no_epoch};
use crate::{
    Io, code,
    pg::{self, PgResultExt},
};

const CLOSING: &str = "giving a batch up";

/// Gives the open batch up, if there is one; the next takes a higher number. Within the caller's
/// transaction, which holds the stream's lock ([`super::lock_stream`]).
///
/// # Errors
/// Those of PostgreSQL.
pub async fn abandon(connection: &mut PgConnection, stream_id: i64) -> Result<Option<BatchId>> {
    close(connection, stream_id, "abandoned", None).await
}

/// As [`abandon`], for a batch that a person gave up; who and why stays with it.
///
/// # Errors
/// Those of PostgreSQL.
pub(crate) async fn reset(
    connection: &mut PgConnection,
    stream_id: i64,
    failure: &Failure,
) -> Result<Option<BatchId>> {
    close(connection, stream_id, "abandoned", Some(failure)).await
}

/// As [`abandon`], for a batch that failed for good; the failure stays with it.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn fail(
    connection: &mut PgConnection,
    stream_id: i64,
    failure: &Failure,
) -> Result<Option<BatchId>> {
    close(connection, stream_id, "failed", Some(failure)).await
}

/// What a batch says of itself that a person gave up.
///
/// `before`: what its last attempt met, which may be why.
pub(crate) fn reset_failure(by: &str, reason: &str, batch: BatchId, before: &str) -> Failure {
    let mut said = format!("reset by {}", if by.is_empty() { "somebody" } else { by });
    if !reason.is_empty() {
        said.push_str(&format!(": {reason}"));
    }
    if !before.is_empty() {
        said.push_str(&format!("; before: {before}"));
    }
    Failure { message: said, ..Failure::from_error(&Error::new(code::LEDGER0043), batch.get()) }
}

/// Says in the open batch what its last attempt met, or that somebody is giving it up.
pub(crate) async fn tell_failure(
    connection: &mut PgConnection,
    stream_id: i64,
    failure: &Failure,
    boundary: Boundary,
) -> Result<()> {
    let write = sqlx::query(
        "update teal.batch set failure = $2
         where stream_id = $1 and status in ('started', 'ingested')",
    );
    pg::alone(connection, write.bind(stream_id).bind(Json(failure)), boundary).await?;
    Ok(())
}

/// The failure of an attempt at a batch, or that a reset ended it: then what it met is no news. A
/// merge store that does not answer leaves the failure as it is.
pub(crate) async fn or_reset(
    io: &Io,
    spec: &StreamSpec,
    stream_id: i64,
    batch: BatchId,
    error: Error,
) -> Error {
    if error.code() == code::ENGINE0001 {
        return error;
    }
    let said = async {
        let ledger = io.ledger(&spec.merge).await?;
        let said: Option<String> = sqlx::query_scalar(
            "select failure->>'message' from teal.batch
             where stream_id = $1 and batch = $2 and failure->>'code' = $3",
        )
        .bind(stream_id)
        .bind(batch.as_i32())
        .bind(code::LEDGER0043.id)
        .fetch_optional(&ledger)
        .await
        .during(CLOSING)?;
        Ok::<_, Error>(said)
    };
    match pg::answered(io, CLOSING, said).await {
        Ok(Some(said)) => Error::new(code::LEDGER0043).with("stream", &spec.id).caused_by(said),
        Ok(None) | Err(_) => error,
    }
}

async fn close(
    connection: &mut PgConnection,
    stream_id: i64,
    status: &str,
    failure: Option<&Failure>,
) -> Result<Option<BatchId>> {
    let closed: Vec<i32> = sqlx::query_scalar(
        "update teal.batch set status = $2, failure = coalesce($3, failure)
         where stream_id = $1 and status in ('started', 'ingested') returning batch",
    )
    .bind(stream_id)
    .bind(status)
    .bind(failure.map(Json))
    .fetch_all(&mut *connection)
    .await
    .during(CLOSING)?;
    no_epoch(connection, stream_id).await?;
    drop_leftovers(connection, stream_id, None).await?;
    closed.into_iter().max().map(batch_number).transpose().during(CLOSING)
}

//! Giving a batch up: its number is never used again.

use sqlx::PgConnection;
use teal_model::{BatchId, Result};
use teal_proto::v1::Failure;

use super::{batch::batch_number, staging::drop_leftovers, state::no_epoch};
use crate::pg::PgResultExt;

/// Gives the open batch up, if there is one; the next takes a higher number. Within the caller's
/// transaction, which holds the stream's lock ([`super::lock_stream`]).
///
/// # Errors
/// Those of PostgreSQL.
pub async fn abandon(connection: &mut PgConnection, stream_id: i64) -> Result<Option<BatchId>> {
    close(connection, stream_id, "abandoned", None).await
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

async fn close(
    connection: &mut PgConnection,
    stream_id: i64,
    status: &str,
    failure: Option<&Failure>,
) -> Result<Option<BatchId>> {
    const CLOSING: &str = "giving a batch up";
    let closed: Vec<i32> = sqlx::query_scalar(
        "update teal.batch set status = $2, failure = coalesce($3, failure)
         where stream_id = $1 and status in ('started', 'ingested') returning batch",
    )
    .bind(stream_id)
    .bind(status)
    .bind(failure.map(sqlx::types::Json))
    .fetch_all(&mut *connection)
    .await
    .during(CLOSING)?;
    no_epoch(connection, stream_id).await?;
    drop_leftovers(connection, stream_id, None).await?;
    closed.into_iter().max().map(batch_number).transpose().during(CLOSING)
}

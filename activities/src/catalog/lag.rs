//! How far each stream is behind its source, for metrics.

use std::collections::HashMap;

use teal_model::{Result, release::StreamSpec};

use crate::{Io, pg::PgResultExt};

/// One stream.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamLag {
    /// Its name.
    pub stream: String,
    /// What its workflow last said of itself.
    pub state: String,
    /// Seconds since the source was read by the last committed batch; `None`: none was committed.
    pub lag_seconds: Option<f64>,
}

/// All streams of the catalog. Three statements.
///
/// # Errors
/// Those of PostgreSQL; `CRED0001`.
pub async fn lags(io: &Io) -> Result<Vec<StreamLag>> {
    let names: Vec<(i64, String)> =
        sqlx::query_as("select id, name from teal.stream where retired_at is null")
            .fetch_all(io.control())
            .await
            .during("listing the streams")?;
    // one services stack per ecosystem: all streams share one merge store
    let any: Option<sqlx::types::Json<StreamSpec>> =
        sqlx::query_scalar("select config from teal.stream where retired_at is null limit 1")
            .fetch_optional(io.control())
            .await
            .during("listing the streams")?;
    let Some(any) = any else { return Ok(Vec::new()) };
    let states: Vec<(i64, String, Option<f64>)> = sqlx::query_as(
        "select stream_id, state,
             extract(epoch from clock_timestamp() - source_read_at)::float8
         from teal.stream_state",
    )
    .fetch_all(&io.ledger(&any.merge).await?)
    .await
    .during("reading the streams' states")?;
    let names: HashMap<i64, String> = names.into_iter().collect();
    Ok(states
        .into_iter()
        .filter_map(|(id, state, lag_seconds)| {
            Some(StreamLag { stream: names.get(&id)?.clone(), state, lag_seconds })
        })
        .collect())
}

//! Control catalog: what is wanted of each stream.

use sqlx::PgPool;
use teal_model::{Error, Result, StreamId, release::StreamSpec};

use crate::{code, pg::PgResultExt};

/// A stream that is not retired, as the control catalog holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogStream {
    /// Surrogate id: renames keep it.
    pub id: i64,
    /// Its newest configuration.
    pub spec: StreamSpec,
    /// Hash of [`Self::spec`].
    pub config_hash: String,
}

/// Finds a stream that is not retired.
///
/// # Errors
/// Those of PostgreSQL; `LEDGER0001` when the stored configuration cannot be read.
pub async fn find(control: &PgPool, stream: &StreamId) -> Result<Option<CatalogStream>> {
    let row: Option<(i64, sqlx::types::Json<StreamSpec>, String)> = sqlx::query_as(
        "select id, config, config_hash from teal.stream where name = $1 and retired_at is null",
    )
    .bind(stream.to_string())
    .fetch_optional(control)
    .await
    .during("reading the stream's configuration")?;
    Ok(row.map(|(id, spec, config_hash)| CatalogStream { id, spec: spec.0, config_hash }))
}

/// As [`find`], for work that makes no sense without the stream.
///
/// # Errors
/// `LEDGER0001` when there is none.
pub async fn require(control: &PgPool, stream: &StreamId) -> Result<CatalogStream> {
    find(control, stream).await?.ok_or_else(|| Error::new(code::LEDGER0001).with("stream", stream))
}

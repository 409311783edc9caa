//! The release in force.

use jiff::Timestamp;
use sqlx::PgPool;
use teal_model::{Result, release::Release};

use crate::pg::PgResultExt;

/// What the last successful `apply` installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Content address of the release.
    pub hash: String,
    /// The release itself.
    pub release: Release,
    /// When it was installed.
    pub applied_at: Timestamp,
    /// Who did it.
    pub applied_by: String,
}

/// Reads the release in force; `None` when nothing was applied yet. The catalog must be of this
/// program's version ([`super::check`]).
///
/// # Errors
/// Those of PostgreSQL.
pub async fn installed(control: &PgPool) -> Result<Option<Installed>> {
    let row: Option<(String, sqlx::types::Json<Release>, i64, String)> = sqlx::query_as(
        "select r.hash, r.body, (extract(epoch from i.applied_at) * 1000)::bigint, i.applied_by
         from teal.installed i join teal.release r on r.id = i.release_id",
    )
    .fetch_optional(control)
    .await
    .during("reading the installed release")?;
    Ok(row.map(|(hash, release, applied_ms, applied_by)| Installed {
        hash,
        release: release.0,
        applied_at: Timestamp::from_millisecond(applied_ms).unwrap_or_default(),
        applied_by,
    }))
}

/// The release that was stored last, installed or not: what the first apply is about to install.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn newest_stored(control: &PgPool) -> Result<Option<Release>> {
    let body: Option<sqlx::types::Json<Release>> =
        sqlx::query_scalar("select body from teal.release order by id desc limit 1")
            .fetch_optional(control)
            .await
            .during("reading the newest release")?;
    Ok(body.map(|body| body.0))
}

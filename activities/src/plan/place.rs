//! Where catalog and merge store are: a plan never lets them part unnoticed.
//!
//! Tables and ledger live in the merge store, what is wanted of them in the catalog. A release that
//! names another database would leave all rows behind, and a catalog that is not the one of a merge
//! store would count its streams anew over the tables of others. Another address of the same database
//! is fine: each ledger remembers the uid of its catalog.

use std::time::Duration;

use sqlx::PgPool;
use teal_model::{
    Error, Result,
    release::{PostgresEndpoint, Release},
};
use uuid::Uuid;

use crate::{Io, catalog, code, pg::PgResultExt};

/// An old address may be gone for good: it is not waited for.
const OLD_PLACE: Duration = Duration::from_secs(3);

/// Refuses a release whose merge store is another one than that of the installed release, or the one
/// of another catalog.
///
/// # Errors
/// `PLAN0004`, `PLAN0005`; those of PostgreSQL.
pub async fn refuse_another(io: &Io, wanted: &Release) -> Result<()> {
    let control = uid(io.control(), "uid").await?;
    let merge = &wanted.services.merge;
    let ledger = io.ledger(merge).await?;
    let owner = uid(&ledger, "control_uid").await?;
    if let Some(owner) = owner {
        if Some(owner) == control {
            return Ok(());
        }
        return Err(Error::new(code::PLAN0005)
            .with("merge_store", place(merge))
            .with("its_catalog", owner)
            .with(
                "our_catalog",
                control.map_or_else(|| "none yet".into(), |uid| uid.to_string()),
            ));
    }
    if control.is_none() || catalog::check(io.control()).await.is_err() {
        return Ok(()); // nothing can be installed there yet, or an older program installed it
    }
    let Some(installed) = catalog::installed(io.control()).await? else { return Ok(()) };
    let before = &installed.release.services.merge;
    if place(before) == place(merge) {
        return Ok(());
    }
    let now = uid(&ledger, "uid").await?;
    if now.is_some() && (now == control || now == old_uid(io, before).await) {
        return Ok(());
    }
    Err(Error::new(code::PLAN0004).with("installed", place(before)).with("wanted", place(merge)))
}

/// Of the database at an address that may be gone.
async fn old_uid(io: &Io, before: &PostgresEndpoint) -> Option<Uuid> {
    let look = async { uid(&io.ledger(before).await?, "uid").await };
    tokio::time::timeout(OLD_PLACE, look).await.ok()?.ok().flatten()
}

/// A uid of `teal.catalog`; `None` where there is none, also in a catalog of an older program.
async fn uid(pool: &PgPool, column: &'static str) -> Result<Option<Uuid>> {
    const READING: &str = "reading the identity of a catalog";
    let exists: bool = sqlx::query_scalar("select to_regclass('teal.catalog') is not null")
        .fetch_one(pool)
        .await
        .during(READING)?;
    if !exists {
        return Ok(None);
    }
    let found: Option<Option<String>> =
        sqlx::query_scalar("select to_jsonb(c) ->> $1 from teal.catalog c")
            .bind(column)
            .fetch_optional(pool)
            .await
            .during(READING)?;
    Ok(found.flatten().and_then(|text| text.parse().ok()))
}

fn place(endpoint: &PostgresEndpoint) -> String {
    format!("{}:{}/{}", endpoint.host, endpoint.port, endpoint.database)
}

//! Staging tables: whether they still hold what the mark says, and which are nobody's any more.

use sqlx::PgConnection;
use teal_model::{Epoch, Result};

use super::{STAGING_SCHEMA, StagedDataset, lock::set_lock_timeout};
use crate::{
    catalog::number::int8,
    pg::{self, Ident, PgResultExt, Sql, sql},
};

/// Longest wait for one leftover table; a zombie that still fills it was ended just before.
const DROP_TIMEOUT: &str = "2s";

/// Whether each staging table exists and holds exactly the marked rows. A crash of the merge store
/// empties UNLOGGED tables; empty staging must never become a mass delete.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn staging_is_intact(
    connection: &mut PgConnection,
    datasets: &[StagedDataset],
) -> Result<bool> {
    for dataset in datasets {
        let Some(name) = &dataset.staging else { continue };
        let exists: bool = sqlx::query_scalar(
            "select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                            where n.nspname = $1 and c.relname = $2 and c.relkind = 'r')",
        )
        .bind(STAGING_SCHEMA)
        .bind(name)
        .fetch_one(&mut *connection)
        .await
        .during("looking for staged rows")?;
        if !exists {
            return Ok(false);
        }
        let rows: i64 = sqlx::query_scalar(count_rows(name))
            .fetch_one(&mut *connection)
            .await
            .during("counting staged rows")?;
        if rows != int8(dataset.staged_rows) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Counts the rows of one staging table.
fn count_rows(name: &str) -> Sql {
    sql!("select count(*) from {staging}", staging = Ident::qualified(STAGING_SCHEMA, name))
}

/// Drops what earlier attempts of the stream left in staging. Runs under the stream's lock, so that
/// no successor has created anything yet. A table that is still locked is left for the next time.
pub(super) async fn drop_leftovers(
    connection: &mut PgConnection,
    stream_id: i64,
    keep: Option<Epoch>,
) -> Result<()> {
    let names: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_class c
         where c.relnamespace = (select oid from pg_namespace where nspname = $1)
         and c.relkind = 'r' and c.relname ~ '^[sl][0-9]+_[0-9a-f]{16}$'
         and split_part(substr(c.relname, 2), '_', 1)
             in (select id::text from teal.merge_table where stream_id = $2)
         and split_part(c.relname, '_', 2) <> $3",
    )
    .bind(STAGING_SCHEMA)
    .bind(stream_id)
    .bind(keep.map(|epoch| epoch.to_string()).unwrap_or_default())
    .fetch_all(&mut *connection)
    .await
    .during("looking for staging that was left behind")?;
    if names.is_empty() {
        return Ok(());
    }
    let earlier: String = sqlx::query_scalar("select current_setting('lock_timeout')")
        .fetch_one(&mut *connection)
        .await
        .during("looking for staging that was left behind")?;
    set_lock_timeout(connection, DROP_TIMEOUT).await?;
    for name in names {
        if let Err(error) = drop_one(connection, &name).await {
            tracing::warn!(staging = name, %error, "staging that was left behind stays");
        }
    }
    set_lock_timeout(connection, &earlier).await
}

/// Within a savepoint, so that a table that cannot be dropped does not spoil the transaction.
async fn drop_one(connection: &mut PgConnection, name: &str) -> Result<()> {
    let table = Ident::qualified(STAGING_SCHEMA, name);
    let mut savepoint = pg::aside(connection, "dropping staging").await?;
    sqlx::query(sql!("drop table if exists {table}", table))
        .execute(&mut *savepoint)
        .await
        .during("dropping staging")?;
    pg::release(savepoint, "dropping staging").await
}

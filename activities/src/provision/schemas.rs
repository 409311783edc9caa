//! Schemas of platforms and workspaces, of staging and of retired tables.

use sqlx::PgConnection;
use teal_model::{Error, Result};

use super::status_view;
use crate::{
    code,
    pg::{Ident, PgResultExt, error, sql},
};

/// Rows between ingest and merge.
pub const STAGING: &str = "teal_staging";
/// Tables with history that are no longer wanted, until they are dropped for good.
pub const RETIRED: &str = "teal_retired";

/// Creates a schema unless it is there.
///
/// # Errors
/// `DDL0004` with the grant that is missing.
pub async fn ensure(conn: &mut PgConnection, schema: &str) -> Result<bool> {
    lock(conn, schema).await?;
    if exists(conn, schema).await? {
        return Ok(false);
    }
    // Asked before, as nothing can be asked in a transaction that was refused something.
    let (database, me): (String, String) =
        sqlx::query_as("select current_database()::text, current_user::text")
            .fetch_one(&mut *conn)
            .await
            .during("asking who we are")?;
    let name = Ident::new(schema);
    match sqlx::query(sql!("create schema {name}", name)).execute(&mut *conn).await {
        Ok(_done) => Ok(true),
        Err(refused) if error::has_state(&refused, "42501") => {
            let (database, me) = (Ident::new(&database), Ident::new(&me));
            Err(Error::new(code::DDL0004).with("schema", schema).hint(format!(
                "run as the database's owner: grant create on database {database} to {me}; `teal \
                 doctor` shows all that is missing"
            )))
        }
        Err(other) => Err(other).during("creating a schema"),
    }
}

/// Renames a schema with all that is in it. `false`: it has the new name already.
///
/// # Errors
/// `DDL0002` when both names are taken.
pub async fn rename(conn: &mut PgConnection, from: &str, to: &str) -> Result<bool> {
    lock(conn, to).await?;
    match (exists(conn, from).await?, exists(conn, to).await?) {
        (false, _) => ensure(conn, to).await,
        (true, true) => Err(Error::new(code::DDL0002).with("schema", to)),
        (true, false) => {
            let (old, new) = (Ident::new(from), Ident::new(to));
            sqlx::query(sql!("alter schema {old} rename to {new}", old, new))
                .execute(&mut *conn)
                .await
                .during("renaming a schema")?;
            sqlx::query(
                "update teal.view set schema_name = case schema_name when $1 then $2 else schema_name end,
                   workspace = case workspace when $1 then $2 else workspace end
                 where schema_name = $1 or workspace = $1",
            )
            .bind(from)
            .bind(to)
            .execute(&mut *conn)
            .await
            .during("renaming a schema")?;
            Ok(true)
        }
    }
}

/// What [`drop`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dropped {
    /// The schema is gone, or was not there.
    Gone,
    /// Objects of others are in it; it stays, without Teal's own.
    Kept(Vec<String>),
}

/// Drops a schema with the views that Teal put into it; what others put there keeps it alive.
///
/// # Errors
/// `DDL0001` when a foreign object depends on one of Teal's views in it.
pub async fn drop(conn: &mut PgConnection, schema: &str) -> Result<Dropped> {
    lock(conn, schema).await?;
    if !exists(conn, schema).await? {
        return Ok(Dropped::Gone);
    }
    let workspace = schema.split_once("__").map_or(schema, |(workspace, _platform)| workspace);
    super::views::lock_workspace(conn, workspace).await?;
    let ours: Vec<String> = sqlx::query_scalar(
        "select view_name from teal.view where schema_name = $1 order by view_name",
    )
    .bind(schema)
    .fetch_all(&mut *conn)
    .await
    .during("dropping a schema")?;
    for name in ours {
        let view = teal_model::release::TableName { schema: schema.to_owned(), name };
        super::views::drop(conn, &view).await?;
    }
    status_view::drop(conn, schema).await?;
    let others = contents(conn, schema).await?;
    if !others.is_empty() {
        return Ok(Dropped::Kept(others));
    }
    let name = Ident::new(schema);
    sqlx::query(sql!("drop schema {name}", name))
        .execute(&mut *conn)
        .await
        .during("dropping a schema")?;
    Ok(Dropped::Gone)
}

/// Whether the schema is there.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn exists(conn: &mut PgConnection, schema: &str) -> Result<bool> {
    sqlx::query_scalar("select exists (select from pg_namespace where nspname = $1)")
        .bind(schema)
        .fetch_one(conn)
        .await
        .during("looking for a schema")
}

/// Relations, functions and types of a schema.
async fn contents(conn: &mut PgConnection, schema: &str) -> Result<Vec<String>> {
    sqlx::query_scalar(
        "select distinct name from (
           select c.relname::text as name from pg_class c
             where c.relnamespace = (select oid from pg_namespace where nspname = $1)
               and c.relkind not in ('i', 'I', 't')
           union all
           select p.oid::regprocedure::text from pg_proc p
             where p.pronamespace = (select oid from pg_namespace where nspname = $1)
           union all
           select t.typname::text from pg_type t
             where t.typnamespace = (select oid from pg_namespace where nspname = $1)
               and t.typrelid = 0 and t.typelem = 0) found
         order by name",
    )
    .bind(schema)
    .fetch_all(conn)
    .await
    .during("looking into a schema")
}

/// Two steps of one apply may want the same schema at the same time.
async fn lock(conn: &mut PgConnection, schema: &str) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('teal/schema/' || $1, 0))")
        .bind(schema)
        .execute(conn)
        .await
        .during("waiting for a schema")?;
    Ok(())
}

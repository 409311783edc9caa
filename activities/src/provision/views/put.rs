//! One view at a time: create, replace, keep grants, and what the server makes of it.

use sqlx::PgConnection;
use teal_model::{Error, Result, release::TableName};

use super::super::dependants;
use crate::{
    code,
    pg::{Ident, PgResultExt, Sql, error, sql},
};

/// Creates or replaces a view; where its columns do not allow that, drops it first and gives the new
/// one the grants that it had.
///
/// # Errors
/// `DDL0001` when objects of others depend on a view that has to be dropped.
pub(in crate::provision) async fn put(
    conn: &mut PgConnection,
    view: &TableName,
    query: &Sql,
) -> Result<()> {
    let name = Ident::from(view);
    let statement = sql!("create or replace view {name} as {query}", name, query);
    run(conn, Sql::text("savepoint teal_view")).await?;
    match sqlx::query(&statement).execute(&mut *conn).await {
        Ok(_done) => run(conn, Sql::text("release savepoint teal_view")).await,
        Err(refused) if error::has_state(&refused, "42P16") => {
            run(conn, Sql::text("rollback to savepoint teal_view")).await?;
            run(conn, Sql::text("release savepoint teal_view")).await?;
            dependants::none(conn, view, None).await?;
            let grants = grants(conn, view).await?;
            run(conn, sql!("drop view {name}", name)).await?;
            run(conn, statement).await?;
            for grant in grants {
                run(conn, grant).await?;
            }
            Ok(())
        }
        Err(refused) if error::has_state(&refused, "42809") => {
            Err(Error::new(code::DDL0002).with("view", view))
        }
        Err(other) => Err(other).during("creating a view"),
    }
}

pub(super) async fn run(conn: &mut PgConnection, statement: Sql) -> Result<()> {
    sqlx::query(statement).execute(conn).await.during("creating a view")?;
    Ok(())
}

/// Statements that give SELECT on a view to everyone who has it.
pub(super) async fn grants(conn: &mut PgConnection, view: &TableName) -> Result<Vec<Sql>> {
    let name = Ident::from(view);
    let grantees: Vec<(Option<String>,)> = sqlx::query_as(
        "select r.rolname::text from pg_class c cross join aclexplode(c.relacl) a
         left join pg_roles r on r.oid = a.grantee
         where c.oid = to_regclass($1) and a.privilege_type = 'SELECT' and a.grantee <> c.relowner",
    )
    .bind(name.to_string())
    .fetch_all(conn)
    .await
    .during("reading the grants of a view")?;
    let grant = |(role,): (Option<String>,)| match role {
        Some(role) => sql!("grant select on {name} to {role}", name, role = Ident::new(&role)),
        None => sql!("grant select on {name} to public", name),
    };
    Ok(grantees.into_iter().map(grant).collect())
}

/// Keeps what we wrote and how the server itself prints it, so that both a change of ours and one of
/// somebody else can be told.
pub(super) async fn remember(conn: &mut PgConnection, view: &TableName, query: &Sql) -> Result<()> {
    let definition = definition(conn, view).await?;
    sqlx::query(
        "update teal.view set query = $3, definition = $4 where schema_name = $1 and view_name = $2",
    )
    .bind(&view.schema)
    .bind(&view.name)
    .bind(query.as_str())
    .bind(definition)
    .execute(conn)
    .await
    .during("recording a view")?;
    Ok(())
}

/// Whether the view is there as we wrote it, with this text.
pub(super) async fn is_as_put(
    conn: &mut PgConnection,
    view: &TableName,
    query: &Sql,
) -> Result<bool> {
    let Some(now) = definition(conn, view).await? else { return Ok(false) };
    sqlx::query_scalar(
        "select exists (select from teal.view
           where schema_name = $1 and view_name = $2 and query = $3 and definition = $4)",
    )
    .bind(&view.schema)
    .bind(&view.name)
    .bind(query.as_str())
    .bind(now)
    .fetch_one(conn)
    .await
    .during("looking whether a view is as it was put")
}

/// The view as the server prints it, all names qualified; `None`: there is no such view.
pub(crate) async fn definition(
    conn: &mut PgConnection,
    view: &TableName,
) -> Result<Option<String>> {
    let earlier: String = sqlx::query_scalar("select current_setting('search_path')")
        .fetch_one(&mut *conn)
        .await
        .during("reading a view")?;
    let set = "select set_config('search_path', $1, true)";
    sqlx::query(set).bind("pg_catalog").execute(&mut *conn).await.during("reading a view")?;
    let text = sqlx::query_scalar(
        "select pg_get_viewdef(c.oid) from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname = $1 and c.relname = $2 and c.relkind = 'v'",
    )
    .bind(&view.schema)
    .bind(&view.name)
    .fetch_optional(&mut *conn)
    .await
    .during("reading a view")?;
    sqlx::query(set).bind(earlier).execute(&mut *conn).await.during("reading a view")?;
    Ok(text)
}

/// Whether any relation has this name.
pub(super) async fn exists(conn: &mut PgConnection, view: &TableName) -> Result<bool> {
    sqlx::query_scalar("select to_regclass($1) is not null")
        .bind(Ident::from(view).to_string())
        .fetch_one(conn)
        .await
        .during("looking for a view")
}

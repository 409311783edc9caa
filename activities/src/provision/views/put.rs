//! One view at a time: create, replace, keep grants, and what the server makes of it.

use std::time::Duration;

use sqlx::PgConnection;
use teal_model::{Error, Result, release::TableName};

use super::super::dependants;
use crate::{
    code,
    pg::{self, Ident, PgResultExt, Sql, error, sql},
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
    sqlx::query("update teal.view set query = $3 where schema_name = $1 and view_name = $2")
        .bind(&view.schema)
        .bind(&view.name)
        .bind(query.as_str())
        .execute(&mut *conn)
        .await
        .during("recording a view")?;
    remember_definition(conn, view).await
}

/// Keeps how the server prints a view now.
pub(super) async fn remember_definition(conn: &mut PgConnection, view: &TableName) -> Result<()> {
    let definition = definition(conn, view).await?;
    sqlx::query("update teal.view set definition = $3 where schema_name = $1 and view_name = $2")
        .bind(&view.schema)
        .bind(&view.name)
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

/// Looks at one view that its stream is just putting on another table.
const LOOKS: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// The view as the server prints it, all names qualified; `None`: there is no such view.
///
/// The server reads the rule of a view by the statement's snapshot, but opens its tables as they are
/// by then: when a stream publishes its first load in between, the table that the rule names is gone
/// (XX000, "could not open relation with OID"). The next look sees the new rule. A lock on the view
/// would help too, but it locks the view's tables after it, in the other order than a publish does.
pub(crate) async fn definition(
    conn: &mut PgConnection,
    view: &TableName,
) -> Result<Option<String>> {
    let mut looks = 0;
    loop {
        looks += 1;
        let mut look = pg::aside(conn, "reading a view").await?;
        let text = printed(&mut look, view).await;
        look.rollback().await.during("reading a view")?;
        match text {
            Err(error) if error::has_state(&error, "XX000") && looks < LOOKS => {
                tokio::time::sleep(BETWEEN_LOOKS).await;
            }
            text => return text.during("reading a view"),
        }
    }
}

/// With a search path of its own, so that all names are qualified; it ends with the transaction.
async fn printed(conn: &mut PgConnection, view: &TableName) -> sqlx::Result<Option<String>> {
    sqlx::query("set local search_path to pg_catalog").execute(&mut *conn).await?;
    sqlx::query_scalar(
        "select pg_get_viewdef(c.oid) from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname = $1 and c.relname = $2 and c.relkind = 'v'",
    )
    .bind(&view.schema)
    .bind(&view.name)
    .fetch_optional(conn)
    .await
}

/// Whether any relation has this name.
pub(super) async fn exists(conn: &mut PgConnection, view: &TableName) -> Result<bool> {
    sqlx::query_scalar("select to_regclass($1) is not null")
        .bind(Ident::from(view).to_string())
        .fetch_one(conn)
        .await
        .during("looking for a view")
}

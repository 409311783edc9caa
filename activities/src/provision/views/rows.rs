//! Rows of `teal.view`: the views as they are.

use std::collections::BTreeSet;

use sqlx::{PgConnection, Row, postgres::PgRow};
use teal_model::{Error, Result, release::TableName};

use super::{View, put::exists};
use crate::{
    code,
    pg::{Ident, PgResultExt},
};

/// Views of a stream, as they are.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn of_stream(conn: &mut PgConnection, stream_id: i64) -> Result<Vec<View>> {
    let rows = sqlx::query("select * from teal.view where stream_id = $1")
        .bind(stream_id)
        .fetch_all(conn)
        .await
        .during(READING)?;
    let views: Result<Vec<View>> = rows.iter().map(|row| read(row).during(READING)).collect();
    let mut views = views?;
    views.sort();
    Ok(views)
}

const READING: &str = "reading the stream's views";

fn read(row: &PgRow) -> Result<View, sqlx::Error> {
    let shows: String = row.try_get("shows")?;
    Ok(View {
        name: TableName { schema: row.try_get("schema_name")?, name: row.try_get("view_name")? },
        workspace: row.try_get("workspace")?,
        platform: row.try_get("platform")?,
        store: row.try_get("store")?,
        dataset: row.try_get("dataset")?,
        history: shows == "history",
        reader_role: row.try_get("reader_role")?,
    })
}

/// Views on one merge table, their workspaces locked.
pub(super) async fn on_table(conn: &mut PgConnection, merge_table_id: i64) -> Result<Vec<View>> {
    let rows = sqlx::query(
        "select v.* from teal.view v join teal.merge_table m
           on m.stream_id = v.stream_id and m.dataset = v.dataset and m.retired_at is null
         where m.id = $1 order by v.schema_name, v.view_name",
    )
    .bind(merge_table_id)
    .fetch_all(&mut *conn)
    .await
    .during(READING)?;
    let views: Result<Vec<View>> = rows.iter().map(|row| read(row).during(READING)).collect();
    let views = views?;
    lock(conn, &views).await?;
    Ok(views)
}

/// Whether a view shows a table that stepped aside, whose successor is not loaded yet.
pub(super) async fn waits(conn: &mut PgConnection, view: &TableName) -> Result<bool> {
    sqlx::query_scalar(
        "select exists (select from pg_rewrite r
           join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
             and d.refclassid = 'pg_class'::regclass
           join pg_class c on c.oid = d.refobjid
           join pg_namespace n on n.oid = c.relnamespace
           join teal.merge_table m on m.schema_name = n.nspname and m.table_name = c.relname
             and m.successor is not null
           where r.ev_class = to_regclass($1))",
    )
    .bind(Ident::from(view).to_string())
    .fetch_one(conn)
    .await
    .during("looking which table a view shows")
}

/// Enters a view into `teal.view`, or takes it over from another stream.
pub(super) async fn claim(conn: &mut PgConnection, stream_id: i64, view: &View) -> Result<()> {
    let known: bool = sqlx::query_scalar(
        "select exists (select from teal.view where schema_name = $1 and view_name = $2)",
    )
    .bind(&view.name.schema)
    .bind(&view.name.name)
    .fetch_one(&mut *conn)
    .await
    .during(READING)?;
    if !known && exists(conn, &view.name).await? {
        return Err(Error::new(code::DDL0002).with("view", &view.name));
    }
    sqlx::query(
        "insert into teal.view (schema_name, view_name, workspace, stream_id, platform, store,
           dataset, shows, reader_role) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (schema_name, view_name) do update set workspace = excluded.workspace,
           stream_id = excluded.stream_id, platform = excluded.platform, store = excluded.store,
           dataset = excluded.dataset, shows = excluded.shows, reader_role = excluded.reader_role",
    )
    .bind(&view.name.schema)
    .bind(&view.name.name)
    .bind(&view.workspace)
    .bind(stream_id)
    .bind(&view.platform)
    .bind(&view.store)
    .bind(&view.dataset)
    .bind(if view.history { "history" } else { "current" })
    .bind(&view.reader_role)
    .execute(conn)
    .await
    .during("entering a view")?;
    Ok(())
}

/// Streams that serve one workspace take turns, so that a view that moves from one to another is
/// never dropped by the one and created by the other at the same time.
pub(super) async fn lock<'a>(
    conn: &mut PgConnection,
    views: impl IntoIterator<Item = &'a View>,
) -> Result<()> {
    let workspaces: BTreeSet<&str> =
        views.into_iter().map(|view| view.workspace.as_str()).collect();
    for workspace in workspaces {
        lock_workspace(conn, workspace).await?;
    }
    Ok(())
}

pub(crate) async fn lock_workspace(conn: &mut PgConnection, workspace: &str) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('teal/views/' || $1, 0))")
        .bind(workspace)
        .execute(conn)
        .await
        .during("waiting for a workspace's views")?;
    Ok(())
}

//! Views of workspaces: what consumers query.
//!
//! A view runs with the rights of its owner, so a reader needs nothing but the view. It lists the
//! columns in the order in which they came to the table: a new column is appended, so that
//! `create or replace` keeps grants and whatever consumers built on the view. Where that cannot be
//! (a column went), the view is dropped and created, with its grants, in the same transaction.
//!
//! `teal.view` holds the views as they are; it changes in the transaction that changes the views.
//! Read first: [`sync`] (reconcile), [`recreate`] (a first load was published).

use std::collections::BTreeSet;

use sqlx::{Connection, PgConnection, Row, postgres::PgRow, types::Json};
use teal_model::{
    BatchId, Error, Result,
    release::{DatasetSpec, Shows, StreamSpec, Style, TableName, WorkspaceSpec},
};

use super::{dependants, roles};
use crate::{
    code,
    pg::{Ident, PgResultExt, Sql, error, sql},
};

/// One view on one merge table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct View {
    /// Schema and name.
    pub name: TableName,
    /// Whose it is.
    pub workspace: String,
    /// Platform that keeps the data.
    pub platform: String,
    /// Store of the dataset.
    pub store: String,
    /// The dataset.
    pub dataset: String,
    /// Whether it shows all versions.
    pub history: bool,
    /// Who may read it; `None`: roles are managed outside of Teal.
    pub reader_role: Option<String>,
}

/// Views of these workspaces on one stream, sorted.
pub fn wanted<'a>(
    workspaces: impl IntoIterator<Item = &'a WorkspaceSpec>,
    spec: &StreamSpec,
) -> Vec<View> {
    let mut views = Vec::new();
    for workspace in workspaces {
        for view in &workspace.views {
            if view.stream != spec.id || spec.dataset(&view.dataset).is_none() {
                continue;
            }
            views.push(View {
                name: view.view.clone(),
                workspace: workspace.name.clone(),
                platform: view.stream.platform().to_owned(),
                store: view.stream.store().to_owned(),
                dataset: view.dataset.clone(),
                history: view.shows == Shows::History,
                reader_role: workspace.reader_role.clone(),
            });
        }
    }
    views.sort();
    views
}

/// What a view selects. Times of a version are those of the batches in which it came and went.
pub fn query(view: &View, stream_id: i64, table: &DatasetSpec, style: Style) -> Sql {
    let from = Ident::from(&table.table);
    let names = table.columns.iter().map(|column| Ident::of_alias("t", &column.name));
    let columns = Sql::join(names, ", ");
    match (view.history, style) {
        (true, Style::Milestoned) => sql!(
            "select b.committed_at as teal_from, e.committed_at as teal_to,
               t.teal_batch_in, t.teal_batch_out, {columns}
             from {from} t
             left join teal.batch b on b.stream_id = {stream_id} and b.batch = t.teal_batch_in
             left join teal.batch e on e.stream_id = {stream_id}
               and e.batch = t.teal_batch_out::bigint + 1",
            columns,
            from,
            stream_id
        ),
        (false, Style::Milestoned) => sql!(
            "select {columns} from {from} t where t.teal_batch_out = {open}",
            columns,
            from,
            open = BatchId::OPEN
        ),
        (_, Style::Live) => sql!("select {columns} from {from} t", columns, from),
    }
}

/// Makes the views of a stream the wanted ones: the rest go. In the caller's transaction, which
/// holds the stream's lock. Returns how many views were put or dropped.
///
/// # Errors
/// `DDL0001` when objects of others depend on a view that goes; `DDL0002` when a name is taken.
pub async fn sync(conn: &mut PgConnection, stream_id: i64, views: &[View]) -> Result<u32> {
    let before = of_stream(conn, stream_id).await?;
    lock(conn, before.iter().chain(views)).await?;
    let mut count = 0;
    for view in before.iter().filter(|view| views.iter().all(|other| other.name != view.name)) {
        count += u32::from(drop(conn, &view.name).await?);
    }
    for view in views {
        claim(conn, stream_id, view).await?;
    }
    Ok(count + put_all(conn, stream_id, views).await?)
}

/// Puts the views of a stream on the tables that have its merge tables' names now. For who has just
/// exchanged one: the loaded table is in its place, the former one is still there under another
/// name; drop that one after this. In the caller's transaction, which holds the stream's lock.
///
/// # Errors
/// `DDL0001` when objects of others depend on a view whose columns changed.
pub async fn recreate(conn: &mut PgConnection, stream_id: i64) -> Result<u32> {
    let views = of_stream(conn, stream_id).await?;
    lock(conn, &views).await?;
    put_all(conn, stream_id, &views).await
}

/// Whether the views of a stream are the wanted ones and nobody touched them.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn in_order(conn: &mut PgConnection, stream_id: i64, views: &[View]) -> Result<bool> {
    if of_stream(conn, stream_id).await? != views {
        return Ok(false);
    }
    let mut look = conn.begin().await.during(READING)?; // a local search path needs a transaction
    for view in views {
        if touched(&mut look, view).await?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What somebody did to a view of `teal.view` by hand; `None`: nothing. Call it in a transaction.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn touched(conn: &mut PgConnection, view: &View) -> Result<Option<&'static str>> {
    let Some(now) = definition(conn, &view.name).await? else {
        return Ok(Some("is missing"));
    };
    let then: Option<String> = sqlx::query_scalar(
        "select definition from teal.view where schema_name = $1 and view_name = $2",
    )
    .bind(&view.name.schema)
    .bind(&view.name.name)
    .fetch_optional(&mut *conn)
    .await
    .during(READING)?
    .flatten();
    if then.as_ref() != Some(&now) {
        return Ok(Some("was changed by hand"));
    }
    if let Some(role) = &view.reader_role
        && roles::exists(conn, role).await?
        && !roles::has_select(conn, role, &view.name).await?
    {
        return Ok(Some("is not granted to its readers"));
    }
    Ok(None)
}

/// Views that were dropped for the time of a change, with their grants.
#[derive(Debug, Default)]
pub struct Suspended(Vec<(TableName, Vec<Sql>)>);

/// Drops the views on one merge table until [`resume`]: PostgreSQL alters no type that a view uses.
/// Their rows in `teal.view` stay.
///
/// # Errors
/// `DDL0001` when objects of others depend on one of them.
pub async fn suspend(conn: &mut PgConnection, merge_table_id: i64) -> Result<Suspended> {
    let mut suspended = Suspended::default();
    for view in on_table(conn, merge_table_id).await? {
        if !exists(conn, &view.name).await? {
            continue;
        }
        dependants::none(conn, &view.name, None).await?;
        let grants = grants(conn, &view.name).await?;
        let name = Ident::from(&view.name);
        run(conn, sql!("drop view {name}", name)).await?;
        suspended.0.push((view.name, grants));
    }
    Ok(suspended)
}

/// Gives the views that [`sync`] created again the grants that they had.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn resume(conn: &mut PgConnection, suspended: Suspended) -> Result<()> {
    for (view, grants) in suspended.0 {
        if exists(conn, &view).await? {
            for grant in grants {
                run(conn, grant).await?;
            }
        }
    }
    Ok(())
}

/// Drops the views on one merge table. In the caller's transaction, which holds the stream's lock.
///
/// # Errors
/// `DDL0001` when objects of others depend on one of them.
pub async fn drop_of_table(conn: &mut PgConnection, merge_table_id: i64) -> Result<()> {
    for view in on_table(conn, merge_table_id).await? {
        drop(conn, &view.name).await?;
    }
    Ok(())
}

/// Views on one merge table, their workspaces locked.
async fn on_table(conn: &mut PgConnection, merge_table_id: i64) -> Result<Vec<View>> {
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

/// Drops one view of Teal; `false`: it was not there.
///
/// # Errors
/// `DDL0001` when objects of others depend on it.
pub async fn drop(conn: &mut PgConnection, view: &TableName) -> Result<bool> {
    dependants::none(conn, view, None).await?;
    sqlx::query("delete from teal.view where schema_name = $1 and view_name = $2")
        .bind(&view.schema)
        .bind(&view.name)
        .execute(&mut *conn)
        .await
        .during("forgetting a view")?;
    let there = exists(conn, view).await?;
    let name = Ident::from(view);
    sqlx::query(sql!("drop view if exists {name}", name))
        .execute(conn)
        .await
        .during("dropping a view")?;
    Ok(there)
}

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

pub(crate) fn read(row: &PgRow) -> Result<View, sqlx::Error> {
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

async fn put_all(conn: &mut PgConnection, stream_id: i64, views: &[View]) -> Result<u32> {
    let mut count = 0;
    for view in views {
        let table: Option<(Json<DatasetSpec>, String, String, String)> = sqlx::query_as(
            "select layout, schema_name, table_name, style from teal.merge_table
             where stream_id = $1 and dataset = $2 and retired_at is null",
        )
        .bind(stream_id)
        .bind(&view.dataset)
        .fetch_optional(&mut *conn)
        .await
        .during(READING)?;
        let Some((Json(mut layout), schema, name, style)) = table else { continue };
        layout.table = TableName { schema, name };
        let style = if style == Style::Live.as_str() { Style::Live } else { Style::Milestoned };
        put(conn, &view.name, &query(view, stream_id, &layout, style)).await?;
        remember_definition(conn, &view.name).await?;
        if let Some(role) = &view.reader_role {
            roles::grant_view(conn, role, &view.name).await?;
        }
        count += 1;
    }
    Ok(count)
}

/// Enters a view into `teal.view`, or takes it over from another stream.
async fn claim(conn: &mut PgConnection, stream_id: i64, view: &View) -> Result<()> {
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

/// Creates or replaces a view; where its columns do not allow that, drops it first and gives the new
/// one the grants that it had.
///
/// # Errors
/// `DDL0001` when objects of others depend on a view that has to be dropped.
pub(super) async fn put(conn: &mut PgConnection, view: &TableName, query: &Sql) -> Result<()> {
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

async fn run(conn: &mut PgConnection, statement: Sql) -> Result<()> {
    sqlx::query(statement).execute(conn).await.during("creating a view")?;
    Ok(())
}

/// Statements that give SELECT on a view to everyone who has it.
async fn grants(conn: &mut PgConnection, view: &TableName) -> Result<Vec<Sql>> {
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

/// Keeps how the server itself prints the view, so that `plan` sees whether somebody replaced it.
async fn remember_definition(conn: &mut PgConnection, view: &TableName) -> Result<()> {
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
async fn exists(conn: &mut PgConnection, view: &TableName) -> Result<bool> {
    sqlx::query_scalar("select to_regclass($1) is not null")
        .bind(Ident::from(view).to_string())
        .fetch_one(conn)
        .await
        .during("looking for a view")
}

/// Streams that serve one workspace take turns, so that a view that moves from one to another is
/// never dropped by the one and created by the other at the same time.
async fn lock<'a>(
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

pub(super) async fn lock_workspace(conn: &mut PgConnection, workspace: &str) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('teal/views/' || $1, 0))")
        .bind(workspace)
        .execute(conn)
        .await
        .during("waiting for a workspace's views")?;
    Ok(())
}

/// The statement that creates a view, for the plan.
pub fn create_text(view: &View, stream_id: i64, table: &DatasetSpec, style: Style) -> String {
    let (name, query) = (Ident::from(&view.name), query(view, stream_id, table, style));
    sql!("create view {name} as {query}", name, query).to_string()
}

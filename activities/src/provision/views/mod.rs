//! Views of workspaces: what consumers query.
//!
//! A view runs with the rights of its owner, so a reader needs nothing but the view. It lists the
//! columns in the order in which they came to the table: a new column is appended, so that
//! `create or replace` keeps grants and whatever consumers built on the view. Where that cannot be
//! (a column went), the view is dropped and created, with its grants, in the same transaction.
//!
//! `teal.view` holds the views as they are; it changes in the transaction that changes the views.
//! Read first: [`sync`] (reconcile), [`recreate`] (a first load was published), [`refresh`] (a batch
//! filled new columns).

mod drift;
mod due;
mod put;
mod rows;
mod suspend;

use sqlx::{PgConnection, types::Json};
use teal_model::{
    BatchId, Result,
    release::{DatasetSpec, Shows, StreamSpec, Style, TableName, WorkspaceSpec},
};

use super::{dependants, hand_over::Earlier, roles};
use crate::pg::{Ident, PgResultExt, Sql, sql};

pub use drift::{in_order, touched};
pub use due::due;
pub use rows::of_stream;
pub use suspend::{Suspended, resume, suspend};

pub(crate) use put::definition;
pub(super) use put::put;
pub(crate) use rows::lock_workspace;

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

/// What a view selects. Times of a version are those of the batches in which it came and went;
/// `earlier`: whose batches the low numbers are, where the table came from another stream.
pub fn query(
    view: &View,
    stream_id: i64,
    earlier: &[Earlier],
    table: &DatasetSpec,
    style: Style,
) -> Sql {
    let from = Ident::from(&table.table);
    let names = table.columns.iter().map(|column| Ident::of_alias("t", &column.name));
    let columns = Sql::join(names, ", ");
    match (view.history, style) {
        (true, Style::Milestoned) => {
            let came = owner(stream_id, earlier, &Sql::text("t.teal_batch_in"));
            let went = owner(stream_id, earlier, &Sql::text("t.teal_batch_out::bigint + 1"));
            sql!(
                "select b.committed_at as teal_from, e.committed_at as teal_to,
                   t.teal_batch_in, t.teal_batch_out, {columns}
                 from {from} t
                 left join teal.batch b on b.stream_id = {came} and b.batch = t.teal_batch_in
                 left join teal.batch e on e.stream_id = {went}
                   and e.batch = t.teal_batch_out::bigint + 1",
                columns,
                from,
                came,
                went
            )
        }
        (false, Style::Milestoned) => sql!(
            "select {columns} from {from} t where t.teal_batch_out = {open}",
            columns,
            from,
            open = BatchId::OPEN
        ),
        (_, Style::Live) => sql!("select {columns} from {from} t", columns, from),
    }
}

/// The stream whose batch a number is.
fn owner(stream_id: i64, earlier: &[Earlier], number: &Sql) -> Sql {
    if earlier.is_empty() {
        return sql!("{stream_id}", stream_id);
    }
    let cases = earlier.iter().map(|era| {
        sql!(
            "when {number} < {before} then {stream}",
            number,
            before = era.before,
            stream = era.stream
        )
    });
    let cases = Sql::join(cases, " ");
    sql!("case {cases} else {stream_id} end", cases, stream_id)
}

/// Makes the views of a stream the wanted ones: the rest go. In the caller's transaction, which
/// holds the stream's lock. Returns how many views were put or dropped.
///
/// # Errors
/// `DDL0001` when objects of others depend on a view that goes; `DDL0002` when a name is taken.
pub async fn sync(conn: &mut PgConnection, stream_id: i64, views: &[View]) -> Result<u32> {
    let known = of_stream(conn, stream_id).await?;
    rows::lock(conn, known.iter().chain(views)).await?;
    let before = of_stream(conn, stream_id).await?; // as they are now that nobody else changes them
    let mut count = 0;
    for view in before.iter().filter(|view| views.iter().all(|other| other.name != view.name)) {
        count += u32::from(drop(conn, &view.name).await?);
    }
    for view in views {
        rows::claim(conn, stream_id, view).await?;
        count += u32::from(put_one(conn, stream_id, view, false).await?);
    }
    Ok(count)
}

/// Puts the views of a stream on the tables that have its merge tables' names now. For who has just
/// exchanged one: the loaded table is in its place, the former one is still there under another
/// name; drop that one after this. In the caller's transaction, which holds the stream's lock.
///
/// # Errors
/// `DDL0001` when objects of others depend on a view whose columns changed.
pub async fn recreate(conn: &mut PgConnection, stream_id: i64) -> Result<u32> {
    put_all(conn, stream_id, true).await
}

/// Puts those views of a stream whose columns are others now: new ones have been filled. In the
/// caller's transaction, which holds the stream's lock.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn refresh(conn: &mut PgConnection, stream_id: i64) -> Result<u32> {
    put_all(conn, stream_id, false).await
}

async fn put_all(conn: &mut PgConnection, stream_id: i64, anew: bool) -> Result<u32> {
    let known = of_stream(conn, stream_id).await?;
    rows::lock(conn, &known).await?;
    let mut count = 0;
    for view in of_stream(conn, stream_id).await? {
        count += u32::from(put_one(conn, stream_id, &view, anew).await?);
    }
    Ok(count)
}

/// Drops the views on one merge table. In the caller's transaction, which holds the stream's lock.
///
/// # Errors
/// `DDL0001` when objects of others depend on one of them.
pub async fn drop_of_table(conn: &mut PgConnection, merge_table_id: i64) -> Result<()> {
    for view in rows::on_table(conn, merge_table_id).await? {
        drop(conn, &view.name).await?;
    }
    Ok(())
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
    let there = put::exists(conn, view).await?;
    let name = Ident::from(view);
    sqlx::query(sql!("drop view if exists {name}", name))
        .execute(conn)
        .await
        .during("dropping a view")?;
    Ok(there)
}

/// Refuses to go on when something of others depends on a view of a merge table.
///
/// # Errors
/// `DDL0001` naming each object.
pub(super) async fn none_stands_on(conn: &mut PgConnection, merge_table_id: i64) -> Result<()> {
    for view in rows::on_table(conn, merge_table_id).await? {
        dependants::none(conn, &view.name, None).await?;
    }
    Ok(())
}

/// Layout, schema, name, style, earlier owners and unfilled columns of a merge table, and whether it
/// is loaded.
type TableRow = (Json<DatasetSpec>, String, String, String, Json<Vec<Earlier>>, Vec<String>, bool);

/// Puts one view on its merge table. A view that is as it was put stays untouched, unless `anew`:
/// to replace it takes a lock that waits for each query on it. One that shows the table which stepped
/// aside for an unloaded one stays there.
async fn put_one(conn: &mut PgConnection, stream_id: i64, view: &View, anew: bool) -> Result<bool> {
    let table: Option<TableRow> = sqlx::query_as(
        "select layout, schema_name, table_name, style, earlier, fresh, loaded
         from teal.merge_table
         where stream_id = $1 and dataset = $2 and retired_at is null",
    )
    .bind(stream_id)
    .bind(&view.dataset)
    .fetch_optional(&mut *conn)
    .await
    .during("looking for the table of a view")?;
    let Some((Json(mut layout), schema, name, style, Json(earlier), fresh, loaded)) = table else {
        return Ok(false);
    };
    layout.table = TableName { schema, name };
    layout.columns.retain(|column| !fresh.contains(&column.name));
    let style = if style == Style::Live.as_str() { Style::Live } else { Style::Milestoned };
    let query = query(view, stream_id, &earlier, &layout, style);
    let mut changed = false;
    if !anew && !loaded && rows::waits(conn, &view.name).await? {
        put::remember_definition(conn, &view.name).await?; // its table has another name now
    } else if anew || !put::is_as_put(conn, &view.name, &query).await? {
        put(conn, &view.name, &query).await?;
        put::remember(conn, &view.name, &query).await?;
        changed = true;
    }
    if let Some(role) = &view.reader_role {
        changed |= roles::grant_view(conn, role, &view.name).await?;
    }
    Ok(changed)
}

//! Tables that are loaded while consumers go on reading what they read.
//!
//! A table that is built anew moves aside with the views on it; its successor takes its name, empty,
//! and the batch that loads it puts the views on it. A column that comes is filled before a view
//! shows it. Both happen in the transaction of that batch, so that no view ever shows a gap.
//!
//! Invariant: `teal.merge_table.successor` names the unloaded table whose first load ends the wait,
//! `fresh` the columns that no batch has filled; the commit of a batch clears both.
//! Read first: [`step_aside`] (reconcile), [`settle`] (the batch that loads).

use sqlx::{PgConnection, Row};
use teal_model::{
    Result,
    plan::tables::{Alteration, ColumnStep},
    release::{ColumnSpec, DatasetSpec, Style, TableName},
};

use super::{
    dependants, schemas,
    tables::{self, InPlace},
    views::{self, Suspended},
};
use crate::pg::{Ident, PgResultExt, sql};

const SETTLING: &str = "letting go of a table that was built anew";

/// Makes room for the successor of a table: one that shows rows goes to `teal_retired` with its
/// views, an empty one goes for good. In the caller's transaction, which holds the stream's lock;
/// `create` is what puts the successor in its place. Returns the number of statements, and the views
/// that were on an empty table.
///
/// # Errors
/// `DDL0001` when objects of others stand on what has to be dropped, now or once it is loaded.
pub(crate) async fn step_aside(
    conn: &mut PgConnection,
    table: &InPlace,
) -> Result<(u32, Suspended)> {
    let id = table.table.id;
    let suspended = if table.shows_rows() {
        // told now, while nothing has happened, and not in the middle of the night
        views::none_stands_on(conn, id).await?;
        schemas::ensure(conn, schemas::RETIRED).await?;
        Suspended::default()
    } else {
        views::suspend(conn, id).await?
    };
    if !table.has_history() && table.columns.is_some() {
        dependants::none(conn, &table.table.table, None).await?;
    }
    let statements = tables::rebuild_statements(table);
    let count = u32::try_from(statements.len()).unwrap_or(u32::MAX);
    for statement in statements {
        sqlx::query(statement).execute(&mut *conn).await.during("moving a table aside")?;
    }
    tables::void_digest(conn, id).await?;
    if table.shows_rows() {
        tables::record_retired(conn, &table.table).await?;
    } else {
        tables::forget(conn, id).await?;
    }
    Ok((count, suspended))
}

/// Enters the successor of a table that stepped aside.
///
/// # Errors
/// Those of PostgreSQL.
pub(crate) async fn succeed(
    conn: &mut PgConnection,
    stream_id: i64,
    table: &InPlace,
    dataset: &DatasetSpec,
    style: Style,
) -> Result<()> {
    let successor = tables::enter(conn, stream_id, dataset, style).await?;
    sqlx::query("update teal.merge_table set successor = $2 where id = $1 or successor = $1")
        .bind(table.table.id)
        .bind(successor)
        .execute(conn)
        .await
        .during("recording a table that was built anew")?;
    Ok(())
}

/// The wait for these successors is over: they are loaded and views show them, or they retire. What
/// stepped aside goes, or, where it has history, stays in `teal_retired` for its days. Returns the
/// number of tables that went.
///
/// # Errors
/// Those of PostgreSQL; what others built on a table that goes makes this fail with their names.
pub(crate) async fn settle(conn: &mut PgConnection, successors: &[i64]) -> Result<u32> {
    let rows = sqlx::query(
        "update teal.merge_table set successor = null where successor = any($1)
         returning id, schema_name, table_name, style",
    )
    .bind(successors)
    .fetch_all(&mut *conn)
    .await
    .during(SETTLING)?;
    let mut count = 0;
    for row in rows {
        let style: String = row.try_get("style").during(SETTLING)?;
        if style == Style::Milestoned.as_str() {
            continue;
        }
        let place = TableName {
            schema: row.try_get("schema_name").during(SETTLING)?,
            name: row.try_get("table_name").during(SETTLING)?,
        };
        let name = Ident::from(&place);
        sqlx::query(sql!("drop table if exists {name}", name))
            .execute(&mut *conn)
            .await
            .during(SETTLING)?;
        tables::forget(conn, row.try_get("id").during(SETTLING)?).await?;
        count += 1;
    }
    Ok(count)
}

/// Columns of a table in place that the next batch fills: those that come with `change`, or come
/// back, and those that somebody dropped by hand.
pub(super) fn coming<'a>(table: &InPlace, change: &'a Alteration) -> Vec<&'a ColumnSpec> {
    let missing = table.missing_columns();
    let is_filled = |name: &str| {
        let known = table.table.layout.columns.iter().any(|column| column.name == name);
        known && !missing.contains(&name) && !table.table.fresh.iter().any(|fresh| fresh == name)
    };
    let named_before = |name: &'a str| {
        let renamed = change.steps.iter().find_map(|step| match step {
            ColumnStep::Rename { from, to } if to == name => Some(from.as_str()),
            _ => None,
        });
        renamed.unwrap_or(name)
    };
    let columns = change.after.layout.columns.iter();
    columns.filter(|column| !is_filled(named_before(&column.name))).collect()
}

/// Writes down the columns that views do not show until the next batch has filled them.
///
/// # Errors
/// Those of PostgreSQL.
pub(crate) async fn await_columns(
    conn: &mut PgConnection,
    table: &InPlace,
    change: &Alteration,
) -> Result<bool> {
    let fresh: Vec<String> = if table.table.loaded {
        coming(table, change).into_iter().map(|column| column.name.clone()).collect()
    } else {
        Vec::new() // nothing is shown of it but an empty table
    };
    put_fresh(conn, table.table.id, &fresh).await?;
    Ok(!fresh.is_empty())
}

/// A batch filled them.
///
/// # Errors
/// Those of PostgreSQL.
pub(crate) async fn filled(conn: &mut PgConnection, merge_table_id: i64) -> Result<()> {
    put_fresh(conn, merge_table_id, &[]).await
}

async fn put_fresh(conn: &mut PgConnection, merge_table_id: i64, fresh: &[String]) -> Result<()> {
    sqlx::query("update teal.merge_table set fresh = $2 where id = $1")
        .bind(merge_table_id)
        .bind(fresh)
        .execute(conn)
        .await
        .during("recording new columns")?;
    Ok(())
}

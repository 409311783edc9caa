//! Merge tables in place: what is there, how they appear and how they retire.

use std::collections::BTreeMap;

use sqlx::{PgConnection, types::Json};
use teal_model::{
    Result,
    plan::tables::TableState,
    release::{ColumnSpec, DatasetSpec, Style, TableName},
};

use super::{aside, dependants, schemas};
use crate::{
    catalog::ledger::{MergeTable, merge_tables},
    merge::postgres::ddl,
    pg::{Ident, PgResultExt, Sql, sql},
};

/// Days that a table with history is kept after it retired.
pub const KEPT_DAYS: u32 = 7;

/// A merge table of the ledger and what of it really exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InPlace {
    /// The ledger's row.
    pub table: MergeTable,
    /// Columns that left the model and keep their history.
    pub retained: Vec<ColumnSpec>,
    /// Columns that exist, name and type as PostgreSQL prints it; `None`: there is no such table.
    pub columns: Option<BTreeMap<String, String>>,
    /// Whether the unique index behind its key is there and valid.
    pub has_key: bool,
}

impl InPlace {
    /// Layout and retained columns, without those that somebody dropped by hand.
    pub fn state(&self) -> TableState {
        let exists = |column: &ColumnSpec| {
            self.columns.as_ref().is_none_or(|columns| columns.contains_key(&column.name))
        };
        let mut layout = self.table.layout.clone();
        layout.table = self.table.table.clone();
        layout.columns.retain(exists);
        TableState {
            layout,
            retained: self.retained.iter().filter(|column| exists(column)).cloned().collect(),
        }
    }

    /// Columns of the layout that do not exist.
    pub fn missing_columns(&self) -> Vec<&str> {
        let Some(columns) = &self.columns else { return Vec::new() };
        let names = self.table.layout.columns.iter().map(|column| column.name.as_str());
        names.filter(|name| !columns.contains_key(*name)).collect()
    }

    /// Whether it is there and was loaded: views on it show something.
    pub fn shows_rows(&self) -> bool {
        self.table.loaded && self.columns.is_some()
    }

    /// Whether it is kept for a while once nobody needs it: it holds versions that no source has.
    pub fn has_history(&self) -> bool {
        self.table.style.has_history() && self.shows_rows()
    }
}

/// Merge tables of a stream that are not retired, sorted by dataset.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn in_place(conn: &mut PgConnection, stream_id: i64) -> Result<Vec<InPlace>> {
    let mut found = Vec::new();
    for table in merge_tables(conn, stream_id).await? {
        let Json(retained): Json<Vec<ColumnSpec>> =
            sqlx::query_scalar("select retained from teal.merge_table where id = $1")
                .bind(table.id)
                .fetch_one(&mut *conn)
                .await
                .during("reading retained columns")?;
        let columns = columns(conn, &table.table).await?;
        let has_key = has_key(conn, &table.table).await?;
        found.push(InPlace { table, retained, columns, has_key });
    }
    Ok(found)
}

/// Columns of an existing table.
async fn columns(
    conn: &mut PgConnection,
    table: &TableName,
) -> Result<Option<BTreeMap<String, String>>> {
    let rows: Vec<(Option<String>, Option<String>)> = sqlx::query_as(
        "select a.attname::text, format_type(a.atttypid, a.atttypmod)
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
         left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
         where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p')",
    )
    .bind(&table.schema)
    .bind(&table.name)
    .fetch_all(conn)
    .await
    .during("looking at a merge table")?;
    Ok((!rows.is_empty())
        .then(|| rows.into_iter().filter_map(|(name, of_type)| name.zip(of_type)).collect()))
}

async fn has_key(conn: &mut PgConnection, table: &TableName) -> Result<bool> {
    sqlx::query_scalar(
        "select exists (select from pg_index i join pg_class x on x.oid = i.indexrelid
           where i.indrelid = to_regclass($1) and x.relname = $2
             and i.indisunique and i.indisvalid)",
    )
    .bind(Ident::from(table).to_string())
    .bind(ddl::key_name(table))
    .fetch_one(conn)
    .await
    .during("looking at the key of a merge table")
}

/// Enters a new, empty table into the ledger; returns its id.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn enter(
    conn: &mut PgConnection,
    stream_id: i64,
    dataset: &DatasetSpec,
    style: Style,
) -> Result<i64> {
    sqlx::query_scalar(
        "insert into teal.merge_table (stream_id, dataset, schema_name, table_name, style, layout)
         values ($1, $2, $3, $4, $5, $6) returning id",
    )
    .bind(stream_id)
    .bind(&dataset.name)
    .bind(&dataset.table.schema)
    .bind(&dataset.table.name)
    .bind(style.as_str())
    .bind(Json(dataset))
    .fetch_one(conn)
    .await
    .during("entering a merge table")
}

/// Says in the ledger how a table is now.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn record(conn: &mut PgConnection, id: i64, now: &TableState) -> Result<()> {
    sqlx::query(
        "update teal.merge_table set dataset = $2, schema_name = $3, table_name = $4, layout = $5,
           retained = $6 where id = $1",
    )
    .bind(id)
    .bind(&now.layout.name)
    .bind(&now.layout.table.schema)
    .bind(&now.layout.table.name)
    .bind(Json(&now.layout))
    .bind(Json(&now.retained))
    .execute(&mut *conn)
    .await
    .during("recording a merge table")?;
    Ok(())
}

/// Makes the next batch compare all rows of a table: what the last one left there is in doubt.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn void_digest(conn: &mut PgConnection, id: i64) -> Result<()> {
    sqlx::query("delete from teal.digest where merge_table_id = $1")
        .bind(id)
        .execute(conn)
        .await
        .during("voiding a digest")?;
    Ok(())
}

/// Makes the next batch look at each row of a table that has a column which no batch has filled yet:
/// equal hashes would pass for equal rows. Doubting twice is doubting once.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn doubt_rows(conn: &mut PgConnection, table: &InPlace, place: &TableName) -> Result<()> {
    void_digest(conn, table.table.id).await?;
    let name = Ident::from(place);
    let current = Sql::text(match table.table.style {
        Style::Live => "true",
        Style::Milestoned => "teal_batch_out = 2147483647",
    });
    sqlx::query(sql!(
        "update {name} set teal_hash = 0 where {current} and teal_hash <> 0",
        name,
        current
    ))
    .execute(conn)
    .await
    .during("casting doubt on the rows of a table")?;
    Ok(())
}

/// Makes the next batch load a table from the beginning.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn unload(conn: &mut PgConnection, id: i64) -> Result<()> {
    void_digest(conn, id).await?;
    sqlx::query("update teal.merge_table set loaded = false, rows = 0, fresh = '{}' where id = $1")
        .bind(id)
        .execute(conn)
        .await
        .during("marking a table for a new load")?;
    Ok(())
}

/// Statements that retire a table: dropped, or, where it has history, moved to `teal_retired`.
pub fn retire_statements(table: &InPlace) -> Vec<Sql> {
    let place = &table.table.table;
    if table.columns.is_none() {
        return Vec::new();
    }
    if !table.has_history() {
        let name = Ident::from(place);
        return vec![sql!("drop table {name}", name)];
    }
    aside_statements(&table.table)
}

/// Statements that make room for a table that is built anew: one that shows rows moves to
/// `teal_retired` and keeps its views until the new one is loaded.
pub fn rebuild_statements(table: &InPlace) -> Vec<Sql> {
    if table.shows_rows() { aside_statements(&table.table) } else { retire_statements(table) }
}

/// Statements that move a table to `teal_retired`.
fn aside_statements(table: &MergeTable) -> Vec<Sql> {
    let place = &table.table;
    let name = Ident::from(place);
    let to = retired_name(table);
    let mut statements = rename_index(&place.schema, &ddl::key_name(place), &ddl::key_name(&to));
    let (short, schema) = (Ident::new(&to.name), Ident::new(&to.schema));
    let moved = Ident::qualified(&to.schema, &place.name);
    statements.push(sql!("alter table {name} set schema {schema}", name, schema));
    statements.push(sql!("alter table {moved} rename to {short}", moved, short));
    statements
}

/// Retires one table of a stream, in the caller's transaction, which holds the stream's lock: drops
/// its views, then drops it or, where it has history, keeps it for seven days in `teal_retired`.
/// Used by `reconcile` (a dataset left the stream) and by `retire` (the stream goes).
///
/// # Errors
/// `DDL0001` when objects of others depend on what would be dropped.
pub async fn retire(conn: &mut PgConnection, table: &InPlace) -> Result<u32> {
    let (id, place) = (table.table.id, &table.table.table);
    super::views::drop_of_table(conn, id).await?;
    let statements = retire_statements(table);
    if !table.has_history() && !statements.is_empty() {
        dependants::none(conn, place, None).await?;
    }
    if table.has_history() {
        schemas::ensure(conn, schemas::RETIRED).await?;
    }
    let count = u32::try_from(statements.len()).unwrap_or(u32::MAX);
    for statement in statements {
        sqlx::query(statement).execute(&mut *conn).await.during("retiring a merge table")?;
    }
    void_digest(conn, id).await?;
    if table.has_history() {
        record_retired(conn, &table.table).await?;
    } else {
        forget(conn, id).await?;
    }
    Ok(count + aside::settle(conn, &[id]).await?)
}

/// Says in the ledger that a table lies in `teal_retired` now.
pub(super) async fn record_retired(conn: &mut PgConnection, table: &MergeTable) -> Result<()> {
    let to = retired_name(table);
    sqlx::query(
        "update teal.merge_table set schema_name = $2, table_name = $3,
           retired_at = statement_timestamp(),
           drop_after = statement_timestamp() + make_interval(days => $4) where id = $1",
    )
    .bind(table.id)
    .bind(&to.schema)
    .bind(&to.name)
    .bind(i32::try_from(KEPT_DAYS).unwrap_or(i32::MAX))
    .execute(conn)
    .await
    .during("recording a retired table")?;
    Ok(())
}

/// Takes a table that was dropped out of the ledger.
pub(super) async fn forget(conn: &mut PgConnection, id: i64) -> Result<()> {
    sqlx::query("delete from teal.merge_table where id = $1")
        .bind(id)
        .execute(conn)
        .await
        .during("recording a dropped table")?;
    Ok(())
}

/// Where a table with history waits: its name, shortened, and its id.
fn retired_name(table: &MergeTable) -> TableName {
    let stem: String = table.table.name.chars().take(40).collect();
    TableName { schema: schemas::RETIRED.to_owned(), name: format!("{stem}__{}", table.id) }
}

/// Lets the key's index follow its table's name.
pub(super) fn rename_index(schema: &str, from: &str, to: &str) -> Vec<Sql> {
    if from == to {
        return Vec::new();
    }
    let (old, new) = (Ident::qualified(schema, from), Ident::new(to));
    vec![sql!("alter index if exists {old} rename to {new}", old, new)]
}

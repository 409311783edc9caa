//! Merge tables in place.

use sqlx::{PgConnection, Row, postgres::PgRow, types::Json};
use teal_model::{
    Result,
    release::{DatasetSpec, Style, TableName},
};

use super::MergeTable;
use crate::{catalog::number::count, pg::PgResultExt};

const READING: &str = "reading the stream's merge tables";

/// Merge tables of a stream that are not retired, sorted by dataset.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn merge_tables(
    connection: &mut PgConnection,
    stream_id: i64,
) -> Result<Vec<MergeTable>> {
    let rows = sqlx::query(
        "select id, dataset, schema_name, table_name, style, layout, loaded, rows, fresh
         from teal.merge_table where stream_id = $1 and retired_at is null
         order by dataset collate \"C\"",
    )
    .bind(stream_id)
    .fetch_all(connection)
    .await
    .during(READING)?;
    rows.iter().map(|row| read(row).during(READING)).collect()
}

fn read(row: &PgRow) -> Result<MergeTable, sqlx::Error> {
    let style: String = row.try_get("style")?;
    Ok(MergeTable {
        id: row.try_get("id")?,
        dataset: row.try_get("dataset")?,
        table: TableName { schema: row.try_get("schema_name")?, name: row.try_get("table_name")? },
        style: match style.as_str() {
            "live" => Style::Live,
            "milestoned" => Style::Milestoned,
            other => return Err(sqlx::Error::Decode(format!("style {other}").into())),
        },
        layout: row.try_get::<Json<DatasetSpec>, _>("layout")?.0,
        loaded: row.try_get("loaded")?,
        rows: count(row.try_get("rows")?),
        fresh: row.try_get("fresh")?,
    })
}

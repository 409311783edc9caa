//! Schemas of a database.

use sqlx::{FromRow, PgConnection, Row, postgres::PgRow};
use teal_model::Result;

use crate::pg::PgResultExt;

/// A schema that is not PostgreSQL's own.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) name: String,
    /// Tables and views in it that could be read.
    pub(super) tables: i64,
}

impl FromRow<'_, PgRow> for Schema {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self { name: row.try_get("name")?, tables: row.try_get("tables")? })
    }
}

/// All of them, by name.
pub(super) async fn all(connection: &mut PgConnection) -> Result<Vec<Schema>> {
    sqlx::query_as(
        "select n.nspname::text as name,
                (select count(*) from pg_class c
                 where c.relnamespace = n.oid and c.relkind in ('r', 'p', 'v', 'm', 'f')
                   and not c.relispartition) as tables
         from pg_namespace n
         where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
         order by 1",
    )
    .fetch_all(connection)
    .await
    .during("reading the schemas of the source")
}

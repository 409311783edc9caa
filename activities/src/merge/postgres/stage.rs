//! Tables in `teal_staging`: UNLOGGED ones for a refresh, logged ones for a first load (they become
//! the merge table, and making an UNLOGGED table logged would write it all again).

use sqlx::PgConnection;
use teal_model::{Result, release::Style};

use super::ddl;
use crate::{
    merge::Layout,
    pg::{Ident, PgResultExt, Sql, sql},
};

/// Where the rows of one dataset go.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub(super) layout: &'a Layout,
    pub(super) style: Style,
    pub(super) table: Ident,
    /// Whether it is the merge table to be.
    pub(super) first_load: bool,
}

impl Place<'_> {
    /// Nobody but us ever reads or vacuums the staging of a refresh.
    fn definition(&self) -> Sql {
        if self.first_load {
            return ddl::create_columns(self.layout, self.style, &self.table);
        }
        let (table, columns) = (&self.table, self.layout.definitions());
        sql!(
            "create unlogged table {table} ({columns}, teal_hash bigint not null) \
             with (autovacuum_enabled = false, toast.autovacuum_enabled = false)",
            table,
            columns,
        )
    }

    /// The COPY that fills it.
    pub(super) fn copy_in(&self) -> Sql {
        let added =
            if self.first_load { ddl::system_columns(self.style) } else { Sql::text("teal_hash") };
        let (table, columns) = (&self.table, self.layout.column_list());
        sql!("copy {table} ({columns}, {added}) from stdin (format binary)", table, columns, added)
    }

    /// Creates the table.
    pub(super) async fn create(&self, connection: &mut PgConnection) -> Result<()> {
        let created = sqlx::query(self.definition()).execute(connection).await;
        created.during("creating a staging table")?;
        Ok(())
    }
}

//! What a verification asks of merge tables. Nothing that is stored is believed: hashes and digests
//! are computed from the values that stand in the table.
//!
//! What differs from the source stands in temporary tables of the verification's session, so that
//! its memory is bounded whatever is wrong, and so that a later look finds what an earlier one saw:
//!
//! | table | holds |
//! |---|---|
//! | `keys_<id>` | keys and hashes of the source, of the buckets that differ |
//! | `found_<id>` | keys that differ at this look, with the hashes of both sides |
//! | `seen_<id>` | those of the look before |
//! | `values_<id>` | rows of the source whose values are compared |
//!
//! Read first: [`differences::find`], [`history::faults`].

pub(crate) mod differences;
pub(crate) mod history;
pub(crate) mod image;
pub(crate) mod ledger;
pub(crate) mod live;

use sqlx::{PgConnection, Row, postgres::PgRow};
use teal_model::{
    Result,
    release::{ColumnSpec, Style},
};

use crate::{
    catalog::ledger::MergeTable,
    merge::Layout,
    pg::{Ident, PgResultExt, Sql, sql},
    verify::Key,
};

/// A merge table under verification.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) table: MergeTable,
    pub(crate) layout: Layout,
    /// Columns that left the model and keep what older versions held.
    pub(crate) retained: Vec<ColumnSpec>,
}

impl Target {
    fn name(&self) -> Ident {
        Ident::from(&self.table.table)
    }

    fn current(&self) -> Sql {
        super::current(self.table.style)
    }

    /// The batch in which a row came, over the alias `t`.
    fn batch(&self) -> Sql {
        Sql::text(match self.table.style {
            Style::Live => "t.teal_batch",
            Style::Milestoned => "t.teal_batch_in",
        })
    }

    /// The row's hash as its values give it, over the alias `t`.
    fn hash(&self) -> Sql {
        let columns = self.layout.columns().iter();
        let values = columns.map(|column| {
            let value = Ident::of_alias("t", &column.name);
            sql!("{value}", value)
        });
        self.layout.hash(&values.collect::<Vec<Sql>>())
    }

    /// The key's values as text, over some alias: `array[f."shop"::text, f."id"::text]`.
    fn key_texts(&self, alias: &'static str) -> Sql {
        let texts = self.layout.key().iter().map(|name| {
            let column = Ident::of_alias(alias, name);
            sql!("{column}::text", column)
        });
        sql!("array[{texts}]", texts = Sql::join(texts, ", "))
    }

    /// Reads the column `key` of a row.
    fn read_key(&self, row: &PgRow) -> Result<Key> {
        let values: Vec<String> = row.try_get("key").during("reading a key")?;
        Ok(Key(self.layout.key().iter().cloned().zip(values).collect()))
    }

    /// A temporary table of this one.
    fn temporary(&self, what: &'static str) -> Ident {
        Ident::qualified("pg_temp", &format!("{what}_{}", self.table.id))
    }
}

async fn execute(connection: &mut PgConnection, statement: Sql) -> Result<u64> {
    let done = sqlx::query(statement).execute(connection).await.during("comparing rows")?;
    Ok(done.rows_affected())
}

async fn drop_temporary(connection: &mut PgConnection, table: &Ident) -> Result<()> {
    execute(connection, sql!("drop table if exists {table}", table)).await?;
    Ok(())
}

/// `1 row`, `2 rows`
fn counted(number: i64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests;

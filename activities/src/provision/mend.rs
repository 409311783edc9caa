//! What somebody did to a merge table by hand, and the statements that undo it.
//!
//! A merge table is Teal's alone: a column that nobody knows goes, another type goes back to the one
//! of the layout, the key is built again. Dropped columns and tables are for `alter` and `Recreate`.

use teal_model::{Result, release::ColumnSpec};

use super::tables::InPlace;
use crate::{
    merge::{Layout, postgres::ddl},
    pg::{Ident, PgType, Sql, sql},
};

/// One thing to undo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mend {
    /// A column that is not Teal's: it goes, with its values.
    DropColumn(String),
    /// A column of another type than its values were written with.
    Retype {
        /// The column.
        column: ColumnSpec,
        /// Its type now, as PostgreSQL prints it.
        found: String,
    },
    /// The unique index behind the key is gone.
    Key,
}

/// Differences between a table and the ledger's word for it; none where the table is gone.
pub fn mends(table: &InPlace) -> Vec<Mend> {
    let Some(columns) = &table.columns else { return Vec::new() };
    let known: Vec<&ColumnSpec> =
        table.table.layout.columns.iter().chain(&table.retained).collect();
    let system = ddl::system_names(table.table.style);
    let mut found: Vec<Mend> = columns
        .keys()
        .filter(|name| !system.contains(&name.as_str()))
        .filter(|name| known.iter().all(|column| column.name != **name))
        .map(|name| Mend::DropColumn(name.clone()))
        .collect();
    for column in known {
        let Some(text) = columns.get(&column.name) else { continue };
        let Ok(wanted) = PgType::of(&column.column_type) else { continue };
        if PgType::parse(text).as_ref() != Some(&wanted) {
            found.push(Mend::Retype { column: column.clone(), found: text.clone() });
        }
    }
    let whole = table.missing_columns().is_empty() && !lost_system_column(table);
    if !table.has_key && whole {
        found.push(Mend::Key); // else the columns come back first, in a table that is built anew
    }
    found
}

/// Whether one of the columns that Teal adds is gone: the batches of the rows cannot be told any
/// more.
pub fn lost_system_column(table: &InPlace) -> bool {
    let Some(columns) = &table.columns else { return false };
    ddl::system_names(table.table.style).iter().any(|name| !columns.contains_key(*name))
}

/// The statements, in order. Values of a retyped column pass through their text, which refuses what
/// the type does not hold; the next batch compares each current row with its source.
///
/// # Errors
/// `PG0010` for a native type that Teal does not carry.
pub fn statements(table: &InPlace, mends: &[Mend]) -> Result<Vec<Sql>> {
    let name = Ident::from(&table.table.table);
    let mut statements = Vec::new();
    for mend in mends {
        statements.push(match mend {
            Mend::DropColumn(column) => {
                let column = Ident::new(column);
                sql!("alter table {name} drop column {column}", name, column)
            }
            Mend::Retype { column, .. } => {
                let pg_type = PgType::of(&column.column_type)?.sql();
                let column = Ident::new(&column.name);
                sql!(
                    "alter table {name} alter column {column} type {pg_type} \
                     using {column}::text::{pg_type}",
                    name,
                    column,
                    pg_type
                )
            }
            Mend::Key => {
                let key = Ident::new(&ddl::key_name(&table.table.table));
                let layout = Layout::of(&table.table.layout)?;
                ddl::create_key(&layout, table.table.style, &name, &key)
            }
        });
    }
    Ok(statements)
}

impl Mend {
    /// What was found, in words.
    pub fn text(&self, table: &InPlace) -> String {
        let place = &table.table.table;
        match self {
            Self::DropColumn(column) => {
                format!("column {column} of {place} was added by hand")
            }
            Self::Retype { column, found } => {
                format!("column {} of {place} is {found}, not {}", column.name, column.column_type)
            }
            Self::Key => format!("the key of {place} is gone"),
        }
    }
}

//! What becomes of a merge table when its dataset changes. Pure: the plan prints it, the stream
//! does it (`activities/src/provision/alter.rs` writes the statements).
//!
//! | in the model | in place |
//! |---|---|
//! | new column | added, NULL allowed (also where the source forbids it: old versions have no value) |
//! | `formerly` | renamed; the values stay |
//! | wider type (see [`widens`]) | type altered |
//! | NULL allowed now | NOT NULL dropped; the reverse changes nothing in place |
//! | column gone | live: dropped; milestoned: kept for the history, out of the views |
//! | other order | nothing: tables and views keep the order in which columns came |
//! | other key, any other type | built anew and loaded again |

mod alteration;
mod widen;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    release::{ColumnSpec, DatasetSpec, Style, TableName},
    types::ColumnType,
};

pub use widen::widens;

/// A merge table as it is in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableState {
    /// Key and columns that each batch writes, in the order in which they came.
    pub layout: DatasetSpec,
    /// Columns that left the model and keep their history; named as in the table.
    pub retained: Vec<ColumnSpec>,
}

/// What has to be done to a merge table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableChange {
    /// Nothing at all.
    Same,
    /// Altered in place; no row is lost.
    Alter(Box<Alteration>),
    /// Built anew and loaded again.
    Rebuild {
        /// Which differences cannot be altered in place.
        why: Vec<String>,
    },
}

/// Changes in place, in the order in which they are run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alteration {
    /// Where the table lay, if it moves.
    pub moved_from: Option<TableName>,
    /// Column by column; empty when only facts about the source changed.
    pub steps: Vec<ColumnStep>,
    /// How the table is afterwards.
    pub after: TableState,
}

/// One change of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnStep {
    /// The column and its values go (live only).
    Drop {
        /// Its name.
        column: String,
    },
    /// NULL is allowed from now on.
    DropNotNull {
        /// Its name.
        column: String,
    },
    /// Another name.
    Rename {
        /// Until now.
        from: String,
        /// From now on.
        to: String,
    },
    /// A type that holds all values of the former one.
    Widen {
        /// Its name (the new one).
        column: String,
        /// Type until now.
        from: ColumnType,
        /// Type from now on.
        to: ColumnType,
    },
    /// A new column, or one that came back.
    Add {
        /// What it is. NULL is allowed in place.
        column: ColumnSpec,
    },
}

/// Compares a table in place with the wanted dataset.
pub fn table_change(before: &TableState, wanted: &DatasetSpec, style: Style) -> TableChange {
    let matches: Vec<(&ColumnSpec, Option<&ColumnSpec>)> =
        wanted.columns.iter().map(|column| (column, counterpart(column, before, wanted))).collect();
    let why = reasons_to_rebuild(before, wanted, &matches);
    if !why.is_empty() {
        return TableChange::Rebuild { why };
    }
    let alteration = alteration::work_out(before, wanted, &matches, style);
    if alteration.steps.is_empty() && alteration.moved_from.is_none() && alteration.after == *before
    {
        TableChange::Same
    } else {
        TableChange::Alter(Box::new(alteration))
    }
}

/// The column in place that a wanted one continues: of the same name, else of an earlier one that
/// nobody else claims.
fn counterpart<'a>(
    column: &ColumnSpec,
    before: &'a TableState,
    wanted: &DatasetSpec,
) -> Option<&'a ColumnSpec> {
    let in_place = |name: &str| before.layout.columns.iter().find(|old| old.name == name);
    in_place(&column.name).or_else(|| {
        let earlier = column.formerly.iter();
        earlier
            .filter(|name| wanted.columns.iter().all(|other| other.name != **name))
            .find_map(|name| in_place(name))
    })
}

fn reasons_to_rebuild(
    before: &TableState,
    wanted: &DatasetSpec,
    matches: &[(&ColumnSpec, Option<&ColumnSpec>)],
) -> Vec<String> {
    let mut why = Vec::new();
    let old_key: BTreeSet<&str> = before.layout.key.iter().map(String::as_str).collect();
    let new_key: Option<BTreeSet<&str>> = wanted
        .key
        .iter()
        .map(|name| {
            let (_, old) = matches.iter().find(|(column, _)| column.name == *name)?;
            old.map(|old| old.name.as_str())
        })
        .collect();
    if new_key.as_ref() != Some(&old_key) {
        why.push(format!("key ({}) → ({})", before.layout.key.join(", "), wanted.key.join(", ")));
    }
    for (column, old) in matches {
        if let Some(old) = old
            && old.column_type != column.column_type
            && !widens(&old.column_type, &column.column_type)
        {
            why.push(format!(
                "column {}: {} → {}",
                column.name, old.column_type, column.column_type
            ));
        }
    }
    why
}

#[cfg(test)]
mod tests;

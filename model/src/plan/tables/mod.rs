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

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    release::{ColumnSpec, DatasetSpec, Style, TableName},
    types::ColumnType,
};

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

impl TableChange {
    /// Whether values that cannot be read again may be lost.
    pub fn is_destructive(&self) -> bool {
        match self {
            Self::Same => false,
            Self::Alter(alteration) => {
                alteration.steps.iter().any(|step| matches!(step, ColumnStep::Drop { .. }))
            }
            Self::Rebuild { .. } => true,
        }
    }
}

/// Compares a table in place with the wanted dataset.
pub fn table_change(before: &TableState, wanted: &DatasetSpec, style: Style) -> TableChange {
    let matches: Vec<(&ColumnSpec, Option<&ColumnSpec>)> =
        wanted.columns.iter().map(|column| (column, counterpart(column, before, wanted))).collect();
    let why = reasons_to_rebuild(before, wanted, &matches);
    if !why.is_empty() {
        return TableChange::Rebuild { why };
    }
    let mut work = Work::new(before);
    work.remove_unwanted(&matches, style);
    work.clear_names(wanted);
    work.rename(&matches);
    work.retype(&matches);
    work.add(&matches);
    let alteration = work.finish(before, wanted);
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
        let mut earlier = column.formerly.iter();
        earlier
            .find(|name| wanted.columns.iter().all(|other| other.name != **name))
            .and_then(|name| in_place(name))
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

/// Whether each value of `from` is the same value in `to`, so that a column may be altered.
pub fn widens(from: &ColumnType, to: &ColumnType) -> bool {
    use ColumnType as T;
    let holds_digits = |digits: i32| match to {
        T::Decimal(None) => true,
        T::Decimal(Some((precision, scale))) => {
            i32::from(*precision) - i32::from(*scale) >= digits && *scale >= 0
        }
        _ => false,
    };
    match (from, to) {
        (T::Smallint, T::Integer | T::Bigint | T::Real | T::Double)
        | (T::Integer, T::Bigint | T::Double)
        | (T::Real, T::Double)
        | (T::Varchar(_), T::Text | T::Varchar(None))
        | (T::Text, T::Varchar(None))
        | (T::Json, T::Text)
        | (T::Decimal(Some(_)), T::Decimal(None)) => true,
        (T::Smallint, _) => holds_digits(5),
        (T::Integer, _) => holds_digits(10),
        (T::Bigint, _) => holds_digits(19),
        (T::Decimal(Some((precision, scale))), T::Decimal(Some((wide, fine)))) => {
            let (precision, scale) = (i32::from(*precision), i32::from(*scale));
            i32::from(*fine) >= scale && i32::from(*wide) - i32::from(*fine) >= precision - scale
        }
        (T::Varchar(Some(length)), T::Varchar(Some(longer))) => longer >= length,
        (T::Array(from), T::Array(to)) => widens(from, to),
        _ => false,
    }
}

/// The table while the changes are being worked out.
struct Work {
    columns: Vec<ColumnSpec>,
    retained: Vec<ColumnSpec>,
    steps: Vec<ColumnStep>,
}

impl Work {
    fn new(before: &TableState) -> Self {
        Self {
            columns: before.layout.columns.clone(),
            retained: before.retained.clone(),
            steps: Vec::new(),
        }
    }

    fn remove_unwanted(&mut self, matches: &[(&ColumnSpec, Option<&ColumnSpec>)], style: Style) {
        let stays = |column: &ColumnSpec| {
            matches.iter().any(|(_, old)| old.is_some_and(|old| old.name == column.name))
        };
        let (stay, go) = std::mem::take(&mut self.columns).into_iter().partition(stays);
        self.columns = stay;
        for mut column in go {
            if style.has_history() {
                if !column.nullable {
                    self.steps.push(ColumnStep::DropNotNull { column: column.name.clone() });
                }
                column.nullable = true;
                self.retained.push(column);
            } else {
                self.steps.push(ColumnStep::Drop { column: column.name });
            }
        }
    }

    /// A retained column gives way to a wanted one of its name, unless it is that one.
    fn clear_names(&mut self, wanted: &DatasetSpec) {
        let mut taken: BTreeSet<String> =
            self.columns.iter().chain(&self.retained).map(|column| column.name.clone()).collect();
        taken.extend(wanted.columns.iter().map(|column| column.name.clone()));
        for column in &mut self.retained {
            let claimed = wanted.columns.iter().find(|new| new.name == column.name);
            let Some(new) = claimed else { continue };
            let goes_on = self.columns.iter().all(|old| !continues(new, old, wanted))
                && (new.column_type == column.column_type
                    || widens(&column.column_type, &new.column_type));
            if goes_on {
                continue;
            }
            let aside = free_name(&column.name, &taken);
            taken.insert(aside.clone());
            self.steps.push(ColumnStep::Rename { from: column.name.clone(), to: aside.clone() });
            column.name = aside;
        }
    }

    /// A new name is always free: a column in place of that name would have been the counterpart.
    fn rename(&mut self, matches: &[(&ColumnSpec, Option<&ColumnSpec>)]) {
        for (new, old) in matches {
            if let Some(old) = old
                && old.name != new.name
            {
                self.steps
                    .push(ColumnStep::Rename { from: old.name.clone(), to: new.name.clone() });
            }
        }
    }

    fn retype(&mut self, matches: &[(&ColumnSpec, Option<&ColumnSpec>)]) {
        for (new, old) in matches {
            let Some(old) = old else { continue };
            if new.nullable && !old.nullable {
                self.steps.push(ColumnStep::DropNotNull { column: new.name.clone() });
            }
            if new.column_type != old.column_type {
                self.steps.push(ColumnStep::Widen {
                    column: new.name.clone(),
                    from: old.column_type.clone(),
                    to: new.column_type.clone(),
                });
            }
            if let Some(place) = self.columns.iter_mut().find(|column| column.name == old.name) {
                *place = (*new).clone();
            }
        }
    }

    fn add(&mut self, matches: &[(&ColumnSpec, Option<&ColumnSpec>)]) {
        for (new, old) in matches {
            if old.is_some() {
                continue;
            }
            let back = self.retained.iter().position(|column| column.name == new.name);
            if let Some(index) = back {
                let column = self.retained.remove(index);
                if column.column_type != new.column_type {
                    self.steps.push(ColumnStep::Widen {
                        column: new.name.clone(),
                        from: column.column_type,
                        to: new.column_type.clone(),
                    });
                }
            } else {
                self.steps.push(ColumnStep::Add { column: (*new).clone() });
            }
            self.columns.push((*new).clone());
        }
    }

    fn finish(self, before: &TableState, wanted: &DatasetSpec) -> Alteration {
        let moved = before.layout.table != wanted.table;
        Alteration {
            moved_from: moved.then(|| before.layout.table.clone()),
            steps: self.steps,
            after: TableState {
                layout: DatasetSpec { columns: self.columns, ..wanted.clone() },
                retained: self.retained,
            },
        }
    }
}

/// Whether the wanted column is the continuation of this one in place.
fn continues(new: &ColumnSpec, old: &ColumnSpec, wanted: &DatasetSpec) -> bool {
    old.name == new.name
        || (new.formerly.contains(&old.name)
            && wanted.columns.iter().all(|other| other.name != old.name))
}

/// `<name>__<n>`: no name of a model holds two underscores, so nobody will ask for it.
fn free_name(name: &str, taken: &BTreeSet<String>) -> String {
    let stem: String = name.chars().take(55).collect();
    (1..).map(|n| format!("{stem}__{n}")).find(|free| !taken.contains(free)).unwrap_or(stem)
}

#[cfg(test)]
mod tests;

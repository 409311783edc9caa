//! From a stream's configuration and its tables in place to statements. Pure: `plan` prints them,
//! `reconcile` runs them.

use teal_model::{
    Result,
    plan::{
        LoadKind,
        changes::dataset_before,
        tables::{Alteration, ColumnStep, TableChange, table_change},
    },
    release::{ColumnSpec, DatasetSpec, StreamSpec, Style},
};

use super::{
    aside,
    mend::{self, Mend, mends},
    tables::{InPlace, KEPT_DAYS, rebuild_statements, rename_index, retire_statements},
};
use crate::{
    merge::{Layout, postgres::ddl},
    pg::{Ident, PgType, Sql, sql},
};

/// What has to be done to one merge table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableWork {
    /// A dataset that has no table yet.
    Create(DatasetSpec),
    /// A table of the ledger that somebody dropped: created again, to be loaded again.
    Recreate(InPlace, DatasetSpec),
    /// What somebody did to the table by hand is undone.
    Mend(InPlace, Vec<Mend>),
    /// Altered in place.
    Alter(InPlace, Box<Alteration>),
    /// Another key or a type that does not fit: the old table retires, a new one is loaded.
    Rebuild(InPlace, DatasetSpec, Vec<String>),
    /// A dataset that left the stream.
    Retire(InPlace),
}

/// Compares the tables in place with the wanted configuration. Tables that go come first, so that
/// their names are free.
pub fn design(in_place: &[InPlace], spec: &StreamSpec) -> Vec<TableWork> {
    let layouts: Vec<DatasetSpec> = in_place.iter().map(|table| table.state().layout).collect();
    let named = |name: &str| in_place.iter().find(|table| table.table.layout.name == name);
    let mut kept = Vec::new();
    let mut works = Vec::new();
    for dataset in &spec.datasets {
        let before = dataset_before(dataset, &spec.datasets, &layouts)
            .and_then(|layout| named(&layout.name));
        let Some(before) = before else {
            works.push(TableWork::Create(dataset.clone()));
            continue;
        };
        kept.push(before.table.id);
        if before.columns.is_none() {
            works.push(TableWork::Recreate(before.clone(), dataset.clone()));
            continue;
        }
        if mend::lost_system_column(before) {
            let why = vec!["columns of Teal were dropped by hand".to_owned()];
            works.push(TableWork::Rebuild(before.clone(), dataset.clone(), why));
            continue;
        }
        let change = table_change(&before.state(), dataset, spec.style);
        let touched = mends(before);
        if !touched.is_empty() && !matches!(change, TableChange::Rebuild { .. }) {
            works.push(TableWork::Mend(before.clone(), touched));
        }
        match change {
            TableChange::Same => {}
            TableChange::Alter(change) => works.push(TableWork::Alter(before.clone(), change)),
            TableChange::Rebuild { why } => {
                works.push(TableWork::Rebuild(before.clone(), dataset.clone(), why));
            }
        }
    }
    let gone = in_place.iter().filter(|table| !kept.contains(&table.table.id));
    let mut all: Vec<TableWork> = gone.cloned().map(TableWork::Retire).collect();
    all.append(&mut works);
    all
}

impl TableWork {
    /// Its statements, in order.
    ///
    /// # Errors
    /// `PG0010` for a native type that Teal does not carry.
    pub fn statements(&self, style: Style) -> Result<Vec<Sql>> {
        match self {
            Self::Create(dataset) | Self::Recreate(_, dataset) => ddl::create_table(dataset, style),
            Self::Mend(table, touched) => mend::statements(table, touched),
            Self::Alter(_, change) => alter_statements(change),
            Self::Retire(table) => Ok(retire_statements(table)),
            Self::Rebuild(table, dataset, _) => {
                let mut statements = rebuild_statements(table);
                statements.append(&mut ddl::create_table(dataset, style)?);
                Ok(statements)
            }
        }
    }

    /// What the next batch has to read in full, and what for.
    pub fn loads(&self) -> Option<(&DatasetSpec, LoadKind)> {
        match self {
            Self::Create(dataset) | Self::Recreate(_, dataset) => Some((dataset, LoadKind::First)),
            Self::Rebuild(table, dataset, _) if table.shows_rows() => {
                Some((dataset, LoadKind::Anew))
            }
            Self::Rebuild(_, dataset, _) => Some((dataset, LoadKind::First)),
            Self::Mend(table, touched) => touched
                .iter()
                .any(|mend| matches!(mend, Mend::Retype { .. }))
                .then_some((&table.table.layout, LoadKind::Compare)),
            Self::Alter(table, change) => {
                let after = &change.after.layout;
                if !table.table.loaded {
                    return Some((after, LoadKind::First));
                }
                (!self.coming().is_empty() || !same_hashes(&table.table.layout, after))
                    .then_some((after, LoadKind::Compare))
            }
            Self::Retire(_) => None,
        }
    }

    /// Columns that the next batch fills in a table in place.
    fn coming(&self) -> Vec<&ColumnSpec> {
        match self {
            Self::Alter(table, change) => aside::coming(table, change),
            _ => Vec::new(),
        }
    }

    /// Whether each row will differ once a new column, never NULL, is filled.
    pub fn rewrites(&self) -> bool {
        self.coming().iter().any(|column| !column.nullable)
    }

    /// Whether views show what they showed until the next batch is committed.
    pub fn views_wait(&self) -> bool {
        match self {
            Self::Rebuild(table, ..) => table.shows_rows(),
            Self::Alter(table, _) => table.table.loaded && !self.coming().is_empty(),
            Self::Create(_) | Self::Recreate(..) | Self::Mend(..) | Self::Retire(_) => false,
        }
    }

    /// Whether it destroys what no source can give back, or what consumers read until now.
    pub fn is_destructive(&self) -> bool {
        !self.losses().is_empty()
    }

    /// What it destroys, in words.
    pub fn losses(&self) -> Vec<String> {
        let place = |table: &InPlace| table.table.table.to_string();
        match self {
            Self::Create(_) | Self::Recreate(..) => Vec::new(),
            Self::Mend(table, touched) => touched
                .iter()
                .filter_map(|mend| match mend {
                    Mend::DropColumn(column) => {
                        Some(format!("column {column} of {} and its values", place(table)))
                    }
                    Mend::Retype { .. } | Mend::Key => None,
                })
                .collect(),
            Self::Alter(table, change) => change
                .steps
                .iter()
                .filter_map(|step| match step {
                    ColumnStep::Drop { column } => {
                        Some(format!("column {column} of {} and its values", place(table)))
                    }
                    _ => None,
                })
                .collect(),
            // without a history nothing is lost: all of it is read again before the old one goes
            Self::Rebuild(table, _, why) if table.has_history() => vec![format!(
                "table {} is built anew ({}): its history is kept aside for {KEPT_DAYS} days",
                place(table),
                why.join("; ")
            )],
            Self::Rebuild(..) => Vec::new(),
            Self::Retire(table) if table.has_history() => {
                vec![format!(
                    "table {} is kept aside for {KEPT_DAYS} days, then gone",
                    place(table)
                )]
            }
            Self::Retire(table) => vec![format!("table {}", place(table))],
        }
    }

    /// Its table, if there is one in place.
    pub fn table(&self) -> Option<&InPlace> {
        match self {
            Self::Create(_) => None,
            Self::Recreate(table, _)
            | Self::Mend(table, _)
            | Self::Alter(table, _)
            | Self::Rebuild(table, ..)
            | Self::Retire(table) => Some(table),
        }
    }

    /// Columns whose users stand in the way: those that change their type or go.
    pub fn contested_columns(&self) -> Vec<String> {
        let change = match self {
            Self::Alter(_, change) => change,
            Self::Mend(_, touched) => {
                let contested = touched.iter().filter_map(|mend| match mend {
                    Mend::DropColumn(name) => Some(name.clone()),
                    Mend::Retype { column, .. } => Some(column.name.clone()),
                    Mend::Key => None,
                });
                return contested.collect();
            }
            Self::Create(_) | Self::Recreate(..) | Self::Rebuild(..) | Self::Retire(_) => {
                return Vec::new();
            }
        };
        let named_before = |column: &String| {
            let renamed = change.steps.iter().find_map(|step| match step {
                ColumnStep::Rename { from, to } if to == column => Some(from.clone()),
                _ => None,
            });
            renamed.unwrap_or_else(|| column.clone())
        };
        let mut columns = Vec::new();
        for step in &change.steps {
            match step {
                ColumnStep::Drop { column } => columns.push(column.clone()),
                ColumnStep::Widen { column, .. } => columns.push(named_before(column)),
                ColumnStep::DropNotNull { .. }
                | ColumnStep::Rename { .. }
                | ColumnStep::Add { .. } => {}
            }
        }
        columns
    }
}

/// Whether the digest of the one speaks of the rows of the other.
fn same_hashes(before: &DatasetSpec, after: &DatasetSpec) -> bool {
    let recipe = |dataset| Layout::of(dataset).map(|layout| layout.recipe()).ok();
    recipe(before) == recipe(after)
}

/// The table's move, its columns' names, then everything else in one statement (one rewrite at most).
fn alter_statements(change: &Alteration) -> Result<Vec<Sql>> {
    let to = &change.after.layout.table;
    let mut statements = Vec::new();
    if let Some(from) = &change.moved_from {
        statements.extend(move_statements(from, to));
    }
    let table = &Ident::from(to);
    let drops: Vec<Sql> = change.steps.iter().filter_map(drop_clause).collect();
    if !drops.is_empty() {
        let clauses = Sql::join(drops, ", ");
        statements.push(sql!("alter table {table} {clauses}", table, clauses));
    }
    for step in &change.steps {
        if let ColumnStep::Rename { from, to } = step {
            let (from, to) = (Ident::new(from), Ident::new(to));
            statements.push(sql!(
                "alter table {table} rename column {from} to {to}",
                table,
                from,
                to
            ));
        }
    }
    let clauses: Result<Vec<Sql>> =
        change.steps.iter().filter_map(|step| other_clause(step).transpose()).collect();
    let clauses = clauses?;
    if !clauses.is_empty() {
        let clauses = Sql::join(clauses, ", ");
        statements.push(sql!("alter table {table} {clauses}", table, clauses));
    }
    Ok(statements)
}

fn move_statements(
    from: &teal_model::release::TableName,
    to: &teal_model::release::TableName,
) -> Vec<Sql> {
    let mut statements = Vec::new();
    let old = Ident::from(from);
    if from.schema != to.schema {
        let schema = Ident::new(&to.schema);
        statements.push(sql!("alter table {old} set schema {schema}", old, schema));
    }
    if from.name != to.name {
        let (moved, name) = (Ident::qualified(&to.schema, &from.name), Ident::new(&to.name));
        statements.push(sql!("alter table {moved} rename to {name}", moved, name));
        statements.extend(rename_index(&to.schema, &ddl::key_name(from), &ddl::key_name(to)));
    }
    statements
}

/// What has to be out of the way before names change.
fn drop_clause(step: &ColumnStep) -> Option<Sql> {
    match step {
        ColumnStep::Drop { column } => {
            let column = Ident::new(column);
            Some(sql!("drop column {column}", column))
        }
        ColumnStep::DropNotNull { .. }
        | ColumnStep::Rename { .. }
        | ColumnStep::Widen { .. }
        | ColumnStep::Add { .. } => None,
    }
}

fn other_clause(step: &ColumnStep) -> Result<Option<Sql>> {
    Ok(match step {
        ColumnStep::DropNotNull { column } => {
            let column = Ident::new(column);
            Some(sql!("alter column {column} drop not null", column))
        }
        ColumnStep::Widen { column, to, .. } => {
            let (column, pg_type) = (Ident::new(column), PgType::of(to)?.sql());
            Some(sql!("alter column {column} type {pg_type}", column, pg_type))
        }
        ColumnStep::Add { column } => {
            let (name, pg_type) =
                (Ident::new(&column.name), PgType::of(&column.column_type)?.sql());
            Some(sql!("add column {name} {pg_type}", name, pg_type))
        }
        ColumnStep::Drop { .. } | ColumnStep::Rename { .. } => None,
    })
}

//! The contract of a dataset: what the model says of it, against what the source has.
//!
//! One implementation for the batches of a stream (each starts with it), `teal plan` and
//! `teal validate --live`. Read first: [`find`] (tables), [`compare`] (columns); [`examine`] does
//! both, looks at rows too, and tells everything.

pub(super) mod columns;
mod probe;
mod relation;

use sqlx::PgConnection;
use teal_model::{Error, Result, release::DatasetSpec};

pub(super) use self::relation::Relation;
use self::{columns::SourceColumn, probe::Budget};
use crate::{
    code,
    merge::Layout,
    pg::{Ident, PgType, Sql, sql, types::Reading},
    source::{Difference, Subject, Wanted},
};

/// A dataset whose contract holds: how its rows are read.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) dataset: String,
    pub(super) from: Ident,
    pub(super) layout: Layout,
    /// One expression over the alias `s` for each column, of exactly the merge table's type.
    pub(super) values: Vec<Sql>,
    pub(super) estimated_rows: u64,
}

/// Finds the tables of the datasets, in their order.
///
/// # Errors
/// `SOURCE0011` for what is not there or is no table, `SOURCE0012` where row-level security would
/// hide rows, `SOURCE0018` for what may not be read: of the first dataset that has one.
pub(super) async fn find(
    connection: &mut PgConnection,
    datasets: &[Wanted<'_>],
) -> Result<Vec<Relation>> {
    let found = relation::find(connection, datasets).await?;
    datasets.iter().zip(found).map(|(wanted, found)| whole(wanted.dataset, found)).collect()
}

/// Compares the columns of each dataset with those of its table. `finite_intervals`: the merge
/// store is too old for infinite ones, so that a batch which meets one must fail.
///
/// # Errors
/// `SOURCE0010` (or another code of its first difference) naming every difference of the first
/// dataset that has some.
pub(super) async fn compare(
    connection: &mut PgConnection,
    datasets: &[Wanted<'_>],
    relations: &[Relation],
    finite_intervals: bool,
) -> Result<Vec<Table>> {
    let oids: Vec<i64> = relations.iter().map(|relation| relation.oid).collect();
    let columns = columns::of(connection, &oids).await?;
    let compared = datasets.iter().zip(relations).map(|(wanted, relation)| {
        let table = table(*wanted, relation, &columns, finite_intervals);
        whole(wanted.dataset, table)
    });
    compared.collect()
}

/// Every difference of every dataset, in their order: tables, columns, privileges, and, where the
/// source does not vouch for the key and for values that must be there, a look at the rows within
/// some seconds (of those datasets that have `true`). Reads only; `connection` is settled.
///
/// # Errors
/// Those of the connection.
pub(super) async fn examine(
    connection: &mut PgConnection,
    datasets: &[(Wanted<'_>, bool)],
) -> Result<Vec<Vec<Difference>>> {
    let all_wanted: Vec<Wanted<'_>> = datasets.iter().map(|(wanted, _)| *wanted).collect();
    let relations = relation::find(connection, &all_wanted).await?;
    let oids: Vec<i64> = relations.iter().flatten().map(|relation| relation.oid).collect();
    let columns = columns::of(connection, &oids).await?;
    let mut budget = Budget::default();
    let mut all = Vec::new();
    for ((wanted, in_depth), relation) in datasets.iter().zip(relations) {
        let relation = match relation {
            Ok(relation) => relation,
            Err(mut differences) => {
                differences.extend(faults(wanted.dataset));
                all.push(differences);
                continue;
            }
        };
        let differences = match table(*wanted, &relation, &columns, false) {
            Ok(_) if !in_depth => Vec::new(),
            Ok(table) => {
                probe::rows(connection, *wanted, &relation, &table, &columns, &mut budget).await?
            }
            Err(differences) => differences,
        };
        all.push(differences);
    }
    Ok(all)
}

/// What is wrong with a dataset whatever its source has.
pub(crate) fn faults(dataset: &DatasetSpec) -> Vec<Difference> {
    let types = dataset.columns.iter().map(|column| (column, Layout::type_of(dataset, column)));
    types
        .filter_map(|(column, known)| {
            Some(Difference::of_error(&known.err()?, Subject::Column(column.name.clone())))
        })
        .collect()
}

fn whole<T>(dataset: &DatasetSpec, found: std::result::Result<T, Vec<Difference>>) -> Result<T> {
    found.map_err(|differences| {
        let error = Difference::error(dataset, &differences);
        error.unwrap_or_else(|| Error::new(code::SOURCE0010).with("dataset", &dataset.name))
    })
}

fn table(
    of: Wanted<'_>,
    relation: &Relation,
    columns: &[SourceColumn],
    finite_intervals: bool,
) -> std::result::Result<Table, Vec<Difference>> {
    let dataset = of.dataset;
    let here: Vec<&SourceColumn> =
        columns.iter().filter(|column| column.relation == relation.oid).collect();
    let mut differences = faults(dataset);
    let mut values = Vec::new();
    for column in &dataset.columns {
        let Ok(wanted) = PgType::of(&column.column_type) else { continue };
        match here.iter().find(|found| found.name == column.source_name()) {
            None => differences.push(columns::missing(of, column, &here)),
            Some(found) => match found.source_type.reading(&wanted) {
                Reading::AsItIs => values.push(read(&found.name, &wanted, false, finite_intervals)),
                Reading::Cast => values.push(read(&found.name, &wanted, true, finite_intervals)),
                Reading::Drift => differences.push(columns::other_type(of, column, found, &wanted)),
                Reading::Refused(refusal) => {
                    differences.push(columns::refused(of, column, found, &refusal));
                }
            },
        }
    }
    let layout = Layout::of(dataset);
    match layout {
        Ok(layout) if differences.is_empty() => Ok(Table {
            dataset: dataset.name.clone(),
            from: relation.table.clone(),
            layout,
            values,
            estimated_rows: relation.estimated_rows,
        }),
        _ => Err(differences),
    }
}

/// The column as a value of exactly the merge table's type.
///
/// An older merge store would take an infinite interval for one of 178 million years: subtracting
/// infinity from itself is an error, and nothing else is.
fn read(column: &str, wanted: &PgType, cast: bool, finite_intervals: bool) -> Sql {
    let name = Ident::of_alias("s", column);
    let value = if cast { wanted.cast(&name) } else { sql!("{name}", name) };
    if !finite_intervals || !wanted.is_interval() {
        return value;
    }
    if wanted.is_array() {
        return sql!(
            "case when (select bool_and(isfinite(i)) from unnest({value}) i) is not false then {value}
             else (select array_agg(i - i) from unnest({value}) i where not isfinite(i)) end",
            value
        );
    }
    sql!("case when isfinite({value}) is not false then {value} else {value} - {value} end", value)
}

//! The contract of a dataset: what the model says of its columns, against what the source has.

use sqlx::{FromRow, PgConnection, Row, postgres::PgRow};
use teal_model::{Error, Result, release::DatasetSpec};

use crate::{
    code,
    merge::{Column, Layout},
    pg::{Ident, PgResultExt, PgType, Sql, sql, types::Fit},
};

/// A table or view of the source.
#[derive(Debug)]
pub(super) struct Relation {
    oid: i64,
    pub(super) table: Ident,
    /// Tables, partitioned tables and views; a materialised view cannot be locked, and none of its
    /// states is half of another.
    pub(super) lockable: bool,
    estimated_rows: u64,
}

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
/// `SOURCE0011` for what is not there, is no table, or may not be read; `SOURCE0012` where
/// row-level security would hide rows.
pub(super) async fn find(
    connection: &mut PgConnection,
    datasets: &[&DatasetSpec],
) -> Result<Vec<Relation>> {
    let (schemas, names): (Vec<&str>, Vec<&str>) =
        datasets.iter().map(|d| (d.source.schema.as_str(), d.source.name.as_str())).unzip();
    let found: Vec<(Option<i64>, Option<String>, bool, f64)> = sqlx::query_as(
        "select c.oid::int8, c.relkind::text, coalesce(row_security_active(c.oid), false),
                case c.relkind
                when 'p' then (select coalesce(sum(greatest(k.reltuples, 0)), 0)
                               from pg_partition_tree(c.oid) p join pg_class k on k.oid = p.relid
                               where p.isleaf)::float8
                else greatest(coalesce(c.reltuples, 0), 0)::float8 end
         from unnest($1::text[], $2::text[]) with ordinality as w(schema_name, table_name, place)
         left join pg_namespace n on n.nspname = w.schema_name
         left join pg_class c on c.relnamespace = n.oid and c.relname = w.table_name
           and c.relkind in ('r', 'p', 'v', 'm', 'f')
         order by w.place",
    )
    .bind(&schemas)
    .bind(&names)
    .fetch_all(connection)
    .await
    .during("looking for the source's tables")?;
    let relations = datasets.iter().zip(found).map(|(dataset, (oid, kind, secured, estimate))| {
        let named =
            |code| Error::new(code).with("dataset", &dataset.name).with("table", &dataset.source);
        let (Some(oid), Some(kind)) = (oid, kind) else {
            return Err(named(code::SOURCE0011));
        };
        if secured {
            return Err(named(code::SOURCE0012));
        }
        Ok(Relation {
            oid,
            table: Ident::from(&dataset.source),
            lockable: matches!(kind.as_str(), "r" | "p" | "v"),
            estimated_rows: whole(estimate),
        })
    });
    relations.collect()
}

/// An estimate of rows; statistics are floats.
fn whole(rows: f64) -> u64 {
    format!("{rows:.0}").parse().unwrap_or(0)
}

/// A column of the source, its domain resolved.
#[derive(Debug)]
struct Found {
    relation: i64,
    name: String,
    type_text: String,
    /// Else it is a type of a user or an extension, whatever its name.
    is_builtin: bool,
    is_domain: bool,
    is_enum: bool,
    is_array: bool,
}

impl FromRow<'_, PgRow> for Found {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            relation: row.try_get("relation")?,
            name: row.try_get("name")?,
            type_text: row.try_get("type_text")?,
            is_builtin: row.try_get("is_builtin")?,
            is_domain: row.try_get("is_domain")?,
            is_enum: row.try_get("is_enum")?,
            is_array: row.try_get("is_array")?,
        })
    }
}

/// Compares each dataset with its table.
///
/// # Errors
/// `SOURCE0010` naming every difference of the first dataset that has some.
pub(super) async fn check(
    connection: &mut PgConnection,
    datasets: &[&DatasetSpec],
    relations: &[Relation],
) -> Result<Vec<Table>> {
    let oids: Vec<i64> = relations.iter().map(|relation| relation.oid).collect();
    let columns: Vec<Found> = sqlx::query_as(
        "select a.attrelid::int8 as relation, a.attname::text as name,
                format_type(b.type, b.modifier) as type_text,
                coalesce(e.typnamespace, t.typnamespace) = 'pg_catalog'::regnamespace as is_builtin,
                b.depth > 0 as is_domain,
                coalesce(e.typtype, t.typtype) = 'e' as is_enum,
                e.oid is not null as is_array
         from pg_attribute a
         cross join lateral (
             with recursive base(type, modifier, depth) as (
                 select a.atttypid, a.atttypmod, 0
                 union all
                 select d.typbasetype, d.typtypmod, depth + 1
                 from base join pg_type d on d.oid = base.type and d.typtype = 'd')
             select type, modifier, depth from base order by depth desc limit 1) b
         join pg_type t on t.oid = b.type
         left join pg_type e on e.oid = t.typelem and t.typcategory = 'A'
         where a.attrelid = any($1::int8[]::oid[]) and a.attnum > 0 and not a.attisdropped",
    )
    .bind(&oids)
    .fetch_all(&mut *connection)
    .await
    .during("reading the columns of the source")?;
    let checked = datasets.iter().zip(relations).map(|(dataset, relation)| {
        let here: Vec<&Found> = columns.iter().filter(|c| c.relation == relation.oid).collect();
        compare(dataset, relation, &here)
    });
    checked.collect()
}

fn compare(dataset: &DatasetSpec, relation: &Relation, found: &[&Found]) -> Result<Table> {
    let layout = Layout::of(dataset).map_err(|error| error.with("dataset", &dataset.name))?;
    let mut differences = Vec::new();
    let mut values = Vec::new();
    for column in layout.columns() {
        match found.iter().find(|f| f.name == column.source) {
            None => differences.push(format!("column {} is missing", column.source)),
            Some(found) => match value(column, found) {
                Some(value) => values.push(value),
                None => differences.push(format!(
                    "column {} is {}, the model says {}",
                    column.source, found.type_text, column.pg_type
                )),
            },
        }
    }
    if !differences.is_empty() {
        return Err(Error::new(code::SOURCE0010)
            .with("dataset", &dataset.name)
            .with("table", &dataset.source)
            .with("differences", differences.join("; ")));
    }
    Ok(Table {
        dataset: dataset.name.clone(),
        from: relation.table.clone(),
        layout,
        values,
        estimated_rows: relation.estimated_rows,
    })
}

/// The column as a value of exactly the merge table's type: as it is, or cast where each value is
/// held exactly. Labels of an enum are text; a domain is its base type. `None`: drift.
fn value(column: &Column, found: &Found) -> Option<Sql> {
    let name = Ident::of_alias("s", &column.source);
    let as_it_is = sql!("{name}", name = &name);
    if found.is_enum {
        let fits = column.pg_type.holds_any_text(found.is_array);
        return fits.then(|| column.pg_type.cast(&name));
    }
    if !found.is_builtin {
        return None;
    }
    match PgType::parse(&found.type_text)?.fit(&column.pg_type) {
        Fit::Exact if !found.is_domain => Some(as_it_is),
        Fit::Exact | Fit::Cast => Some(column.pg_type.cast(&name)),
        Fit::Drift => None,
    }
}

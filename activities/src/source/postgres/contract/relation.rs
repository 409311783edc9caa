//! Tables of the source: which are there, what they are, whether they may be read.

use sqlx::{FromRow, PgConnection, Row, postgres::PgRow};
use teal_model::{Result, closest, release::DatasetSpec};

use crate::{
    code,
    pg::{Ident, PgResultExt},
    source::{Difference, Subject, Wanted},
};

/// A table or view of the source.
#[derive(Debug)]
pub(in super::super) struct Relation {
    pub(super) oid: i64,
    pub(in super::super) table: Ident,
    /// Tables, partitioned tables and views; a materialised view cannot be locked, and none of its
    /// states is half of another.
    pub(in super::super) lockable: bool,
    /// Whether other tables inherit from it: its own indexes say nothing of their rows.
    pub(super) has_heirs: bool,
    pub(super) estimated_rows: u64,
}

#[derive(Debug)]
struct Found {
    schema_exists: bool,
    oid: Option<i64>,
    kind: Option<String>,
    is_temporary: bool,
    is_secured: bool,
    has_heirs: bool,
    may_enter: bool,
    may_read: bool,
    role: String,
    estimate: f64,
}

impl FromRow<'_, PgRow> for Found {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            schema_exists: row.try_get("schema_exists")?,
            oid: row.try_get("oid")?,
            kind: row.try_get("kind")?,
            is_temporary: row.try_get("is_temporary")?,
            is_secured: row.try_get("is_secured")?,
            has_heirs: row.try_get("has_heirs")?,
            may_enter: row.try_get("may_enter")?,
            may_read: row.try_get("may_read")?,
            role: row.try_get("role")?,
            estimate: row.try_get("estimate")?,
        })
    }
}

/// Finds the tables of the datasets, in their order.
pub(super) async fn find(
    connection: &mut PgConnection,
    datasets: &[Wanted<'_>],
) -> Result<Vec<std::result::Result<Relation, Vec<Difference>>>> {
    let tables = datasets.iter().map(|wanted| &wanted.dataset.source);
    let (schemas, names): (Vec<&str>, Vec<&str>) =
        tables.map(|table| (table.schema.as_str(), table.name.as_str())).unzip();
    let found: Vec<Found> = sqlx::query_as(
        "select n.oid is not null as schema_exists, c.oid::int8 as oid, c.relkind::text as kind,
                coalesce(c.relpersistence = 't', false) as is_temporary,
                coalesce(row_security_active(c.oid), false) as is_secured,
                exists (select from pg_inherits i where i.inhparent = c.oid and c.relkind <> 'p')
                  as has_heirs,
                coalesce(has_schema_privilege(n.oid, 'usage'), false) as may_enter,
                coalesce(has_table_privilege(c.oid, 'select'), false) as may_read,
                current_user::text as role,
                case c.relkind
                when 'p' then (select coalesce(sum(greatest(k.reltuples, 0)), 0)
                               from pg_partition_tree(c.oid) p join pg_class k on k.oid = p.relid
                               where p.isleaf)::float8
                else greatest(coalesce(c.reltuples, 0), 0)::float8 end as estimate
         from unnest($1::text[], $2::text[]) with ordinality as w(schema_name, table_name, place)
         left join pg_namespace n on n.nspname = w.schema_name
         left join pg_class c on c.relnamespace = n.oid and c.relname = w.table_name
         order by w.place",
    )
    .bind(&schemas)
    .bind(&names)
    .fetch_all(&mut *connection)
    .await
    .during("looking for the source's tables")?;
    let mut relations = Vec::new();
    for (wanted, found) in datasets.iter().zip(found) {
        relations.push(match (found.oid, found.kind.as_deref()) {
            (Some(oid), Some(kind)) => judge(wanted.dataset, &found, oid, kind),
            _ => Err(vec![absent(connection, *wanted, datasets, found.schema_exists).await?]),
        });
    }
    Ok(relations)
}

fn judge(
    dataset: &DatasetSpec,
    found: &Found,
    oid: i64,
    kind: &str,
) -> std::result::Result<Relation, Vec<Difference>> {
    let table = &dataset.source;
    let refuse = |code, message: String| Err(vec![Difference::new(code, Subject::Table, message)]);
    if found.is_temporary {
        return refuse(
            code::SOURCE0011,
            format!("{table} is a temporary table of another session"),
        );
    }
    if let Some(other) = no_table(kind) {
        return refuse(code::SOURCE0011, format!("{table} is {other}, no table or view"));
    }
    let place = Ident::from(table);
    let mut lacks = Vec::new();
    let mut grants = Vec::new();
    if !found.may_enter {
        lacks.push(format!("USAGE on schema {}", table.schema));
        grants.push(format!("grant usage on schema {}", Ident::new(&table.schema)));
    }
    if !found.may_read {
        lacks.push(format!("SELECT on {table}"));
        grants.push(format!("grant select on {place}"));
    }
    if !lacks.is_empty() {
        let message = format!("role {} lacks {}", found.role, lacks.join(" and "));
        let role = Ident::new(&found.role);
        let grants: Vec<String> =
            grants.iter().map(|grant| format!("`{grant} to {role}`")).collect();
        let difference = Difference::new(code::SOURCE0018, Subject::Table, message);
        return Err(vec![difference.help(format!("as its owner: {}", grants.join(", ")))]);
    }
    if found.is_secured {
        let message = format!("row-level security of {table} hides rows from role {}", found.role);
        return refuse(code::SOURCE0012, message);
    }
    Ok(Relation {
        oid,
        table: place,
        lockable: matches!(kind, "r" | "p" | "v"),
        has_heirs: found.has_heirs,
        estimated_rows: whole(found.estimate),
    })
}

/// What a relation is that holds no rows to read.
fn no_table(kind: &str) -> Option<&'static str> {
    match kind {
        "r" | "p" | "v" | "m" | "f" => None,
        "i" | "I" => Some("an index"),
        "S" => Some("a sequence"),
        "c" => Some("a composite type"),
        _ => Some("something else"),
    }
}

/// A table that is not there, and the one that was probably meant: none that another dataset reads.
async fn absent(
    connection: &mut PgConnection,
    wanted: Wanted<'_>,
    datasets: &[Wanted<'_>],
    schema_exists: bool,
) -> Result<Difference> {
    let table = &wanted.dataset.source;
    let names: Vec<(String, String)> = sqlx::query_as(
        "select n.nspname::text, c.relname::text
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence <> 't'
           and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
         order by n.nspname = $1 desc, lower(c.relname) = lower($2) desc, 1, 2 limit 2000",
    )
    .bind(&table.schema)
    .bind(&table.name)
    .fetch_all(connection)
    .await
    .during("looking for a table of a like name")?;
    let free = |(schema, name): &&(String, String)| {
        let read = |other: &Wanted<'_>| {
            other.dataset.source.schema == *schema && other.dataset.source.name == *name
        };
        !datasets.iter().any(read)
    };
    let names: Vec<&(String, String)> = names.iter().filter(free).collect();
    let here = names.iter().filter(|(schema, _)| *schema == table.schema);
    let close = closest(&table.name, here.map(|(_, name)| name.as_str()))
        .map(|name| (table.schema.clone(), name.to_owned()))
        .or_else(|| names.iter().find(|(_, name)| *name == table.name).copied().cloned());
    let message = if schema_exists {
        format!("there is no table or view {table}")
    } else {
        format!("there is no schema {}, so no {table}", table.schema)
    };
    let meant = match close {
        Some((schema, name)) if plain(&schema) && plain(&name) => {
            format!("did you mean `{schema}.{name}`?")
        }
        Some((schema, name)) => {
            format!("did you mean `table: {{schema: {schema:?}, name: {name:?}}}`?")
        }
        None => "compare the dataset's `table` with the source;".to_owned(),
    };
    let help = format!("{meant} {}", wanted.if_it_went());
    Ok(Difference::new(code::SOURCE0011, Subject::Table, message).help(help))
}

/// Whether a name can be written in the short form `schema.table`.
fn plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// An estimate of rows; statistics are floats.
fn whole(rows: f64) -> u64 {
    format!("{rows:.0}").parse().unwrap_or(0)
}

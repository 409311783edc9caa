//! Tables of a database, and why one could not be read as it stands.

use std::collections::BTreeSet;

use sqlx::{FromRow, PgConnection, Row, postgres::PgRow};
use teal_model::{
    Result,
    discover::{Estimate, FoundColumn, FoundTable, Selection, TableKind},
    release::TableName,
};

use crate::{
    pg::{Ident, PgResultExt},
    plan::significant,
};

/// A table, a view or what else has rows.
#[derive(Debug)]
pub(super) struct Relation {
    pub(super) oid: i64,
    schema: String,
    name: String,
    kind: String,
    comment: Option<String>,
    /// Below zero: never analysed.
    rows: Option<f64>,
    bytes: Option<i64>,
    role: String,
    may_enter: bool,
    may_read: bool,
    is_secured: bool,
    has_heirs: bool,
}

impl FromRow<'_, PgRow> for Relation {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            oid: row.try_get("oid")?,
            schema: row.try_get("schema")?,
            name: row.try_get("name")?,
            kind: row.try_get("kind")?,
            comment: row.try_get("comment")?,
            rows: row.try_get("rows")?,
            bytes: row.try_get("bytes")?,
            role: row.try_get("role")?,
            may_enter: row.try_get("may_enter")?,
            may_read: row.try_get("may_read")?,
            is_secured: row.try_get("is_secured")?,
            has_heirs: row.try_get("has_heirs")?,
        })
    }
}

/// All of these schemas that have rows, by name. Partitions are read through their table, and what
/// an extension brought is not the producer's.
pub(super) async fn all(
    connection: &mut PgConnection,
    schemas: &[String],
) -> Result<Vec<Relation>> {
    sqlx::query_as(
        "select c.oid::int8 as oid, n.nspname::text as schema, c.relname::text as name,
                c.relkind::text as kind, obj_description(c.oid, 'pg_class') as comment,
                case when c.relkind in ('v', 'f') then null else s.rows end as rows,
                case when c.relkind in ('v', 'f') then null else s.bytes end as bytes,
                current_user::text as role,
                has_schema_privilege(n.oid, 'usage') as may_enter,
                has_table_privilege(c.oid, 'select') as may_read,
                coalesce(row_security_active(c.oid), false) as is_secured,
                exists (select from pg_inherits i
                        where i.inhparent = c.oid and c.relkind <> 'p') as has_heirs
         from pg_class c
         join pg_namespace n on n.oid = c.relnamespace
         cross join lateral (
             select case when bool_or(l.reltuples < 0) then null
                         else sum(l.reltuples)::float8 end as rows,
                    sum(pg_total_relation_size(l.oid))::int8 as bytes
             from (select c.oid where c.relkind <> 'p'
                   union all
                   select p.relid from pg_partition_tree(c.oid) p
                   where c.relkind = 'p' and p.isleaf) leaf(oid)
             join pg_class l on l.oid = leaf.oid) s
         where n.nspname = any($1) and c.relkind in ('r', 'p', 'v', 'm', 'f')
           and not c.relispartition and c.relpersistence <> 't'
           and not exists (select from pg_depend d
                           where d.classid = 'pg_class'::regclass and d.objid = c.oid
                             and d.deptype = 'e')
         order by 2, 3",
    )
    .bind(schemas)
    .fetch_all(connection)
    .await
    .during("reading the tables of the source")
}

/// The names of everything in these schemas that has rows.
pub(super) async fn names(
    connection: &mut PgConnection,
    schemas: &[String],
) -> Result<BTreeSet<TableName>> {
    let names: Vec<(String, String)> = sqlx::query_as(
        "select n.nspname::text, c.relname::text
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname = any($1) and c.relkind in ('r', 'p', 'v', 'm', 'f')",
    )
    .bind(schemas)
    .fetch_all(connection)
    .await
    .during("reading the names of the source's tables")?;
    Ok(names.into_iter().map(|(schema, name)| TableName { schema, name }).collect())
}

impl Relation {
    fn kind(&self) -> TableKind {
        match self.kind.as_str() {
            "p" => TableKind::Partitioned,
            "v" => TableKind::View,
            "m" => TableKind::MaterializedView,
            "f" => TableKind::Foreign,
            _ => TableKind::Table,
        }
    }

    fn table(&self) -> TableName {
        TableName { schema: self.schema.clone(), name: self.name.clone() }
    }

    pub(super) fn is_wanted(&self, selection: &Selection) -> bool {
        let kind = match self.kind() {
            TableKind::View | TableKind::MaterializedView => selection.views,
            TableKind::Foreign => selection.foreign_tables,
            TableKind::Table | TableKind::Partitioned => true,
        };
        kind && selection.takes(&self.table())
    }

    pub(super) fn found(self, key: Vec<String>, columns: Vec<FoundColumn>) -> FoundTable {
        let no_key = self.has_heirs.then(|| {
            "other tables inherit from it, and no index keeps rows of all of them unique".to_owned()
        });
        FoundTable {
            table: self.table(),
            kind: self.kind(),
            obstacles: self.obstacles(),
            estimate: Estimate {
                rows: self.rows.and_then(whole).map(significant),
                bytes: self.bytes.and_then(|bytes| u64::try_from(bytes).ok()).map(significant),
            },
            comment: self.comment,
            key: if no_key.is_some() { Vec::new() } else { key },
            no_key,
            columns,
        }
    }

    fn obstacles(&self) -> Vec<String> {
        let (role, schema) = (Ident::new(&self.role), Ident::new(&self.schema));
        let mut missing = Vec::new();
        if !self.may_enter {
            missing.push(format!("grant usage on schema {schema} to {role}"));
        }
        if !self.may_read {
            let table = Ident::qualified(&self.schema, &self.name);
            missing.push(format!("grant select on {table} to {role}"));
        }
        let mut obstacles = Vec::new();
        if !missing.is_empty() {
            obstacles.push(format!("role {} may not read it: {}", self.role, missing.join("; ")));
        }
        if self.is_secured {
            obstacles.push(format!(
                "row-level security hides rows of it from role {}: alter role {role} bypassrls, or \
                 read a view that says which rows are meant",
                self.role
            ));
        }
        obstacles
    }
}

/// An estimate of rows; statistics are floats.
fn whole(rows: f64) -> Option<u64> {
    format!("{rows:.0}").parse().ok()
}

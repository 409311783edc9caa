//! Objects of others that stand on a table or view of Teal. They are named, never dropped.

use sqlx::PgConnection;
use teal_model::{Error, Result, release::TableName};

use crate::{code, pg::PgResultExt};

/// Views, foreign keys, functions and child tables that depend on `relation` and are not Teal's.
/// `columns`: only those that use one of these; `None`: any.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn of(
    conn: &mut PgConnection,
    relation: &TableName,
    columns: Option<&[String]>,
) -> Result<Vec<String>> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "with target as (
           select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
           where n.nspname = $1 and c.relname = $2),
         used as (
           select d.classid, d.objid from pg_depend d join target t on d.refobjid = t.oid
           where d.refclassid = 'pg_class'::regclass and d.deptype in ('n', 'a')
             and ($3::text[] is null or d.refobjsubid in (
               select a.attnum from pg_attribute a
               where a.attrelid = t.oid and a.attname = any ($3::text[]))))
         select distinct text from (
           select case c.relkind when 'm' then 'materialized view ' else 'view ' end
                  || n.nspname || '.' || c.relname as text
           from used u join pg_rewrite r on u.classid = 'pg_rewrite'::regclass and r.oid = u.objid
           join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace
           where c.oid not in (select oid from target)
             and not exists (select from teal.view v
                             where v.schema_name = n.nspname and v.view_name = c.relname)
           union all
           select 'foreign key ' || k.conname || ' of ' || k.conrelid::regclass::text
           from target t join pg_constraint k on k.confrelid = t.oid and k.contype = 'f'
           where k.conrelid <> t.oid and $3::text[] is null
           union all
           select 'function ' || p.oid::regprocedure::text
           from used u join pg_proc p on u.classid = 'pg_proc'::regclass and p.oid = u.objid
           union all
           select 'table ' || i.inhrelid::regclass::text
           from target t join pg_inherits i on i.inhparent = t.oid where $3::text[] is null
         ) found order by text",
    )
    .bind(&relation.schema)
    .bind(&relation.name)
    .bind(columns)
    .fetch_all(conn)
    .await
    .during("looking for objects that depend on a table")?;
    Ok(rows.into_iter().map(|(text,)| text).collect())
}

/// Refuses to go on when something of others depends on `relation`.
///
/// # Errors
/// `DDL0001` naming each object.
pub async fn none(
    conn: &mut PgConnection,
    relation: &TableName,
    columns: Option<&[String]>,
) -> Result<()> {
    let found = of(conn, relation, columns).await?;
    if found.is_empty() {
        return Ok(());
    }
    Err(Error::new(code::DDL0001).with("relation", relation).with("dependants", found.join(", ")))
}

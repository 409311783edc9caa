//! Keys: what the source itself keeps unique and not NULL.

use std::collections::BTreeMap;

use sqlx::PgConnection;
use teal_model::Result;

use crate::pg::PgResultExt;

/// The best key of each of these tables that has one: the primary key, else a unique index over
/// columns that are NOT NULL, the replica identity before others, then the one with the fewest
/// columns, then by name. A partial index or one of expressions says nothing of the columns.
pub(super) async fn of(
    connection: &mut PgConnection,
    relations: &[i64],
) -> Result<BTreeMap<i64, Vec<String>>> {
    let keys: Vec<(i64, Vec<String>)> = sqlx::query_as(
        "select distinct on (i.indrelid) i.indrelid::int8, k.columns
         from pg_index i
         join pg_class c on c.oid = i.indexrelid
         cross join lateral (
             select array_agg(a.attname::text order by p.place) as columns,
                    bool_and(a.attnotnull and not exists (
                        select from pg_constraint n  -- since PostgreSQL 18 one may be not validated
                        where n.conrelid = i.indrelid and n.contype = 'n' and not n.convalidated
                          and n.conkey = array[a.attnum])) as never_null
             from unnest(i.indkey::int2[]) with ordinality p(attnum, place)
             join pg_attribute a on a.attrelid = i.indrelid and a.attnum = p.attnum
             where p.place <= i.indnkeyatts) k
         where i.indrelid = any($1::int8[]::oid[])
           and i.indisunique and i.indisvalid and i.indisready and i.indislive
           and i.indpred is null and i.indexprs is null and k.never_null
         order by i.indrelid, i.indisprimary desc, i.indisreplident desc, i.indnkeyatts, c.relname",
    )
    .bind(relations)
    .fetch_all(connection)
    .await
    .during("reading the keys of the source")?;
    Ok(keys.into_iter().collect())
}

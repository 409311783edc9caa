//! Which keys differ between source and merge table, and how.

use sqlx::{PgConnection, Row, postgres::PgRow};
use teal_model::Result;

use super::{Target, drop_temporary, execute};
use crate::{
    pg::{Ident, PgResultExt, Sql, literal, sql},
    staging::Buckets,
    verify::{Counts, Difference, Way},
};

/// Where the COPY of the source's keys goes; a new, empty table.
///
/// # Errors
/// Those of PostgreSQL.
pub(crate) async fn place_for_keys(connection: &mut PgConnection, target: &Target) -> Result<Sql> {
    let keys = target.temporary("keys");
    drop_temporary(connection, &keys).await?;
    let columns = target.layout.key_definitions();
    let statement =
        sql!("create table {keys} ({columns}, teal_hash bigint not null)", keys, columns);
    execute(connection, statement).await?;
    let key = target.layout.key_list();
    Ok(sql!("copy {keys} ({key}, teal_hash) from stdin (format binary)", keys, key))
}

/// Compares the keys that were copied with the current rows of the same buckets. What differs is
/// found until the next look.
///
/// # Errors
/// Those of PostgreSQL.
pub(crate) async fn find(
    connection: &mut PgConnection,
    target: &Target,
    buckets: &Buckets,
) -> Result<()> {
    let keys = target.temporary("keys");
    execute(connection, sql!("analyze {keys}", keys = &keys)).await?;
    let found = target.temporary("found");
    drop_temporary(connection, &found).await?;
    execute(connection, find_statement(target, buckets)).await?;
    drop_temporary(connection, &keys).await
}

/// `teal_differing`: columns whose values differ, once they were compared.
pub(super) fn find_statement(target: &Target, buckets: &Buckets) -> Sql {
    let either = target.layout.key().iter().map(|name| {
        let [s, t, plain] =
            [Ident::of_alias("s", name), Ident::of_alias("t", name), Ident::new(name)];
        sql!("coalesce({s}, {t}) as {plain}", s, t, plain)
    });
    sql!(
        "create table {found} as
select {either}, s.teal_hash as teal_source, t.teal_merge, t.teal_stored, t.teal_came,
  null::text[] as teal_differing
from {keys} s full join (
  select * from (select {key}, {hash} as teal_merge, t.teal_hash as teal_stored,
      {batch} as teal_came
    from {table} t where {current}) t
  where (teal_merge & {mask}) = any('{{{numbers}}}'::int8[])
) t on {same_key}
where s.teal_hash is distinct from t.teal_merge or s.teal_hash is distinct from t.teal_stored",
        found = target.temporary("found"),
        either = Sql::join(either, ", "),
        keys = target.temporary("keys"),
        key = target.layout.key_of("t"),
        hash = target.hash(),
        batch = target.batch(),
        table = target.name(),
        current = target.current(),
        mask = buckets.mask,
        numbers = Sql::join(&buckets.numbers, ","),
        same_key = target.layout.same_key("s", "t"),
    )
}

/// Nothing differs at this look.
///
/// # Errors
/// Those of PostgreSQL.
pub(crate) async fn find_nothing(connection: &mut PgConnection, target: &Target) -> Result<()> {
    drop_temporary(connection, &target.temporary("found")).await
}

/// Keeps what this look found for the next one.
///
/// # Errors
/// Those of PostgreSQL.
pub(crate) async fn remember(connection: &mut PgConnection, target: &Target) -> Result<()> {
    let (found, seen) = (target.temporary("found"), target.temporary("seen"));
    drop_temporary(connection, &seen).await?;
    let name = Ident::new(&format!("seen_{}", target.table.id));
    execute(connection, sql!("alter table if exists {found} rename to {name}", found, name))
        .await?;
    Ok(())
}

/// Takes out of what was found all that the look before did not see in the same way, and returns how
/// many keys that were. The same way: same hashes on both sides, and the row came in the same batch.
///
/// # Errors
/// Those of PostgreSQL.
pub(crate) async fn confirm(connection: &mut PgConnection, target: &Target) -> Result<u64> {
    let (found, seen) = (target.temporary("found"), target.temporary("seen"));
    let there: bool = sqlx::query_scalar("select to_regclass($1) is not null")
        .bind(seen.to_string())
        .fetch_one(&mut *connection)
        .await
        .during("looking for what was seen before")?;
    let stays = if there {
        sql!(
            "exists (select from {seen} s where {same_key}
    and (s.teal_source, s.teal_merge, s.teal_stored, s.teal_came)
      is not distinct from (f.teal_source, f.teal_merge, f.teal_stored, f.teal_came))",
            seen,
            same_key = target.layout.same_key("s", "f"),
        )
    } else {
        Sql::text("false")
    };
    execute(connection, sql!("delete from {found} f where not {stays}", found, stays)).await
}

/// Hashes of source rows whose values have to be compared, `most` at most.
///
/// # Errors
/// Those of PostgreSQL.
pub(crate) async fn doubtful_hashes(
    connection: &mut PgConnection,
    target: &Target,
    most: usize,
) -> Result<Vec<i64>> {
    let statement = sql!(
        "select distinct teal_source from {found} where teal_source <> teal_merge limit {most}",
        found = target.temporary("found"),
        most,
    );
    sqlx::query_scalar(statement).fetch_all(connection).await.during("choosing rows to compare")
}

/// Where the COPY of the source's rows goes; a new, empty table.
///
/// # Errors
/// Those of PostgreSQL.
pub(crate) async fn place_for_values(
    connection: &mut PgConnection,
    target: &Target,
) -> Result<Sql> {
    let values = target.temporary("values");
    drop_temporary(connection, &values).await?;
    let (definitions, columns) = (target.layout.definitions(), target.layout.column_list());
    let statement = sql!(
        "create table {values} ({definitions}, teal_hash bigint not null)",
        values = &values,
        definitions,
    );
    execute(connection, statement).await?;
    Ok(sql!("copy {values} ({columns}, teal_hash) from stdin (format binary)", values, columns))
}

/// Compares values where the hashes differ, and forgets rows that turn out to be equal: another
/// version of the server may compute another hash.
///
/// # Errors
/// Those of PostgreSQL.
pub(crate) async fn judge(connection: &mut PgConnection, target: &Target) -> Result<()> {
    let (found, values) = (target.temporary("found"), target.temporary("values"));
    execute(connection, sql!("analyze {values}", values = &values)).await?;
    execute(connection, judge_statement(target)).await?;
    drop_temporary(connection, &values).await?;
    let equal = sql!(
        "delete from {found} where teal_differing = '{{}}' and teal_stored = teal_source",
        found
    );
    execute(connection, equal).await?;
    Ok(())
}

pub(super) fn judge_statement(target: &Target) -> Sql {
    let differing = target.layout.columns().iter().map(|column| {
        let (v, t) = (Ident::of_alias("v", &column.name), Ident::of_alias("t", &column.name));
        let name = literal(&column.name);
        sql!("case when record_image_ne(row({v}), row({t})) then {name} end", v, t, name)
    });
    sql!(
        "update {found} f set teal_differing = array_remove(array[{differing}]::text[], null)
from {values} v, {table} t
where {same_source} and {same_merge} and {current} and {batch} = f.teal_came
  and f.teal_source <> f.teal_merge",
        found = target.temporary("found"),
        differing = Sql::join(differing, ", "),
        values = target.temporary("values"),
        table = target.name(),
        same_source = target.layout.same_key("f", "v"),
        same_merge = target.layout.same_key("f", "t"),
        current = target.current(),
        batch = target.batch(),
    )
}

/// How a key differs, over `found`.
fn way() -> Sql {
    Sql::text(
        "case when teal_merge is null then 'missing' when teal_source is null then 'extra'
  when teal_source <> teal_merge and teal_differing is distinct from '{}' then 'different'
  else 'hash' end",
    )
}

/// How many keys were found, by the way in which they differ.
///
/// # Errors
/// Those of PostgreSQL.
pub(crate) async fn count(connection: &mut PgConnection, target: &Target) -> Result<Counts> {
    let statement = sql!(
        "select {way}, count(*) from {found} group by 1",
        way = way(),
        found = target.temporary("found"),
    );
    let groups: Vec<(String, i64)> =
        sqlx::query_as(statement).fetch_all(connection).await.during("counting differences")?;
    let mut counts = Counts::default();
    for (word, rows) in groups {
        *counts.of(Way::from_word(&word)) = u64::try_from(rows).unwrap_or(0);
    }
    Ok(counts)
}

/// The first `limit` keys in their order.
///
/// # Errors
/// Those of PostgreSQL.
pub(crate) async fn list(
    connection: &mut PgConnection,
    target: &Target,
    limit: u32,
) -> Result<Vec<Difference>> {
    let statement = sql!(
        "select {key} as key, {way} as way, coalesce(teal_differing, '{{}}') as columns
from {found} f order by {order} limit {limit}",
        key = target.key_texts("f"),
        way = way(),
        found = target.temporary("found"),
        order = target.layout.key_of("f"),
        limit,
    );
    let rows = sqlx::query(statement).fetch_all(connection).await.during("listing differences")?;
    rows.iter().map(|row| read(target, row)).collect()
}

fn read(target: &Target, row: &PgRow) -> Result<Difference> {
    const READING: &str = "reading a difference";
    let way: String = row.try_get("way").during(READING)?;
    Ok(Difference {
        key: target.read_key(row)?,
        way: Way::from_word(&way),
        columns: row.try_get("columns").during(READING)?,
    })
}

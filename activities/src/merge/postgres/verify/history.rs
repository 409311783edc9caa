//! Whether a history can be true: by itself, and against the counts of the ledger.
//!
//! With the counts no gap goes unseen: each batch opened and closed exactly as many versions as it
//! inserted, updated and deleted rows, so a version that is gone, moved or added by hand leaves a
//! batch whose counts are not those of the table.

use futures::TryStreamExt;
use sqlx::{PgConnection, Row, postgres::PgRow};
use teal_model::{BatchId, Result};

use super::{Target, counted, ledger};
use crate::{
    catalog::number::count,
    pg::{Ident, PgResultExt, Sql, sql},
    verify::{Fault, FaultKind, Key},
};

const READING: &str = "looking at versions";

/// Everything that cannot be.
///
/// # Errors
/// Those of PostgreSQL.
pub(crate) async fn faults(
    connection: &mut PgConnection,
    target: &Target,
    limit: u32,
) -> Result<Vec<Fault>> {
    let mut faults = versions(connection, target, limit).await?;
    faults.extend(against_ledger(connection, target, limit).await?);
    faults.extend(repeated(connection, target, limit).await?);
    Ok(faults)
}

/// Versions of a key that do not follow one another.
async fn versions(
    connection: &mut PgConnection,
    target: &Target,
    limit: u32,
) -> Result<Vec<Fault>> {
    let rows = sqlx::query(versions_statement(target, limit))
        .fetch_all(connection)
        .await
        .during(READING)?;
    let mut faults: Vec<Fault> = Vec::new();
    for row in &rows {
        let word: String = row.try_get("fault").during(READING)?;
        let kind = match word.as_str() {
            "open_twice" => FaultKind::OpenTwice,
            "backwards" => FaultKind::Backwards,
            _ => FaultKind::Overlap,
        };
        let sample = sample(target, row)?;
        match faults.iter_mut().find(|fault| fault.kind == kind) {
            Some(fault) => fault.samples.push(sample),
            None => {
                let all: i64 = row.try_get("versions").during(READING)?;
                faults.push(Fault { count: count(all), ..Fault::one(kind, sample) });
            }
        }
    }
    Ok(faults)
}

pub(super) fn versions_statement(target: &Target, limit: u32) -> Sql {
    sql!(
        "with v as (
  select {key} as key, teal_batch_in as came, teal_batch_out as went,
    lead(teal_batch_in) over w as next_came, lead(teal_batch_out) over w as next_went
  from {table} t window w as (partition by {key_list} order by teal_batch_in, teal_batch_out)
), faulty as (
  select case when went < came then 'backwards'
    when next_came <= went and went = {open} and next_went = {open} then 'open_twice'
    when next_came <= went then 'overlap' end as fault, key, came, went from v
), numbered as (
  select *, count(*) over (partition by fault) as versions,
    row_number() over (partition by fault order by key, came) as place
  from faulty where fault is not null
)
select * from numbered where place <= {limit} order by fault, place",
        key = target.key_texts("t"),
        table = target.name(),
        key_list = target.layout.key_of("t"),
        open = BatchId::OPEN,
        limit,
    )
}

/// Versions opened and closed by each batch, against what the ledger says of it.
async fn against_ledger(
    connection: &mut PgConnection,
    target: &Target,
    limit: u32,
) -> Result<Vec<Fault>> {
    let mut rows = sqlx::query(against_statement(target)).bind(target.table.id).fetch(connection);
    let (mut unknown, mut counts) =
        (Fault::none(FaultKind::UnknownBatch), Fault::none(FaultKind::BatchCounts));
    while let Some(row) = rows.try_next().await.during(READING)? {
        let number = |column: &str| row.try_get::<i64, _>(column).during(READING);
        let batch = number("batch")?;
        let changes = [number("inserted")?, number("updated")?, number("deleted")?];
        if row.try_get("unknown").during(READING)? {
            let [came, changed, went] = changes;
            let rows = came + changed + went;
            unknown.add(count(rows), limit, || {
                format!("batch {batch}: {} by it", counted(rows, "change"))
            });
            continue;
        }
        let told = [number("l_inserted")?, number("l_updated")?, number("l_deleted")?];
        let shown = |[came, changed, went]: [i64; 3]| format!("+{came} ~{changed} −{went}");
        counts.add(1, limit, || {
            format!(
                "batch {batch}: {} by its versions, {} by the ledger",
                shown(changes),
                shown(told)
            )
        });
    }
    Ok([unknown, counts].into_iter().filter(|fault| fault.count > 0).collect())
}

/// A version is an insert where none of its key ended just before, else an update; the end of one
/// that no other follows at once is a delete.
pub(super) fn against_statement(target: &Target) -> Sql {
    sql!(
        "with {batches}, v as (
  select teal_batch_in::int8 as came, teal_batch_out::int8 as went,
    lag(teal_batch_out) over w as went_before, lead(teal_batch_in) over w as came_after
  from {table} t window w as (partition by {key} order by teal_batch_in, teal_batch_out)
), steps as (
  select batch, count(*) filter (where step = 'i') as inserted,
    count(*) filter (where step = 'u') as updated, count(*) filter (where step = 'd') as deleted
  from v cross join lateral (values
    (came, case when went_before = came - 1 then 'u' else 'i' end),
    (case when went <> {open} and came_after is distinct from went + 1 then went + 1 end, 'd')
  ) e(batch, step)
  where batch is not null group by 1
)
select batch, l.batch is null as unknown,
  coalesce(s.inserted, 0) as inserted, coalesce(s.updated, 0) as updated,
  coalesce(s.deleted, 0) as deleted, coalesce(l.inserted, 0) as l_inserted,
  coalesce(l.updated, 0) as l_updated, coalesce(l.deleted, 0) as l_deleted
from steps s full join batches l using (batch)
where l.batch is null or (l.inserted, l.updated, l.deleted)
  is distinct from (coalesce(s.inserted, 0), coalesce(s.updated, 0), coalesce(s.deleted, 0))
order by batch",
        batches = ledger::batches(),
        table = target.name(),
        key = target.layout.key_of("t"),
        open = BatchId::OPEN,
    )
}

/// Versions in which nothing is other than in the one just before.
async fn repeated(
    connection: &mut PgConnection,
    target: &Target,
    limit: u32,
) -> Result<Vec<Fault>> {
    let rows = sqlx::query(repeated_statement(target, limit))
        .fetch_all(connection)
        .await
        .during(READING)?;
    let Some(first) = rows.first() else { return Ok(Vec::new()) };
    let all: i64 = first.try_get("versions").during(READING)?;
    let samples: Result<Vec<String>> = rows.iter().map(|row| sample(target, row)).collect();
    Ok(vec![Fault { kind: FaultKind::Repeated, count: count(all), samples: samples? }])
}

/// Columns that left the model count, as versions of their time differ by them.
pub(super) fn repeated_statement(target: &Target, limit: u32) -> Sql {
    let columns = |alias: &'static str| {
        let kept = target.layout.columns().iter().map(|column| column.name.as_str());
        let retained = target.retained.iter().map(|column| column.name.as_str());
        Sql::join(kept.chain(retained).map(|name| Ident::of_alias(alias, name)), ", ")
    };
    sql!(
        "select {key} as key, t.teal_batch_in as came, t.teal_batch_out as went,
  count(*) over () as versions
from {table} a join {table} t on {same_key} and t.teal_batch_in::int8 - 1 = a.teal_batch_out
where a.teal_batch_in < t.teal_batch_in and not record_image_ne(row({before}), row({after}))
order by {order}, t.teal_batch_in limit {limit}",
        key = target.key_texts("t"),
        table = target.name(),
        same_key = target.layout.same_key("a", "t"),
        before = columns("a"),
        after = columns("t"),
        order = target.layout.key_of("t"),
        limit,
    )
}

/// `id = 2: 3..5`
fn sample(target: &Target, row: &PgRow) -> Result<String> {
    let key: Key = target.read_key(row)?;
    let number = |column: &str| row.try_get::<i32, _>(column).during(READING);
    let (came, went) = (number("came")?, number("went")?);
    Ok(if went == BatchId::OPEN {
        format!("{key}: {came}..")
    } else {
        format!("{key}: {came}..{went}")
    })
}

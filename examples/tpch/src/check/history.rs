//! Whether a history can be true: by itself, and against the counts of the ledger.

use sqlx::{AssertSqlSafe, PgPool};

use super::{MergeTable, compare::OPEN};
use crate::{Result, tables::Table};

/// Number of versions, and what is wrong with them.
pub(super) async fn check(
    merge: &PgPool,
    table: &Table,
    found: &MergeTable,
) -> Result<(i64, Vec<String>)> {
    let versions = number(merge, &format!("select count(*) from {}", found.quoted())).await?;
    let mut faults = Vec::new();
    for (fault, query) in questions(table, found) {
        let count = number(merge, &query).await?;
        if count > 0 {
            faults.push(format!("{count} {fault}"));
        }
    }
    Ok((versions, faults))
}

/// Each counts what must not be.
fn questions(table: &Table, found: &MergeTable) -> Vec<(&'static str, String)> {
    let (history, key) = (found.quoted(), table.key_list());
    let columns = |alias: &str| {
        let named: Vec<String> =
            table.columns.iter().map(|(name, _)| format!("{alias}.{name}")).collect();
        format!("row({})", named.join(", "))
    };
    let same_key: Vec<String> =
        table.key.iter().map(|name| format!("a.{name} = b.{name}")).collect();
    let same_key = same_key.join(" and ");
    vec![
        (
            "keys with more than one open version",
            format!(
                "select count(*) from (select from {history} where teal_batch_out = {OPEN}
                 group by {key} having count(*) > 1) d"
            ),
        ),
        (
            "versions that end before they begin",
            format!("select count(*) from {history} where teal_batch_out < teal_batch_in"),
        ),
        (
            "versions that overlap the next one of their key",
            format!(
                "select count(*) from (select teal_batch_out, lead(teal_batch_in) over
                   (partition by {key} order by teal_batch_in) as next from {history}) v
                 where next <= teal_batch_out"
            ),
        ),
        (
            "versions that changed nothing",
            format!(
                "select count(*) from {history} a join {history} b
                   on {same_key} and b.teal_batch_in - 1 = a.teal_batch_out
                 where not record_image_ne({}, {})",
                columns("a"),
                columns("b")
            ),
        ),
        ("batches whose counts are not those of the table", against_ledger(found)),
    ]
}

/// Each committed batch opened as many versions as it inserted and updated rows, and closed as many
/// as it updated and deleted: so no version is lost, doubled, or ends without a reason.
fn against_ledger(found: &MergeTable) -> String {
    let history = found.quoted();
    format!(
        "select count(*) from
           (select d.batch, d.inserted + d.updated as opened, d.updated + d.deleted as closed
            from teal.batch_dataset d join teal.batch b using (stream_id, batch)
            where d.merge_table_id = {table} and d.stream_id = {stream}
              and b.status = 'committed') l
         full join (select teal_batch_in as batch, count(*) as opened from {history} group by 1) o
           using (batch)
         full join (select teal_batch_out::bigint + 1 as batch, count(*) as closed from {history}
                    where teal_batch_out <> {OPEN} group by 1) c using (batch)
         where coalesce(l.opened, 0) <> coalesce(o.opened, 0)
            or coalesce(l.closed, 0) <> coalesce(c.closed, 0)",
        table = found.id,
        stream = found.stream_id,
    )
}

async fn number(pool: &PgPool, query: &str) -> Result<i64> {
    Ok(sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_one(pool).await?)
}

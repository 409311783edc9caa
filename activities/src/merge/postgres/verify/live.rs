//! Whether a live table can be what its batches made it.

use futures::TryStreamExt;
use sqlx::{PgConnection, Row};
use teal_model::Result;

use super::{Target, counted, ledger};
use crate::{
    catalog::number::count,
    pg::{PgResultExt, Sql, sql},
    verify::{Fault, FaultKind},
};

/// Rows of batches that never were, and batches that have more rows than they put.
///
/// # Errors
/// Those of PostgreSQL.
pub(crate) async fn faults(
    connection: &mut PgConnection,
    target: &Target,
    limit: u32,
) -> Result<Vec<Fault>> {
    const READING: &str = "comparing rows with their batches";
    let mut rows = sqlx::query(statement(target)).bind(target.table.id).fetch(connection);
    let (mut unknown, mut counts) =
        (Fault::none(FaultKind::UnknownBatch), Fault::none(FaultKind::BatchCounts));
    while let Some(row) = rows.try_next().await.during(READING)? {
        let number = |column: &str| row.try_get::<i64, _>(column).during(READING);
        let put: Option<i64> = row.try_get("put").during(READING)?;
        let (batch, held) = (number("batch")?, number("held")?);
        match put {
            None => unknown
                .add(count(held), limit, || format!("batch {batch}: {}", counted(held, "row"))),
            Some(put) => counts.add(1, limit, || {
                let held = counted(held, "row");
                format!("batch {batch}: {held}, the ledger says that it put {put}")
            }),
        }
    }
    Ok([unknown, counts].into_iter().filter(|fault| fault.count > 0).collect())
}

pub(super) fn statement(target: &Target) -> Sql {
    sql!(
        "with {batches}, held as (
  select teal_batch::int8 as batch, count(*) as held from {table} group by 1
)
select h.batch, h.held, b.inserted + b.updated as put
from held h left join batches b using (batch)
where b.batch is null or h.held > b.inserted + b.updated order by h.batch",
        batches = ledger::batches(),
        table = target.name(),
    )
}

//! What the ledger says of a merge table.

use sqlx::PgConnection;
use teal_model::Result;

use super::Target;
use crate::{
    catalog::number::count,
    pg::{PgResultExt, Sql, sql},
    verify::{Fault, FaultKind},
};

/// The batches that made a table what it is: `$1` names it. A load from zero begins anew, and what
/// was before it is gone. A table that another stream kept once has batches of both.
pub(super) fn batches() -> Sql {
    Sql::text(
        "batches as (
  select d.batch::int8 as batch, d.inserted, d.updated, d.deleted, d.corrected
  from teal.batch_dataset d join teal.batch b using (stream_id, batch)
  where d.merge_table_id = $1 and b.status = 'committed' and d.batch >= (
    select max(l.batch) from teal.batch_dataset l join teal.batch lb using (stream_id, batch)
    where l.merge_table_id = $1 and l.first_load and lb.status = 'committed')
)",
    )
}

/// Whether current rows, the ledger's number of them and the counts of the batches agree. `rows`:
/// current rows of the table.
///
/// # Errors
/// Those of PostgreSQL.
pub(crate) async fn faults(
    connection: &mut PgConnection,
    target: &Target,
    rows: u64,
) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    let counted = target.table.rows;
    if counted != rows {
        let sample = format!("the ledger counts {counted}, the table holds {rows}");
        faults.push(Fault::one(FaultKind::RowCount, sample));
    }
    let sum: i64 = sqlx::query_scalar(sum_statement())
        .bind(target.table.id)
        .fetch_one(connection)
        .await
        .during("adding up the counts of batches")?;
    if count(sum) != counted {
        let sample = format!("the batches come to {sum}, the ledger counts {counted}");
        faults.push(Fault::one(FaultKind::BatchSum, sample));
    }
    Ok(faults)
}

/// Rows that the committed batches of a table come to: `$1` names it.
pub(crate) fn sum_statement() -> Sql {
    sql!(
        "with {batches} select coalesce(sum(inserted - deleted + corrected), 0)::int8 from batches",
        batches = batches(),
    )
}

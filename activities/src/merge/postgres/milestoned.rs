//! Milestoned (SCD2): every version of a row, with the batches in which it came and went.

use teal_model::BatchId;

use super::{apply::Counts, delta::Target};
use crate::pg::{Sql, sql};

/// Which rows are current: the open versions.
pub(super) fn current() -> Sql {
    sql!("t.teal_batch_out = {open}", open = BatchId::OPEN)
}

/// Applies a delta in one statement: closes versions by address, opens new ones. `$1`, `$2` where
/// only some buckets were pulled.
pub(super) fn apply(target: &Target<'_>, batch: BatchId) -> Sql {
    let Target { layout, table, staging, .. } = target;
    sql!(
        "with {delta}, gone as (
  update {table} t set teal_batch_out = {batch} - 1
  from delta d where d.op in ('u', 'd') and t.ctid = d.old_row
  returning 1
), {refreshed}, put as (
  insert into {table} ({columns}, teal_batch_in, teal_batch_out, teal_hash)
  select {staged}, {batch}, {open}, s.teal_hash
  from delta d join {staging} s on s.ctid = d.new_row where d.op in ('i', 'u')
  returning true as fresh
)
{counts}",
        delta = target.delta(),
        table,
        batch,
        refreshed = target.refresh_hashes(),
        columns = layout.column_list(),
        staged = layout.columns_of("s"),
        open = BatchId::OPEN,
        staging,
        counts = target.counts(),
    )
}

/// Whether the writes did what the delta said.
pub(super) fn adds_up(counts: &Counts) -> bool {
    counts.put == counts.inserted + counts.updated && counts.gone == counts.updated + counts.deleted
}

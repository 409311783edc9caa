//! Live (SCD1): the merge table holds the latest image, each row with the batch that changed it.

use teal_model::BatchId;

use super::{apply::Counts, delta::Target};
use crate::pg::{Sql, sql};

/// Which rows are current: all of them.
pub(super) fn current() -> Sql {
    Sql::text("true")
}

/// Applies a delta in one statement. `$1`, `$2` where only some buckets were pulled.
///
/// `insert … on conflict` takes new and changed rows alike: measured as the cheapest way by far.
pub(super) fn apply(target: &Target<'_>, batch: BatchId) -> Sql {
    let Target { layout, table, staging, .. } = target;
    let taken_over = layout.columns().iter().map(|column| {
        let name = &column.ident;
        sql!("{name} = excluded.{name}", name)
    });
    sql!(
        "with {delta}, gone as (
  delete from {table} t using delta d where d.op = 'd' and t.ctid = d.old_row
  returning 1
), {refreshed}, put as (
  insert into {table} as t ({columns}, teal_batch, teal_hash)
  select {staged}, {batch}, s.teal_hash
  from delta d join {staging} s on s.ctid = d.new_row where d.op in ('i', 'u')
  on conflict ({key}) do update
  set {taken_over}, teal_batch = excluded.teal_batch, teal_hash = excluded.teal_hash
  returning xmax = 0 as fresh
)
{counts}",
        delta = target.delta(),
        table,
        refreshed = target.refresh_hashes(),
        columns = layout.column_list(),
        staged = layout.columns_of("s"),
        batch,
        staging,
        key = layout.key_list(),
        taken_over = Sql::join(taken_over, ", "),
        counts = target.counts(),
    )
}

/// Whether the writes did what the delta said.
pub(super) fn adds_up(counts: &Counts) -> bool {
    counts.fresh == counts.inserted
        && counts.put == counts.inserted + counts.updated
        && counts.gone == counts.deleted
}

//! One dataset of the merge transaction: the statement, and whether it did what its delta said.

use sqlx::{PgConnection, Row, postgres::PgRow};
use teal_model::{
    BatchId, Error, Result,
    release::{MaxDelete, Style},
};

use super::{current, delta::Target, live, milestoned, prepare::Prepared, staging};
use crate::{
    catalog::ledger::Merged,
    code,
    pg::{Ident, PgResultExt},
};

/// What a merge statement counted.
#[derive(Debug)]
pub(super) struct Counts {
    /// Of the delta: keys that appear, change visibly, go; and those where only the hash differs.
    pub(super) inserted: u64,
    pub(super) updated: u64,
    pub(super) deleted: u64,
    refreshed: u64,
    /// New keys that are current in a bucket that was not pulled.
    strays: u64,
    /// Of the writes: rows put, those of them that are new rows, rows deleted or closed, rehashed.
    pub(super) put: u64,
    pub(super) fresh: u64,
    pub(super) gone: u64,
    rehashed: u64,
}

impl Counts {
    fn read(row: &PgRow) -> Result<Self> {
        let number = |column: &str| -> Result<u64> {
            let number: i64 = row.try_get(column).during("reading the counts of a merge")?;
            Ok(u64::try_from(number).unwrap_or(0))
        };
        Ok(Self {
            inserted: number("inserted")?,
            updated: number("updated")?,
            deleted: number("deleted")?,
            refreshed: number("refreshed")?,
            strays: number("strays")?,
            put: number("put")?,
            fresh: number("fresh")?,
            gone: number("gone")?,
            rehashed: number("rehashed")?,
        })
    }

    fn add_up(&self, style: Style) -> bool {
        let written = match style {
            Style::Live => live::adds_up(self),
            Style::Milestoned => milestoned::adds_up(self),
        };
        written && self.strays == 0 && self.rehashed == self.refreshed
    }
}

/// Brings one merge table to the image that was staged. In the merge transaction.
///
/// # Errors
/// `MERGE0002` when the batch deletes more than allowed (`guard`); `MERGE0003` when the delta and
/// the table do not fit together.
pub(super) async fn apply(
    connection: &mut PgConnection,
    prepared: &Prepared,
    batch: BatchId,
    guard: Option<MaxDelete>,
) -> Result<Merged> {
    let Prepared { table, layout, staged, .. } = prepared;
    let Some(name) = &staged.staging else {
        return Ok(merged(prepared, 0, 0, 0));
    };
    // So many rows at least must go; then the statement need not run to know.
    check_deletes(prepared, guard, table.rows.saturating_sub(staged.source_rows))?;
    let target = Target {
        layout,
        table: Ident::from(&table.table),
        staging: staging(name),
        current: current(table.style),
        in_buckets: staged.buckets.is_some(),
        compares_rows: staged.compares_rows,
    };
    let statement = match table.style {
        Style::Live => live::apply(&target, batch),
        Style::Milestoned => milestoned::apply(&target, batch),
    };
    let mut query = sqlx::query(statement);
    if let Some(buckets) = &staged.buckets {
        let numbers: Vec<i64> = buckets.iter().copied().map(i64::from).collect();
        query = query.bind(i64::from(staged.bucket_mask)).bind(numbers);
    }
    let row = query.fetch_one(connection).await.during("merging")?;
    let counts = Counts::read(&row)?;
    check_deletes(prepared, guard, counts.deleted)?;
    let rows = (table.rows + counts.inserted).saturating_sub(counts.deleted);
    if !counts.add_up(table.style) || (target.in_buckets && rows != staged.source_rows) {
        return Err(Error::new(code::MERGE0003)
            .with("dataset", &table.dataset)
            .with("batch", batch)
            .with("counts", format!("{counts:?}"))
            .with("rows_at_the_source", staged.source_rows)
            .with("rows_before", table.rows));
    }
    Ok(merged(prepared, counts.inserted, counts.updated, counts.deleted))
}

/// What a dataset's merge comes to; what is neither new nor changed stayed as it was.
pub(super) fn merged(prepared: &Prepared, inserted: u64, updated: u64, deleted: u64) -> Merged {
    Merged {
        merge_table_id: prepared.table.id,
        inserted,
        updated,
        deleted,
        unchanged: prepared.staged.source_rows.saturating_sub(inserted + updated),
    }
}

/// The guard against a source that was emptied by mistake: parks the stream when more rows go than
/// both the share and the number allow.
pub(super) fn check_deletes(
    prepared: &Prepared,
    guard: Option<MaxDelete>,
    deleted: u64,
) -> Result<()> {
    let Some(MaxDelete { percent, rows }) = guard else { return Ok(()) };
    let before = prepared.table.rows;
    if deleted <= rows || deleted.saturating_mul(100) <= before.saturating_mul(u64::from(percent)) {
        return Ok(());
    }
    Err(Error::new(code::MERGE0002)
        .with("dataset", &prepared.table.dataset)
        .with("rows_to_delete", deleted)
        .with("rows", before)
        .with("allowed", format!("{percent} % or {rows} rows")))
}

//! The merge of one batch: prepared outside, applied and committed in one transaction.

use std::time::Instant;

use sqlx::PgConnection;
use teal_failpoint::Boundary;
use teal_model::{Error, Result};
use teal_proto::v1::MergeReport;

use super::{
    apply,
    digests::{self, Stored},
    prepare::{Prepared, prepare},
    publish, staging,
    verify::ledger as counts,
};
use crate::{
    Pulse,
    catalog::{
        ledger::{self, Merged, Merging, Opened},
        number::int8,
    },
    code,
    merge::MergeOrder,
    pg::{self, Ident, PgResultExt, Sql, sql},
    provision::{aside, views},
    pulse::{Progress, while_beating},
};

/// Merges a batch, or finds that it is merged.
pub(super) async fn merge(
    connection: &mut PgConnection,
    order: &MergeOrder<'_>,
    pulse: &dyn Pulse,
) -> Result<MergeReport> {
    let started = Instant::now();
    let merging = match look(connection, order).await? {
        Opened::Committed(report) => return Ok(report),
        Opened::Ready(merging) => merging,
    };
    let Some(prepared) = prepare(connection, &merging, pulse).await? else {
        return Err(ledger::return_to_started(connection, &merging.mark).await?);
    };
    let report = match transact(connection, order, &prepared, started, pulse).await {
        Err(error) if error.code() == code::MERGE0003 => {
            return Err(start_over(connection, &merging, error).await);
        }
        done => done?,
    };
    clean_up(connection, &prepared).await;
    Ok(report)
}

/// Reads the mark, without holding anything.
async fn look(connection: &mut PgConnection, order: &MergeOrder<'_>) -> Result<Opened> {
    let mut transaction = pg::begin(connection, "opening the batch").await?;
    let MergeOrder { stream, batch, epoch, .. } = *order;
    let opened =
        ledger::open_commit(&mut transaction, &stream.spec, stream.id, batch, epoch).await?;
    transaction.rollback().await.during("opening the batch")?;
    Ok(opened)
}

/// Rule 3: rows, counts, digests, position and the batch's mark, all or nothing.
async fn transact(
    connection: &mut PgConnection,
    order: &MergeOrder<'_>,
    prepared: &[Prepared],
    started: Instant,
    pulse: &dyn Pulse,
) -> Result<MergeReport> {
    let MergeOrder { stream, batch, epoch, .. } = *order;
    let mut transaction = pg::begin(connection, "opening the merge").await?;
    let opened =
        ledger::open_commit(&mut transaction, &stream.spec, stream.id, batch, epoch).await?;
    let merging = match opened {
        Opened::Committed(report) => return Ok(report),
        Opened::Ready(merging) => merging,
    };
    let applied = apply_all(&mut transaction, order, prepared, pulse).await;
    let merged = match applied {
        Ok(merged) => merged,
        Err(error) => {
            // The first error is the one to tell.
            let _rolled_back = transaction.rollback().await;
            return Err(error);
        }
    };
    let spent = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let report = ledger::commit(&mut transaction, &stream.spec, &merging, &merged, spent).await?;
    pg::commit(transaction, Boundary::BatchCommit).await?;
    Ok(report)
}

async fn apply_all(
    connection: &mut PgConnection,
    order: &MergeOrder<'_>,
    prepared: &[Prepared],
    pulse: &dyn Pulse,
) -> Result<Vec<Merged>> {
    let guard = (!order.accept_deletes).then_some(order.stream.spec.max_delete);
    let (mut merged, mut former) = (Vec::new(), Vec::new());
    // Loads come last: from the exchange of its tables to the commit, a dataset's readers wait.
    let (loads, refreshes): (Vec<_>, Vec<_>) =
        prepared.iter().partition(|dataset| dataset.staged.first_load);
    for dataset in refreshes.into_iter().chain(loads) {
        let progress = Progress {
            doing: format!("merging {}", dataset.table.dataset),
            rows: merged.iter().map(|m: &Merged| m.inserted + m.updated + m.unchanged).sum(),
            total_rows: prepared.iter().map(|p| p.staged.source_rows).sum(),
            ..Progress::default()
        };
        let done =
            if let (true, Some(loaded)) = (dataset.staged.first_load, &dataset.staged.staging) {
                apply::check_deletes(
                    dataset,
                    guard,
                    dataset.table.rows.saturating_sub(dataset.staged.staged_rows),
                )?;
                former.push(publish::exchange(connection, dataset, loaded, order.epoch).await?);
                apply::merged(dataset, dataset.staged.staged_rows, 0, 0)
            } else {
                let work = apply::apply(connection, dataset, order.batch, guard);
                while_beating(pulse, &progress, work).await?
            };
        put_digest(connection, order, dataset, &done).await?;
        merged.push(done);
    }
    show(connection, order, prepared, &former).await?;
    Ok(merged)
}

/// Lets consumers see what this batch loaded and filled, and lets go of what they saw until now.
async fn show(
    connection: &mut PgConnection,
    order: &MergeOrder<'_>,
    prepared: &[Prepared],
    former: &[Ident],
) -> Result<()> {
    let stream_id = order.stream.id;
    let ids = |of: fn(&Prepared) -> bool| {
        let those = prepared.iter().filter(|dataset| of(dataset));
        those.map(|dataset| dataset.table.id).collect::<Vec<i64>>()
    };
    let filled = ids(|dataset| !dataset.table.fresh.is_empty());
    for id in &filled {
        aside::filled(connection, *id).await?;
    }
    if !former.is_empty() {
        views::recreate(connection, stream_id).await?;
    } else if !filled.is_empty() {
        views::refresh(connection, stream_id).await?;
    }
    for table in former {
        publish::drop_former(connection, table).await?;
    }
    let loaded = ids(|dataset| dataset.staged.first_load);
    if !loaded.is_empty() {
        aside::settle(connection, &loaded).await?;
    }
    Ok(())
}

/// Takes over what the staged rows say of their buckets. A comparison of everything also knows how
/// many rows there are, whatever somebody did to the table by hand.
async fn put_digest(
    connection: &mut PgConnection,
    order: &MergeOrder<'_>,
    prepared: &Prepared,
    merged: &Merged,
) -> Result<()> {
    let (table, recipe) = (&prepared.table, prepared.layout.recipe());
    if prepared.staged.first_load {
        return digests::defer(connection, table.id, &recipe, order.batch).await;
    }
    let Some(staged) = &prepared.digest else { return Ok(()) };
    let digest = match &prepared.staged.buckets {
        None => staged.clone(),
        Some(buckets) => {
            let stored = digests::read(connection, table.id, &recipe).await?;
            let Some(Stored::Known(mut left)) = stored else {
                return Err(Error::new(code::MERGE0003).with("dataset", &table.dataset));
            };
            left.replace(buckets, staged)?;
            left
        }
    };
    digests::put(connection, table.id, &recipe, order.batch, &digest).await?;
    let staged = &prepared.staged;
    if staged.buckets.is_some() {
        return Ok(());
    }
    // The ledger adds what came and takes off what went.
    let before = (staged.source_rows + merged.deleted).saturating_sub(merged.inserted);
    if before != table.rows || staged.compares_rows {
        set_rows(connection, order, table.id, before).await?;
    }
    Ok(())
}

/// Before this batch the table held so many rows, whatever the ledger said. Where its batches do not
/// come to that number, somebody else was at the table: the batch remembers by how much, so that the
/// counts of all of them add up.
async fn set_rows(
    connection: &mut PgConnection,
    order: &MergeOrder<'_>,
    merge_table_id: i64,
    rows: u64,
) -> Result<()> {
    const COUNTING: &str = "counting the rows of a table";
    let rows = int8(rows);
    sqlx::query("update teal.merge_table set rows = $2 where id = $1 and rows <> $2")
        .bind(merge_table_id)
        .bind(rows)
        .execute(&mut *connection)
        .await
        .during(COUNTING)?;
    let told: i64 = sqlx::query_scalar(counts::sum_statement())
        .bind(merge_table_id)
        .fetch_one(&mut *connection)
        .await
        .during(COUNTING)?;
    sqlx::query(
        "update teal.batch_dataset set corrected = $4
         where stream_id = $1 and batch = $2 and merge_table_id = $3",
    )
    .bind(order.stream.id)
    .bind(order.batch.as_i32())
    .bind(merge_table_id)
    .bind(rows - told)
    .execute(connection)
    .await
    .during(COUNTING)?;
    Ok(())
}

/// The digest did not speak of the table: forget it, so that the batch is read again in full.
async fn start_over(connection: &mut PgConnection, merging: &Merging, error: Error) -> Error {
    let tables: Vec<i64> = merging.tables.iter().map(|table| table.id).collect();
    if let Err(failed) = digests::forget(connection, &tables).await {
        return failed;
    }
    match ledger::return_to_started(connection, &merging.mark).await {
        Ok(_started) => error,
        Err(failed) => failed,
    }
}

/// Drops the staging of a committed batch. What stays is dropped when the next batch begins.
async fn clean_up(connection: &mut PgConnection, prepared: &[Prepared]) {
    let merged = prepared.iter().filter(|dataset| !dataset.staged.first_load);
    let tables: Vec<Ident> =
        merged.filter_map(|dataset| dataset.staged.staging.as_deref()).map(staging).collect();
    if tables.is_empty() {
        return;
    }
    let drop = sql!("drop table if exists {tables}", tables = Sql::join(tables, ", "));
    if let Err(error) = pg::alone(connection, sqlx::query(drop), Boundary::BatchCleanUp).await {
        tracing::debug!(%error, "staging stays until the next batch");
    }
}

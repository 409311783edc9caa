//! From ingested to committed, in the transaction of the merged rows (rule 3).

use sqlx::{PgConnection, Row};
use teal_failpoint::Boundary;
use teal_model::{BatchId, Epoch, Error, Result, release::StreamSpec};
use teal_proto::v1::MergeReport;

use super::{
    Merged, Merging, Opened,
    batch::{Batch, Status, find_batch, read_mark},
    lock_stream, merge_tables,
    state::{State, fenced, read_state},
    terminate_older_backends,
};
use crate::{
    catalog::{
        due,
        number::{count, int4, int8},
    },
    code,
    pg::{self, PgResultExt},
};

/// Opens the merge of a batch. `connection` is in a READ COMMITTED transaction that has done nothing
/// yet, and no other connection of this attempt is open. Ends a zombie that still merges the same
/// batch, takes the stream's lock for the transaction, and looks whether the batch is committed
/// already or may be merged.
///
/// # Errors
/// `LEDGER0002` when the batch is not ingested under this epoch.
pub async fn open_commit(
    connection: &mut PgConnection,
    spec: &StreamSpec,
    stream_id: i64,
    batch: BatchId,
    epoch: Epoch,
) -> Result<Opened> {
    let stream = &spec.id;
    let before = find_batch(connection, stream_id, batch).await?;
    let ours = Batch { number: batch, status: Status::Ingested, epoch };
    if before == Some(ours) {
        terminate_older_backends(connection, stream, &[epoch]).await?;
    }
    lock_stream(connection, stream_id).await?;
    let state = read_state(connection, stream_id).await?;
    match find_batch(connection, stream_id, batch).await? {
        Some(Batch { status: Status::Committed, .. }) => {
            stored_report(connection, spec, stream_id, batch, &state).await.map(Opened::Committed)
        }
        Some(found) if found == ours && state.epoch == epoch.0 => {
            let mark = read_mark(connection, stream_id, found).await?;
            let tables = merge_tables(connection, stream_id).await?;
            Ok(Opened::Ready(Box::new(Merging { mark, tables })))
        }
        Some(_) | None => Err(fenced(stream, batch)),
    }
}

/// What the commit said. But for the due time: whoever did not hear of the commit has noted since when
/// it tries again, and that is no tick of the schedule.
async fn stored_report(
    connection: &mut PgConnection,
    spec: &StreamSpec,
    stream_id: i64,
    batch: BatchId,
    state: &State,
) -> Result<MergeReport> {
    const READING: &str = "reading the report of a committed batch";
    let row = sqlx::query(
        "select inserted, updated, deleted, unchanged, coalesce(merge_ms, 0) as merge_ms, staged_rows,
                resync,
                coalesce((extract(epoch from committed_at) * 1000)::bigint, 0) as committed_at_ms
         from teal.batch where stream_id = $1 and batch = $2",
    )
    .bind(stream_id)
    .bind(batch.as_i32())
    .fetch_one(connection)
    .await
    .during(READING)?;
    let number = |column: &str| row.try_get::<i64, _>(column).during(READING);
    Ok(MergeReport {
        batch: batch.get(),
        inserted: count(number("inserted")?),
        updated: count(number("updated")?),
        deleted: count(number("deleted")?),
        unchanged: count(number("unchanged")?),
        duration_ms: count(number("merge_ms")?),
        committed_at_ms: number("committed_at_ms")?,
        next_due_at_ms: due::now_or_next(spec, state, None).unwrap_or(0),
        staged_rows: count(number("staged_rows")?),
        already_committed: true,
        now_ms: 0,
        resync: count(number("resync")?),
    })
}

/// Says again what the commit of this batch said of its stream, where its reply was lost and somebody
/// has noted a failure since. A stream that has gone on is left alone.
///
/// # Errors
/// Those of PostgreSQL.
pub(crate) async fn rest(
    connection: &mut PgConnection,
    stream_id: i64,
    report: &MergeReport,
) -> Result<()> {
    let write = sqlx::query(
        "update teal.stream_state
         set state = 'waiting', state_since = clock_timestamp(), failures = 0,
             last_failure = null, last_failure_at = null,
             next_due_at = to_timestamp(nullif($3, 0)::bigint / 1000.0)
         where stream_id = $1 and last_batch = $2 and epoch = 0
             and state in ('backing_off', 'failing')
             and not exists (select from teal.batch b where b.stream_id = $1 and b.batch > $2)",
    );
    let write = write.bind(stream_id).bind(int4(report.batch)).bind(report.next_due_at_ms);
    pg::alone(connection, write, Boundary::StreamNote).await?;
    Ok(())
}

/// Last statements of the merge transaction: counts, rows, batch, position, and at the very end the
/// comparison of the epoch. The caller commits the transaction. A first load counts as published.
///
/// # Errors
/// `LEDGER0002` when the epoch is no longer ours: roll back. `LEDGER0006` when `merged` names other
/// tables than were staged.
pub async fn commit(
    connection: &mut PgConnection,
    spec: &StreamSpec,
    merging: &Merging,
    merged: &[Merged],
    duration_ms: u64,
) -> Result<MergeReport> {
    is_complete(spec, merging, merged)?;
    let state = read_state(connection, merging.mark.stream_id).await?;
    put_counts(connection, merging, merged).await?;
    let report = MergeReport {
        batch: merging.mark.batch.get(),
        inserted: merged.iter().map(|m| m.inserted).sum(),
        updated: merged.iter().map(|m| m.updated).sum(),
        deleted: merged.iter().map(|m| m.deleted).sum(),
        unchanged: merged.iter().map(|m| m.unchanged).sum(),
        duration_ms,
        committed_at_ms: 0,
        next_due_at_ms: due::after_batch(spec, merging.mark.attempt_at_ms, &state).unwrap_or(0),
        staged_rows: merging.mark.rows(),
        already_committed: false,
        now_ms: 0,
        resync: merging.mark.resync,
    };
    let committed_at_ms = put_batch(connection, merging.mark.stream_id, &report).await?;
    put_state(connection, spec, merging, &report).await?;
    Ok(MergeReport { committed_at_ms, ..report })
}

fn is_complete(spec: &StreamSpec, merging: &Merging, merged: &[Merged]) -> Result<()> {
    let mut merged: Vec<i64> = merged.iter().map(|merged| merged.merge_table_id).collect();
    let mut staged: Vec<i64> =
        merging.mark.staged.datasets.iter().map(|staged| staged.merge_table_id).collect();
    merged.sort_unstable();
    staged.sort_unstable();
    if merged == staged {
        return Ok(());
    }
    Err(Error::new(code::LEDGER0006)
        .with("stream", &spec.id)
        .with("batch", merging.mark.batch)
        .with("merged", merged.len())
        .with("staged", staged.len()))
}

/// Counts of each dataset, and the exact number of current rows of its table.
async fn put_counts(
    connection: &mut PgConnection,
    merging: &Merging,
    merged: &[Merged],
) -> Result<()> {
    let column = |of: fn(&Merged) -> u64| merged.iter().map(|m| int8(of(m))).collect::<Vec<_>>();
    let ids: Vec<i64> = merged.iter().map(|m| m.merge_table_id).collect();
    sqlx::query(
        "update teal.batch_dataset d
         set inserted = m.inserted, updated = m.updated, deleted = m.deleted, unchanged = m.unchanged,
             buckets = null -- only the merge reads them, and batches that changed rows are kept
         from unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
              as m(id, inserted, updated, deleted, unchanged)
         where d.stream_id = $1 and d.batch = $2 and d.merge_table_id = m.id",
    )
    .bind(merging.mark.stream_id)
    .bind(merging.mark.batch.as_i32())
    .bind(&ids)
    .bind(column(|m| m.inserted))
    .bind(column(|m| m.updated))
    .bind(column(|m| m.deleted))
    .bind(column(|m| m.unchanged))
    .execute(&mut *connection)
    .await
    .during("counting the changes of each dataset")?;
    sqlx::query(
        "update teal.merge_table t
         set rows = case when d.first_load then 0 else t.rows end + d.inserted - d.deleted,
             retained = case when d.first_load then '[]' else t.retained end, -- a new table has none
             loaded = t.loaded or d.first_load
         from teal.batch_dataset d
         where d.stream_id = $1 and d.batch = $2 and t.id = d.merge_table_id
         and (d.first_load or d.inserted <> d.deleted)",
    )
    .bind(merging.mark.stream_id)
    .bind(merging.mark.batch.as_i32())
    .execute(connection)
    .await
    .during("counting the rows of each table")?;
    Ok(())
}

/// The batch is committed. Its time is never before that of an earlier batch, whatever the server's
/// clock did, as consumers ask for history by time.
async fn put_batch(
    connection: &mut PgConnection,
    stream_id: i64,
    report: &MergeReport,
) -> Result<i64> {
    sqlx::query_scalar(
        "update teal.batch set status = 'committed', failure = null,
             inserted = $3, updated = $4, deleted = $5, unchanged = $6, merge_ms = $7,
             committed_at = greatest(clock_timestamp(),
                 (select committed_at + interval '1 microsecond' from teal.stream_state
                  where stream_id = $1))
         where stream_id = $1 and batch = $2
         returning (extract(epoch from committed_at) * 1000)::bigint",
    )
    .bind(stream_id)
    .bind(int4(report.batch))
    .bind(int8(report.inserted))
    .bind(int8(report.updated))
    .bind(int8(report.deleted))
    .bind(int8(report.unchanged))
    .bind(int8(report.duration_ms))
    .fetch_one(connection)
    .await
    .during("writing the batch row")
}

/// The stream moves on, if the epoch is still ours: exactly one row must be hit.
async fn put_state(
    connection: &mut PgConnection,
    spec: &StreamSpec,
    merging: &Merging,
    report: &MergeReport,
) -> Result<()> {
    let mark = &merging.mark;
    let hit = sqlx::query(
        "update teal.stream_state s
         set epoch = 0, older_epochs = (array_prepend(s.epoch, s.older_epochs))[1:16],
             last_batch = b.batch, resync_served = greatest(s.resync_served, b.resync), next_batch = greatest(s.next_batch, b.batch + 1),
             source_position = coalesce(b.source_position, s.source_position),
             source_read_at = b.source_read_at, committed_at = b.committed_at,
             next_due_at = to_timestamp(nullif($4, 0)::bigint / 1000.0),
             failures = 0, last_failure = null, last_failure_at = null,
             state = 'waiting', state_since = clock_timestamp(),
             progress_rows = 0, progress_bytes = 0, progress_total_rows = null, progress_at = null
         from teal.batch b
         where s.stream_id = $1 and s.epoch = $3 and b.stream_id = $1 and b.batch = $2",
    )
    .bind(mark.stream_id)
    .bind(mark.batch.as_i32())
    .bind(mark.epoch.0)
    .bind(report.next_due_at_ms)
    .execute(connection)
    .await
    .during("moving the stream on")?;
    if hit.rows_affected() == 1 { Ok(()) } else { Err(fenced(&spec.id, mark.batch)) }
}

//! First transaction of every ingest attempt (rule 1).

use sqlx::PgConnection;
use teal_failpoint::Boundary;
use teal_model::{BatchId, Epoch, Error, Result, StreamId};
use teal_proto::v1::IngestRequest;

use super::{
    Attempt, Begun, MergeTable,
    batch::{Batch, Status, open_batch, read_mark},
    lock::seize,
    merge_tables,
    prune::prune,
    staging::{drop_leftovers, staging_is_intact},
    state::{State, new_epoch, put_state, read_state},
};
use crate::{
    Io,
    catalog::{
        control::{self, CatalogStream},
        number::{int4, int8},
        resync::{self, Resync},
    },
    code,
    pg::{self, Lifeline, PgResultExt},
};

/// Begins an attempt, wherever it runs: checks intent and configuration, allots or re-takes the batch
/// number, sets a new epoch, ends older backends at the merge store and drops what they left in
/// staging. One transaction. When an earlier attempt staged everything and the rows are still there,
/// its mark is the answer and nothing has to be pulled again.
///
/// # Errors
/// `LEDGER0001`, `LEDGER0003`, `LEDGER0004`, `LEDGER0014`: fenced, read the ledger again.
pub async fn begin(io: &Io, request: &IngestRequest) -> Result<Begun> {
    let stream = control::parse(&request.stream)?;
    let asking = wanted(io, &stream, request);
    let wanted = pg::answered(io, control::ASKING, asking).await?;
    // It may count tens of gigabytes of staged rows: no limit of time, but a session that takes part.
    let (mut connection, line) = Lifeline::pooled(io, &wanted.spec.merge).await?;
    let beginning = begin_over(io, request, &stream, wanted.id, &mut connection);
    Box::pin(line.guard(beginning)).await
}

async fn begin_over(
    io: &Io,
    request: &IngestRequest,
    stream: &StreamId,
    stream_id: i64,
    connection: &mut PgConnection,
) -> Result<Begun> {
    let mut transaction = pg::begin(connection, "beginning an attempt").await?;
    let older = seize(&mut transaction, stream, stream_id).await?;
    // Again, under the lock: who paused or applied meanwhile was answered and must be obeyed.
    let wanted = wanted(io, stream, request).await?;
    let state = read_state(&mut transaction, wanted.id).await?;
    remembers(stream, request, &state)?;
    let tables = reconciled_tables(&mut transaction, &wanted, &state).await?;
    let begun = match take_batch(&mut transaction, wanted.id, &state).await? {
        Taken::Ingested(batch) => {
            put_state(&mut transaction, wanted.id, "merging").await?;
            drop_leftovers(&mut transaction, wanted.id, Some(batch.epoch)).await?;
            Begun::Ingested(Box::new(read_mark(&mut transaction, wanted.id, batch).await?))
        }
        Taken::Number(batch) => {
            let epoch = new_epoch(&mut transaction, wanted.id).await?;
            drop_leftovers(&mut transaction, wanted.id, None).await?;
            let wishes = resync::open(io.control(), wanted.id, state.resync_served).await?;
            let attempt = Attempt {
                resync: Resync::of(wishes),
                ..attempt(wanted, batch, epoch, older, &state, tables)
            };
            put_batch(&mut transaction, &attempt, io.worker()).await?;
            put_state(&mut transaction, attempt.stream_id, "ingesting").await?;
            prune(&mut transaction, attempt.stream_id, batch).await?;
            Begun::Attempt(Box::new(attempt))
        }
    };
    pg::commit(transaction, Boundary::BatchBegin).await?;
    Ok(begun)
}

/// No number may be given a second time: a ledger that was restored is read first (`load`), which
/// begins a new incarnation.
fn remembers(stream: &StreamId, request: &IngestRequest, state: &State) -> Result<()> {
    let remembered = int4(request.remembered_batch);
    if remembered <= state.last_batch.max(state.lost_batch) {
        return Ok(());
    }
    Err(Error::new(code::LEDGER0014)
        .with("stream", stream)
        .with("remembered_batch", remembered)
        .with("last_batch", state.last_batch))
}

/// The stream as it is wanted now, if it is wanted to run with this configuration.
async fn wanted(io: &Io, stream: &StreamId, request: &IngestRequest) -> Result<CatalogStream> {
    let wanted = control::require(io.control(), stream).await?;
    let intent = control::intent(io.control(), wanted.id).await?;
    if intent.wanted != control::RUN {
        return Err(Error::new(code::LEDGER0004)
            .with("stream", stream)
            .with("wanted", intent.wanted)
            .with("by", intent.by));
    }
    if wanted.config_hash != request.config_hash {
        return Err(Error::new(code::LEDGER0003).with("stream", stream));
    }
    Ok(wanted)
}

/// The merge tables, if they are those of the wanted configuration.
async fn reconciled_tables(
    connection: &mut PgConnection,
    wanted: &CatalogStream,
    state: &State,
) -> Result<Vec<MergeTable>> {
    let tables = merge_tables(connection, wanted.id).await?;
    let names = |table: &MergeTable| wanted.spec.dataset(&table.dataset).is_some();
    let complete = tables.len() == wanted.spec.datasets.len() && tables.iter().all(names);
    if state.reconciled_hash == wanted.config_hash && complete {
        Ok(tables)
    } else {
        Err(Error::new(code::LEDGER0003).with("stream", &wanted.spec.id).hint(
            "the stream's tables are not those of its configuration yet; it alters them first",
        ))
    }
}

/// What there is to do about the batch.
enum Taken {
    /// Everything is staged.
    Ingested(Batch),
    /// Read this batch: the open one again, or the next.
    Number(BatchId),
}

async fn take_batch(connection: &mut PgConnection, stream_id: i64, state: &State) -> Result<Taken> {
    let Some(open) = open_batch(connection, stream_id).await? else {
        let number = u32::try_from(state.next_batch).ok().and_then(BatchId::new);
        return number
            .map(Taken::Number)
            .ok_or_else(|| Error::new(code::LEDGER0009).with("next_batch", state.next_batch));
    };
    if open.status == Status::Ingested && open.epoch.0 == state.epoch {
        let mark = read_mark(connection, stream_id, open).await?;
        if staging_is_intact(connection, &mark.staged.datasets).await? {
            return Ok(Taken::Ingested(open));
        }
        tracing::warn!(stream_id, batch = %open.number, "staged rows were lost; the batch is read again");
    }
    Ok(Taken::Number(open.number))
}

fn attempt(
    wanted: CatalogStream,
    batch: BatchId,
    epoch: Epoch,
    older: Vec<Epoch>,
    state: &State,
    tables: Vec<MergeTable>,
) -> Attempt {
    Attempt {
        stream_id: wanted.id,
        spec: wanted.spec,
        config_hash: wanted.config_hash,
        batch,
        epoch,
        older,
        incarnation: state.incarnation,
        schema_version: state.schema_version,
        tables,
        resync: Resync::default(),
    }
}

/// Writes the batch row: a new one, or the next attempt at the same number.
async fn put_batch(connection: &mut PgConnection, attempt: &Attempt, worker: &str) -> Result<()> {
    const BEGINNING: &str = "writing the batch row";
    sqlx::query("delete from teal.batch_dataset where stream_id = $1 and batch = $2")
        .bind(attempt.stream_id)
        .bind(attempt.batch.as_i32())
        .execute(&mut *connection)
        .await
        .during(BEGINNING)?;
    let expected: u64 = attempt.tables.iter().map(|table| table.rows).sum();
    sqlx::query(
        "insert into teal.batch (stream_id, batch, status, epoch, incarnation, schema_version,
                                 config_hash, first_load, worker, resync, attempted_at)
         values ($1, $2, 'started', $3, $4, $5, $6, $7, $8, $9, clock_timestamp())
         on conflict (stream_id, batch) do update set
             status = 'started', epoch = excluded.epoch, attempts = batch.attempts + 1,
             incarnation = excluded.incarnation, schema_version = excluded.schema_version,
             config_hash = excluded.config_hash, first_load = excluded.first_load,
             worker = excluded.worker, resync = excluded.resync,
             attempted_at = excluded.attempted_at, ingested_at = null, staged_rows = 0,
             staged_bytes = 0, -- a reset that did not get through is over
             failure = case when batch.failure->>'code' <> $10 then batch.failure end",
    )
    .bind(attempt.stream_id)
    .bind(attempt.batch.as_i32())
    .bind(attempt.epoch.0)
    .bind(int4(attempt.incarnation))
    .bind(int4(attempt.schema_version))
    .bind(&attempt.config_hash)
    .bind(attempt.tables.iter().any(|table| attempt.loads(table)))
    .bind(worker)
    .bind(int8(attempt.resync.number))
    .bind(code::LEDGER0043.id)
    .execute(&mut *connection)
    .await
    .during(BEGINNING)?;
    sqlx::query(
        "update teal.stream_state set next_batch = greatest(next_batch, $2 + 1),
             progress_total_rows = nullif($3, 0), progress_at = clock_timestamp()
         where stream_id = $1",
    )
    .bind(attempt.stream_id)
    .bind(attempt.batch.as_i32())
    .bind(int8(expected))
    .execute(connection)
    .await
    .during(BEGINNING)?;
    Ok(())
}

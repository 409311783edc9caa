//! Merge: one ingested batch into its merge tables, committed exactly once.

use sqlx::PgConnection;
use teal_model::{BatchId, Epoch, Error, Result, StreamId};
use teal_proto::v1::{MergeReport, MergeRequest};

use crate::{
    Io, Pulse,
    catalog::{
        clock::{Asker, theirs},
        control, ledger,
    },
    code,
    merge::{MergeOrder, MergeStore, postgres::PostgresStore},
    pg::Lifeline,
    source,
};

/// Merges the batch that `ingest` answered with. A batch that is committed already (its reply was
/// lost) gives the stored report.
///
/// # Errors
/// `LEDGER0001`; those of [`MergeStore::merge`]; `ENGINE0001` when cancelled.
pub async fn merge(io: &Io, request: &MergeRequest, pulse: &dyn Pulse) -> Result<MergeReport> {
    let asker = Asker::new(request.asked_at_ms);
    let id: StreamId = request
        .stream
        .parse()
        .map_err(|_bad| Error::new(code::LEDGER0001).with("stream", &request.stream))?;
    let stream = control::asked(io, &id).await?;
    let batch = BatchId::new(request.batch)
        .ok_or_else(|| Error::new(code::LEDGER0002).with("batch", request.batch))?;
    let epoch = Epoch(request.epoch);
    let order =
        MergeOrder { stream: &stream, batch, epoch, accept_deletes: request.accept_deletes };
    match merge_batch(io, &order, asker, pulse).await {
        Ok(report) => Ok(report),
        Err(error) => {
            let error = source::advised(error, id.store());
            let error = ledger::or_reset(io, &stream.spec, stream.id, batch, error).await;
            Err(error.with("batch", batch))
        }
    }
}

async fn merge_batch(
    io: &Io,
    order: &MergeOrder<'_>,
    asker: Asker,
    pulse: &dyn Pulse,
) -> Result<MergeReport> {
    let MergeOrder { stream, epoch, .. } = order;
    let name = ledger::application_name(&stream.spec.id, *epoch);
    let mut connection = io.connect(&stream.spec.merge, &name).await?;
    let line = Lifeline::of(&mut connection, io, &stream.spec.merge).await?;
    Box::pin(line.guard(merge_over(connection, order, asker, pulse))).await
}

async fn merge_over(
    connection: PgConnection,
    order: &MergeOrder<'_>,
    asker: Asker,
    pulse: &dyn Pulse,
) -> Result<MergeReport> {
    let stream = order.stream;
    let mut store = PostgresStore::open(connection).await?;
    let report = store.merge(order, pulse).await?;
    if report.already_committed
        && let Err(error) = ledger::rest(store.connection(), stream.id, &report).await
    {
        let stream = &stream.spec.id;
        tracing::warn!(%stream, %error, "the catalog still tells of a failure that is over");
    }
    // What is committed stays so when the connection breaks now: then the clocks count as one.
    let skew = asker.skew(store.connection()).await.unwrap_or_default();
    let Some(asker_now) = asker.now_ms() else { return Ok(report) };
    let ledger_now = asker_now.saturating_add(skew.certain_ms());
    Ok(MergeReport {
        next_due_at_ms: theirs(report.next_due_at_ms, skew.counted_ms()),
        now_ms: theirs(ledger_now, skew.counted_ms()),
        ..report
    })
}

//! Merge: one ingested batch into its merge tables, committed exactly once.

use teal_model::{BatchId, Epoch, Error, Result, StreamId};
use teal_proto::v1::{MergeReport, MergeRequest};

use crate::{
    Io, Pulse,
    catalog::{control, ledger},
    code,
    merge::{MergeOrder, MergeStore, postgres::PostgresStore},
    source,
};

/// Merges the batch that `ingest` answered with. A batch that is committed already (its reply was
/// lost) gives the stored report.
///
/// # Errors
/// `LEDGER0001`; those of [`MergeStore::merge`]; `ENGINE0001` when cancelled.
pub async fn merge(io: &Io, request: &MergeRequest, pulse: &dyn Pulse) -> Result<MergeReport> {
    let id: StreamId = request
        .stream
        .parse()
        .map_err(|_bad| Error::new(code::LEDGER0001).with("stream", &request.stream))?;
    let stream = control::require(io.control(), &id).await?;
    let batch = BatchId::new(request.batch)
        .ok_or_else(|| Error::new(code::LEDGER0002).with("batch", request.batch))?;
    let epoch = Epoch(request.epoch);
    let order =
        MergeOrder { stream: &stream, batch, epoch, accept_deletes: request.accept_deletes };
    match merge_batch(io, &order, pulse).await {
        Ok(report) => Ok(report),
        Err(error) => {
            let error = source::advised(error, id.store());
            let error = ledger::or_reset(io, &stream.spec, stream.id, batch, error).await;
            Err(error.with("batch", batch))
        }
    }
}

async fn merge_batch(io: &Io, order: &MergeOrder<'_>, pulse: &dyn Pulse) -> Result<MergeReport> {
    let MergeOrder { stream, epoch, .. } = order;
    let name = ledger::application_name(&stream.spec.id, *epoch);
    let connection = io.connect(&stream.spec.merge, &name).await?;
    PostgresStore::open(connection).await?.merge(order, pulse).await
}

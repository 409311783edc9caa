//! Merge: one ingested batch into its merge tables, committed exactly once.

use teal_model::{BatchId, Epoch, Error, Result, StreamId};
use teal_proto::v1::{MergeReport, MergeRequest};

use crate::{
    Io, Pulse,
    catalog::{control, ledger},
    code,
    merge::{MergeOrder, MergeStore, postgres::PostgresStore},
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
    let connection = io.connect(&stream.spec.merge, &ledger::application_name(&id, epoch)).await?;
    let mut store = PostgresStore::open(connection).await?;
    let order =
        MergeOrder { stream: &stream, batch, epoch, accept_deletes: request.accept_deletes };
    store.merge(&order, pulse).await.map_err(|error| error.with("batch", batch))
}

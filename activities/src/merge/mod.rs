//! Merge: applies staged rows to merge tables, one module per kind of store.
//!
//! In: the rows of an ingest. Out: live or milestoned rows and exact counts.
//! Invariant: rows, counts, digests and the batch's mark commit in one transaction.
//! Read first: [`MergeStore`], [`postgres::PostgresStore`], [`postgres::ddl::create_table`].

mod layout;
pub mod postgres;

use async_trait::async_trait;
use teal_model::{BatchId, Epoch, Result};
use teal_proto::v1::MergeReport;
use tokio_util::sync::CancellationToken;

pub use layout::{Column, Layout};

use crate::{
    Pulse,
    catalog::{control::CatalogStream, ledger::MergeTable},
    pg::copy::{Copied, RowStream, Watcher},
    staging::{Digest, Pull},
};

/// What an ingest and a merge ask of the place where data is kept.
#[async_trait]
pub trait MergeStore: Send {
    /// What the last committed batch left of a dataset; `None` where nobody knows, or where it was
    /// said in terms of other columns or hashes.
    ///
    /// # Errors
    /// Those of the store.
    async fn digest(&mut self, table: &MergeTable) -> Result<Option<Digest>>;

    /// Keeps the rows of one dataset for the merge, under a name that only this attempt has.
    ///
    /// # Errors
    /// Those of [`crate::pg::copy::pipe`].
    async fn stage(
        &mut self,
        table: &MergeTable,
        pull: &Pull,
        epoch: Epoch,
        rows: RowStream<'_>,
        watcher: &mut dyn Watcher,
        cancelled: CancellationToken,
    ) -> Result<Copied>;

    /// Merges an ingested batch; answers with the stored report when it is committed already.
    ///
    /// # Errors
    /// `LEDGER0002` when a newer attempt owns the batch; `LEDGER0005` when staging was lost;
    /// `MERGE0001`, `MERGE0002`, `MERGE0003`.
    async fn merge(&mut self, order: &MergeOrder<'_>, pulse: &dyn Pulse) -> Result<MergeReport>;
}

/// Which batch to merge.
#[derive(Debug, Clone, Copy)]
pub struct MergeOrder<'a> {
    /// The stream, as the control catalog has it now.
    pub stream: &'a CatalogStream,
    /// The batch.
    pub batch: BatchId,
    /// The attempt whose staging counts.
    pub epoch: Epoch,
    /// Whether it may delete more than `max_delete`.
    pub accept_deletes: bool,
}

//! Sources: reading producers.
//!
//! A source implements small capability traits; what an ingest asks of one is a [`Snapshot`]. The
//! first kind is PostgreSQL. Read first: [`Snapshot`], [`postgres::PostgresSnapshot`].

mod difference;
pub mod postgres;
pub mod sessions;

pub(crate) use difference::advised;
pub use difference::{Difference, Subject, Wanted};

use async_trait::async_trait;
use teal_model::Result;

use crate::{
    pg::copy::RowStream,
    staging::{Buckets, Digest, Pull},
};

/// When and what a snapshot sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotFacts {
    /// Time of the snapshot by the source's clock, Unix milliseconds; never later than it.
    pub read_at_ms: i64,
    /// The source's own words for it (`pg_current_snapshot()`).
    pub snapshot: Option<String>,
}

/// One consistent view of all datasets of a stream, whose contracts have been checked.
#[async_trait]
pub trait Snapshot: Send {
    /// When and what it sees.
    fn facts(&self) -> &SnapshotFacts;

    /// Rows of a dataset as the source's statistics have it; 0: unknown. For progress only.
    fn estimated_rows(&self, dataset: &str) -> u64;

    /// Rows and hashes of a dataset by bucket.
    ///
    /// # Errors
    /// Those of the source; `SOURCE0013` when the snapshot is too old.
    async fn digest(&mut self, dataset: &str, mask: i32) -> Result<Digest>;

    /// Rows of a dataset: its columns in the model's order and types, the batch columns of `pull`,
    /// the hash.
    ///
    /// # Errors
    /// Those of the source; `SOURCE0013` when the snapshot is too old.
    async fn rows<'a>(&'a mut self, dataset: &str, pull: &Pull) -> Result<RowStream<'a>>;

    /// Keys of the rows of some buckets, in the key's order, each with its hash.
    ///
    /// # Errors
    /// As [`Self::rows`].
    async fn keys<'a>(&'a mut self, dataset: &str, buckets: &Buckets) -> Result<RowStream<'a>>;

    /// Rows with any of these hashes: columns and hash.
    ///
    /// # Errors
    /// As [`Self::rows`].
    async fn hashed<'a>(&'a mut self, dataset: &str, hashes: &[i64]) -> Result<RowStream<'a>>;

    /// Lets the source go.
    async fn close(self: Box<Self>);
}

/// Stands between snapshots and the batches that read them. A process has none; a test has one that
/// drops, doubles or mixes up rows, and shows by it that such a fault would be noticed.
#[doc(hidden)]
pub trait Lens: std::fmt::Debug + Send + Sync {
    /// The snapshot as it is to be seen.
    fn over(&self, snapshot: Box<dyn Snapshot>) -> Box<dyn Snapshot>;
}

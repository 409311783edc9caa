//! PostgreSQL 14 and later as a source: one REPEATABLE READ transaction sees all datasets.
//!
//! Tables are locked before the snapshot is taken: a TRUNCATE or a rewrite is not MVCC, a snapshot
//! older than it would see an empty table. Read first: [`PostgresSnapshot::take`].

pub(crate) mod contract;
pub mod discover;
mod rows;
mod session;

use std::time::{Duration, Instant};

use async_trait::async_trait;
use sqlx::{Connection, PgConnection};
use teal_model::{Error, Result, release::DatasetSpec};

use self::contract::Table;
use super::{Difference, Snapshot, SnapshotFacts, Wanted};
use crate::{
    code,
    pg::{PgResultExt, Sql, copy::RowStream},
    staging::{Buckets, Digest, Pull},
};

/// Bounds of one snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How old it may get: an open snapshot holds back the source's vacuum.
    pub age: Duration,
    /// Longest wait for a lock on the source's tables: whoever waits for one blocks the producer's
    /// own readers behind it.
    pub lock_wait: Duration,
    /// Bytes of the largest row.
    pub row_bytes: usize,
    /// The merge store is older than PostgreSQL 17, which brought infinite intervals: a source's
    /// infinite one is an error, as it would arrive as another value.
    pub finite_intervals: bool,
}

/// First version whose intervals may be infinite.
const INFINITE_INTERVALS: u32 = 170_000;

impl Limits {
    /// The usual ones, for rows that go to a merge store of this version.
    pub fn towards(merge_store_version: Option<u32>) -> Self {
        let finite_intervals = merge_store_version < Some(INFINITE_INTERVALS);
        Self { finite_intervals, ..Self::default() }
    }
}

impl Default for Limits {
    /// A day, as the longest activity; five seconds; 64 MiB, a third of a worker's memory.
    fn default() -> Self {
        Self {
            age: Duration::from_secs(24 * 3600),
            lock_wait: Duration::from_secs(5),
            row_bytes: 64 << 20,
            finite_intervals: false,
        }
    }
}

/// An open snapshot of a PostgreSQL database.
#[derive(Debug)]
pub struct PostgresSnapshot {
    connection: PgConnection,
    facts: SnapshotFacts,
    tables: Vec<Table>,
    limits: Limits,
    opened: Instant,
}

impl PostgresSnapshot {
    /// Locks the tables of some datasets of a store, takes the snapshot, checks the contracts.
    /// `connection` is new.
    ///
    /// # Errors
    /// `SOURCE0010` naming each difference from the model, `SOURCE0011`, `SOURCE0012`, `SOURCE0016` to
    /// `SOURCE0018`;
    /// `PG0005` when the tables stay locked by others.
    pub async fn take(
        mut connection: PgConnection,
        store: &str,
        datasets: &[&DatasetSpec],
        limits: Limits,
    ) -> Result<Self> {
        let wanted = datasets.iter().map(|dataset| Wanted { store, dataset });
        let datasets: &[Wanted<'_>] = &wanted.collect::<Vec<_>>();
        session::settle(&mut connection, limits).await?;
        let relations = contract::find(&mut connection, datasets).await?;
        let facts = session::take_snapshot(&mut connection, &relations).await?;
        let finite = limits.finite_intervals;
        let tables = contract::compare(&mut connection, datasets, &relations, finite).await?;
        Ok(Self { connection, facts, tables, limits, opened: Instant::now() })
    }

    fn table(&self, dataset: &str) -> Result<&Table> {
        if self.opened.elapsed() > self.limits.age {
            return Err(Error::new(code::SOURCE0013)
                .with("dataset", dataset)
                .with("allowed_seconds", self.limits.age.as_secs()));
        }
        let known = self.tables.iter().find(|table| table.dataset == dataset);
        known.ok_or_else(|| Error::new(code::SOURCE0011).with("dataset", dataset))
    }

    async fn copy(&mut self, statement: &Sql) -> Result<RowStream<'_>> {
        let bytes = self.connection.copy_out_raw(statement.as_str()).await;
        Ok(rows::stream(bytes.during("starting the copy at the source")?, self.limits.row_bytes))
    }
}

/// Compares datasets with their source without taking a snapshot: every difference of each, in the
/// order of the datasets. `true` beside one: its rows are looked at, too, where the source does not
/// vouch for its key and for values that must be there. `connection` is new.
///
/// # Errors
/// `SOURCE0016`; those of the connection.
pub async fn examine(
    mut connection: PgConnection,
    datasets: &[(Wanted<'_>, bool)],
) -> Result<Vec<Vec<Difference>>> {
    session::settle(&mut connection, Limits::default()).await?;
    let differences = contract::examine(&mut connection, datasets).await?;
    connection.close().await.ok(); // nothing was written
    Ok(differences)
}

#[async_trait]
impl Snapshot for PostgresSnapshot {
    fn facts(&self) -> &SnapshotFacts {
        &self.facts
    }

    fn estimated_rows(&self, dataset: &str) -> u64 {
        self.tables.iter().find(|table| table.dataset == dataset).map_or(0, |t| t.estimated_rows)
    }

    async fn digest(&mut self, dataset: &str, mask: i32) -> Result<Digest> {
        let statement = rows::digest(self.table(dataset)?);
        let groups: Vec<(i32, i64, i64)> = sqlx::query_as(&statement)
            .bind(i64::from(mask))
            .fetch_all(&mut self.connection)
            .await
            .during("computing the digest at the source")?;
        Digest::of_groups(mask, &groups)
    }

    async fn rows<'a>(&'a mut self, dataset: &str, pull: &Pull) -> Result<RowStream<'a>> {
        let statement = rows::copy_out(self.table(dataset)?, pull);
        self.copy(&statement).await
    }

    async fn keys<'a>(&'a mut self, dataset: &str, buckets: &Buckets) -> Result<RowStream<'a>> {
        let statement = rows::copy_keys(self.table(dataset)?, buckets);
        self.copy(&statement).await
    }

    async fn hashed<'a>(&'a mut self, dataset: &str, hashes: &[i64]) -> Result<RowStream<'a>> {
        let statement = rows::copy_hashed(self.table(dataset)?, hashes);
        self.copy(&statement).await
    }

    async fn close(self: Box<Self>) {
        // The transaction has only read; how its connection ends changes nothing.
        let _closed = self.connection.close().await;
    }
}

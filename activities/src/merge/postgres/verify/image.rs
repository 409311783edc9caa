//! The digest of a merge table's current rows, computed from their values.

use sqlx::PgConnection;
use teal_model::Result;

use super::Target;
use crate::{
    pg::{PgResultExt, Sql, sql},
    staging::Digest,
};

/// What a merge table holds.
#[derive(Debug)]
pub(crate) struct Image {
    /// Rows and hashes of values by bucket.
    pub(crate) digest: Digest,
    /// Buckets with rows whose stored hash is not that of their values.
    pub(crate) doubtful: Vec<i32>,
}

impl Image {
    /// Buckets that are not those of the source, or hold a doubtful row; ascending.
    pub(crate) fn differing(&self, source: &Digest) -> Vec<i32> {
        let mut buckets = self.digest.differing(source);
        buckets.extend(&self.doubtful);
        buckets.sort_unstable();
        buckets.dedup();
        buckets
    }
}

/// Reads every current row once.
///
/// # Errors
/// Those of PostgreSQL.
pub(crate) async fn read(
    connection: &mut PgConnection,
    target: &Target,
    mask: i32,
) -> Result<Image> {
    let groups: Vec<(i32, i64, i64, bool)> = sqlx::query_as(statement(target))
        .bind(i64::from(mask))
        .fetch_all(connection)
        .await
        .during("computing the digest of a merge table")?;
    let digest: Vec<(i32, i64, i64)> =
        groups.iter().map(|(bucket, rows, xor, _)| (*bucket, *rows, *xor)).collect();
    let doubtful = groups.iter().filter(|(.., doubtful)| *doubtful);
    Ok(Image {
        digest: Digest::of_groups(mask, &digest)?,
        doubtful: doubtful.map(|(bucket, ..)| *bucket).collect(),
    })
}

/// `$1`: mask.
pub(super) fn statement(target: &Target) -> Sql {
    sql!(
        "select (h & $1)::int4, count(*), bit_xor(h), bool_or(h <> stored)
from (select {hash}, t.teal_hash from {table} t where {current}) r(h, stored) group by 1",
        hash = target.hash(),
        table = target.name(),
        current = target.current(),
    )
}

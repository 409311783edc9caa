//! `teal.digest`: what the last committed batch left of each dataset.

use sqlx::PgConnection;
use teal_failpoint::Boundary;
use teal_model::{BatchId, Result};

use super::current;
use crate::{
    catalog::ledger::MergeTable,
    pg::{self, Ident, PgResultExt, Sql, sql},
    staging::{Digest, mask_for},
};

/// The digest of a table, if it speaks of these columns and hashes (`recipe`). One that a first load
/// left to be computed is empty: see [`defer`].
pub(super) async fn read(
    connection: &mut PgConnection,
    merge_table_id: i64,
    recipe: &str,
) -> Result<Option<Stored>> {
    let row: Option<(i32, Vec<i64>, Vec<i64>)> = sqlx::query_as(
        "select mask, counts, xors from teal.digest where merge_table_id = $1 and hash_recipe = $2",
    )
    .bind(merge_table_id)
    .bind(recipe)
    .fetch_optional(connection)
    .await
    .during("reading a digest")?;
    Ok(row.and_then(|(mask, counts, xors)| match counts.is_empty() {
        true => Some(Stored::Deferred),
        false => Digest::of_parts(mask, counts, xors).map(Stored::Known),
    }))
}

/// What the catalog holds of a digest.
#[derive(Debug)]
pub(super) enum Stored {
    /// Set by each refresh that changed something.
    Known(Digest),
    /// Set by a first load: the merge table holds exactly the rows and hashes of its image.
    Deferred,
}

/// Leaves the digest to be computed from the merge table: a first load need not read its rows again.
pub(super) async fn defer(
    connection: &mut PgConnection,
    merge_table_id: i64,
    recipe: &str,
    batch: BatchId,
) -> Result<()> {
    let none: &[i64] = &[];
    write(connection, merge_table_id, recipe, batch, (0, none, none)).await
}

/// Keeps what was computed for a deferred digest, unless a batch was committed meanwhile.
pub(super) async fn keep(
    connection: &mut PgConnection,
    merge_table_id: i64,
    digest: &Digest,
) -> Result<()> {
    let write = sqlx::query(
        "update teal.digest set mask = $2, counts = $3, xors = $4
         where merge_table_id = $1 and counts = '{}'",
    )
    .bind(merge_table_id)
    .bind(digest.mask())
    .bind(digest.counts())
    .bind(digest.xors());
    pg::alone(connection, write, Boundary::DigestKeep).await?;
    Ok(())
}

/// Replaces the digest of a table; part of the merge transaction.
pub(super) async fn put(
    connection: &mut PgConnection,
    merge_table_id: i64,
    recipe: &str,
    batch: BatchId,
    digest: &Digest,
) -> Result<()> {
    let parts = (digest.mask(), digest.counts(), digest.xors());
    write(connection, merge_table_id, recipe, batch, parts).await
}

async fn write(
    connection: &mut PgConnection,
    merge_table_id: i64,
    recipe: &str,
    batch: BatchId,
    (mask, counts, xors): (i32, &[i64], &[i64]),
) -> Result<()> {
    sqlx::query(
        "insert into teal.digest (merge_table_id, mask, counts, xors, hash_recipe, batch)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (merge_table_id) do update
         set mask = excluded.mask, counts = excluded.counts, xors = excluded.xors,
             hash_recipe = excluded.hash_recipe, batch = excluded.batch",
    )
    .bind(merge_table_id)
    .bind(mask)
    .bind(counts)
    .bind(xors)
    .bind(recipe)
    .bind(batch.as_i32())
    .execute(connection)
    .await
    .during("writing a digest")?;
    Ok(())
}

/// Forgets digests that turned out not to speak of their tables: the next batch compares everything.
pub(super) async fn forget(connection: &mut PgConnection, merge_table_ids: &[i64]) -> Result<()> {
    let delete = sqlx::query("delete from teal.digest where merge_table_id = any($1)");
    pg::alone(connection, delete.bind(merge_table_ids), Boundary::DigestForget).await?;
    Ok(())
}

/// Rows and hashes that a staging table holds, by bucket; also the count of its rows.
pub(super) async fn compute(
    connection: &mut PgConnection,
    staging: &Ident,
    mask: i32,
) -> Result<Digest> {
    group(connection, staging, &Sql::text("true"), mask).await
}

/// Rows and hashes that are current in a merge table, by bucket.
pub(super) async fn compute_current(
    connection: &mut PgConnection,
    table: &MergeTable,
) -> Result<Digest> {
    let mask = mask_for(table.rows);
    group(connection, &Ident::from(&table.table), &current(table.style), mask).await
}

async fn group(
    connection: &mut PgConnection,
    table: &Ident,
    wanted: &Sql,
    mask: i32,
) -> Result<Digest> {
    let statement = sql!(
        "select (teal_hash & $1)::int4, count(*), bit_xor(teal_hash) from {table} t where {wanted} \
         group by 1",
        table,
        wanted,
    );
    let groups: Vec<(i32, i64, i64)> = sqlx::query_as(statement)
        .bind(i64::from(mask))
        .fetch_all(connection)
        .await
        .during("computing a digest")?;
    Digest::of_groups(mask, &groups)
}

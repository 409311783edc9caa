//! `teal.digest`: what the last committed batch left of each dataset.

use sqlx::PgConnection;
use teal_model::{BatchId, Result};

use crate::{
    pg::{Ident, PgResultExt, Sql, sql},
    staging::Digest,
};

/// The digest of a table, if it speaks of these columns and hashes (`recipe`).
pub(super) async fn read(
    connection: &mut PgConnection,
    merge_table_id: i64,
    recipe: &str,
) -> Result<Option<Digest>> {
    let row: Option<(i32, Vec<i64>, Vec<i64>)> = sqlx::query_as(
        "select mask, counts, xors from teal.digest where merge_table_id = $1 and hash_recipe = $2",
    )
    .bind(merge_table_id)
    .bind(recipe)
    .fetch_optional(connection)
    .await
    .during("reading a digest")?;
    Ok(row.and_then(|(mask, counts, xors)| Digest::of_parts(mask, counts, xors)))
}

/// Replaces the digest of a table; part of the merge transaction.
pub(super) async fn put(
    connection: &mut PgConnection,
    merge_table_id: i64,
    recipe: &str,
    batch: BatchId,
    digest: &Digest,
) -> Result<()> {
    sqlx::query(
        "insert into teal.digest (merge_table_id, mask, counts, xors, hash_recipe, batch)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (merge_table_id) do update
         set mask = excluded.mask, counts = excluded.counts, xors = excluded.xors,
             hash_recipe = excluded.hash_recipe, batch = excluded.batch",
    )
    .bind(merge_table_id)
    .bind(digest.mask())
    .bind(digest.counts())
    .bind(digest.xors())
    .bind(recipe)
    .bind(batch.as_i32())
    .execute(connection)
    .await
    .during("writing a digest")?;
    Ok(())
}

/// Forgets digests that turned out not to speak of their tables: the next batch compares everything.
pub(super) async fn forget(connection: &mut PgConnection, merge_table_ids: &[i64]) -> Result<()> {
    sqlx::query("delete from teal.digest where merge_table_id = any($1)")
        .bind(merge_table_ids)
        .execute(connection)
        .await
        .during("forgetting digests")?;
    Ok(())
}

/// Rows and hashes that a staging table holds, by bucket. `$1`: mask.
fn of_staging(staging: &Ident) -> Sql {
    sql!(
        "select (teal_hash & $1)::int4, count(*), bit_xor(teal_hash) from {staging} group by 1",
        staging,
    )
}

/// Computes the digest of what was staged. Also the count of the staged rows.
pub(super) async fn compute(
    connection: &mut PgConnection,
    staging: &Ident,
    mask: i32,
) -> Result<Digest> {
    let groups: Vec<(i32, i64, i64)> = sqlx::query_as(of_staging(staging))
        .bind(i64::from(mask))
        .fetch_all(connection)
        .await
        .during("computing the digest of the staged rows")?;
    Digest::of_groups(mask, &groups)
}

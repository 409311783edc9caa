//! What can be done before the merge transaction, while nothing is locked: the key index and the
//! digest of what was staged. A second run finds the index and computes the digest again.

use sqlx::PgConnection;
use teal_failpoint::Boundary;
use teal_model::{Error, Result};

use super::{ddl, digests, staging};
use crate::{
    Pulse,
    catalog::ledger::{MergeTable, Merging, StagedDataset},
    code,
    merge::Layout,
    pg::{self, Ident, PgResultExt, sql},
    pulse::{Progress, while_beating},
    staging::{Digest, mask_for},
};

/// What is known of one staged dataset when its merge begins.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) table: MergeTable,
    pub(super) layout: Layout,
    pub(super) staged: StagedDataset,
    /// Of the staged rows of a refresh; `None` where nothing was staged, and for a first load, whose
    /// digest is only computed when a refresh wants it.
    pub(super) digest: Option<Digest>,
}

/// Prepares each dataset. `None`: staging does not hold what the mark says (a crash of the server
/// empties UNLOGGED tables).
///
/// # Errors
/// `MERGE0001` when a key occurs twice.
pub(super) async fn prepare(
    connection: &mut PgConnection,
    merging: &Merging,
    pulse: &dyn Pulse,
) -> Result<Option<Vec<Prepared>>> {
    let mut prepared = Vec::new();
    for (table, staged) in merging.datasets() {
        let layout = Layout::of(&table.layout)?;
        let mut dataset =
            Prepared { table: table.clone(), layout, staged: staged.clone(), digest: None };
        if let Some(name) = &staged.staging {
            let progress = Progress {
                doing: format!("indexing {}", table.dataset),
                total_rows: staged.staged_rows,
                ..Progress::default()
            };
            let work = Box::pin(look_at(connection, &mut dataset, name));
            if !while_beating(pulse, &progress, work).await? {
                return Ok(None);
            }
        }
        prepared.push(dataset);
    }
    Ok(Some(prepared))
}

/// Indexes the key of one staging table and counts its rows: whether they are those of the mark.
async fn look_at(
    connection: &mut PgConnection,
    dataset: &mut Prepared,
    name: &str,
) -> Result<bool> {
    let place = staging(name);
    let exists: bool = sqlx::query_scalar("select to_regclass($1) is not null")
        .bind(place.to_string())
        .fetch_one(&mut *connection)
        .await
        .during("looking for staged rows")?;
    if !exists {
        return Ok(false);
    }
    let staged_rows = dataset.staged.staged_rows;
    if dataset.staged.first_load {
        index_key(connection, dataset, &place, name).await?;
        return Ok(indexed_rows(connection, &place).await? == staged_rows
            || digests::compute(connection, &place, 0).await?.rows() == staged_rows);
    }
    let mask = match dataset.staged.buckets {
        Some(_) => dataset.staged.bucket_mask,
        None => mask_for(staged_rows),
    };
    let digest = digests::compute(connection, &place, mask).await?;
    if digest.rows() != staged_rows {
        return Ok(false);
    }
    index_key(connection, dataset, &place, name).await?;
    dataset.digest = Some(digest);
    Ok(true)
}

/// Rows that the build of the index met: the server writes their number down, and so a large table
/// need not be read once more. (As a 32-bit float: where it is not exact, the rows are counted.)
async fn indexed_rows(connection: &mut PgConnection, place: &Ident) -> Result<u64> {
    let rows: i64 = sqlx::query_scalar(
        "select greatest(reltuples, 0)::int8 from pg_class where oid = to_regclass($1)",
    )
    .bind(place.to_string())
    .fetch_one(connection)
    .await
    .during("counting staged rows")?;
    Ok(u64::try_from(rows).unwrap_or(0))
}

async fn index_key(
    connection: &mut PgConnection,
    dataset: &Prepared,
    place: &Ident,
    name: &str,
) -> Result<()> {
    const UNIQUE_VIOLATION: &str = "23505";
    let Prepared { table, layout, .. } = dataset;
    let index = Ident::new(&index_name(name));
    let statement = if dataset.staged.first_load {
        ddl::create_key_index(layout, table.style, place, &index)
    } else {
        let key = layout.key_list();
        sql!("create unique index if not exists {index} on {place} ({key})", index, place, key)
    };
    let mut transaction = pg::begin(connection, "indexing the staged rows").await?;
    match sqlx::query(statement).execute(&mut *transaction).await {
        Err(error) if pg::error::has_state(&error, UNIQUE_VIOLATION) => {
            Err(Error::new(code::MERGE0001)
                .with("dataset", &table.dataset)
                .with("key", layout.key().join(", ")))
        }
        indexed => {
            indexed.during("indexing the staged rows")?;
            pg::commit(transaction, Boundary::BatchIndex).await
        }
    }
}

/// Name of the key index of a staging table.
pub(super) fn index_name(staging_name: &str) -> String {
    format!("{staging_name}_key")
}

//! What can be done before the merge transaction, while nothing is locked: the key index and the
//! digest of what was staged. A second run finds the index and computes the digest again.

use sqlx::PgConnection;
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
    /// Of the staged rows; `None` where nothing was staged.
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
        let mut digest = None;
        if let Some(name) = &staged.staging {
            let progress = Progress {
                doing: format!("indexing {}", table.dataset),
                total_rows: staged.staged_rows,
                ..Progress::default()
            };
            let work = look_at(connection, table, &layout, staged, name);
            digest = while_beating(pulse, &progress, work).await?;
            if digest.is_none() {
                return Ok(None);
            }
        }
        let (table, staged) = (table.clone(), staged.clone());
        prepared.push(Prepared { table, layout, staged, digest });
    }
    Ok(Some(prepared))
}

async fn look_at(
    connection: &mut PgConnection,
    table: &MergeTable,
    layout: &Layout,
    staged: &StagedDataset,
    name: &str,
) -> Result<Option<Digest>> {
    let place = staging(name);
    let exists: bool = sqlx::query_scalar("select to_regclass($1) is not null")
        .bind(place.to_string())
        .fetch_one(&mut *connection)
        .await
        .during("looking for staged rows")?;
    if !exists {
        return Ok(None);
    }
    let mask = match staged.buckets {
        Some(_) => staged.bucket_mask,
        None => mask_for(staged.staged_rows),
    };
    let digest = digests::compute(connection, &place, mask).await?;
    if digest.rows() != staged.staged_rows {
        return Ok(None);
    }
    index_key(connection, table, layout, staged, &place, name).await?;
    Ok(Some(digest))
}

async fn index_key(
    connection: &mut PgConnection,
    table: &MergeTable,
    layout: &Layout,
    staged: &StagedDataset,
    place: &Ident,
    name: &str,
) -> Result<()> {
    const UNIQUE_VIOLATION: &str = "23505";
    let index = Ident::new(&index_name(name));
    let statement = if staged.first_load {
        ddl::create_key_index(layout, table.style, place, &index)
    } else {
        let key = layout.key_list();
        sql!("create unique index if not exists {index} on {place} ({key})", index, place, key)
    };
    match sqlx::query(statement).execute(connection).await {
        Err(error) if pg::error::has_state(&error, UNIQUE_VIOLATION) => {
            Err(Error::new(code::MERGE0001)
                .with("dataset", &table.dataset)
                .with("key", layout.key().join(", ")))
        }
        indexed => indexed.during("indexing the staged rows").map(|_done| ()),
    }
}

/// Name of the key index of a staging table.
pub(super) fn index_name(staging_name: &str) -> String {
    format!("{staging_name}_key")
}

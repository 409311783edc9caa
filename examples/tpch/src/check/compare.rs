//! Two tables on two servers, compared row by row as PostgreSQL writes them.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use sqlx::{AssertSqlSafe, PgPool};

use super::MergeTable;
use crate::{Result, tables::Table};

/// `teal_batch_out` of a version that is still open.
pub(super) const OPEN: i32 = i32::MAX;
/// Keys that a difference names.
const KEYS_SHOWN: usize = 5;

/// All rows of a table in the order of their keys, as one number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Image {
    pub(super) rows: usize,
    hash: blake3::Hash,
}

impl Image {
    /// Enough of the hash to see that two are the same.
    pub(super) fn short(&self) -> String {
        self.hash.to_hex().chars().take(10).collect()
    }
}

pub(super) fn source_query(table: &Table) -> String {
    let (columns, key) = (table.column_list(), table.key_list());
    format!("select {columns} from tpch.{} order by {key}", table.name)
}

/// The current rows, without Teal's own columns.
pub(super) fn merge_query(table: &Table, found: &MergeTable) -> String {
    let (columns, key) = (table.column_list(), table.key_list());
    format!("select {columns} from {} {} order by {key}", found.quoted(), current(found))
}

fn current(found: &MergeTable) -> String {
    match found.style.as_str() {
        "milestoned" => format!("where teal_batch_out = {OPEN}"),
        _ => String::new(),
    }
}

/// Reads a query's rows as text and digests them.
pub(super) async fn image(pool: &PgPool, query: &str) -> Result<Image> {
    let mut connection = pool.acquire().await?;
    let mut rows = connection.copy_out_raw(&format!("copy ({query}) to stdout")).await?;
    let (mut hasher, mut count) = (blake3::Hasher::new(), 0);
    while let Some(chunk) = rows.try_next().await? {
        count += 1; // PostgreSQL sends one message per row
        hasher.update(&chunk);
    }
    Ok(Image { rows: count, hash: hasher.finalize() })
}

/// Which keys differ, and how; read again with a digest per row.
pub(super) async fn difference(
    source: &PgPool,
    merge: &PgPool,
    table: &Table,
    found: &MergeTable,
) -> Result<String> {
    let (columns, key) = (table.column_list(), table.key_list());
    let query =
        |from: &str| format!("select concat_ws(',', {key}), md5(row({columns})::text) from {from}");
    let left = digests(source, &query(&format!("tpch.{}", table.name))).await?;
    let right = digests(merge, &query(&format!("{} {}", found.quoted(), current(found)))).await?;
    let missing: Vec<&String> = left.keys().filter(|key| !right.contains_key(*key)).collect();
    let extra: Vec<&String> = right.keys().filter(|key| !left.contains_key(*key)).collect();
    let other: Vec<&String> = left
        .iter()
        .filter(|(key, digest)| right.get(*key).is_some_and(|found| found != *digest))
        .map(|(key, _digest)| key)
        .collect();
    let show = |keys: &[&String]| {
        let some: Vec<&str> = keys.iter().take(KEYS_SHOWN).map(|key| key.as_str()).collect();
        format!("{} [{}]", keys.len(), some.join(" "))
    };
    Ok(format!("missing {}, too many {}, different {}", show(&missing), show(&extra), show(&other)))
}

async fn digests(pool: &PgPool, query: &str) -> Result<BTreeMap<String, String>> {
    let rows: Vec<(String, String)> =
        sqlx::query_as(AssertSqlSafe(query.to_owned())).fetch_all(pool).await?;
    Ok(rows.into_iter().collect())
}

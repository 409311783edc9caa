//! The proof: live tables equal their source, histories are sound.
//!
//! Nothing may change at the source meanwhile, and every stream must have read it since.

mod compare;
mod history;

use comfy_table::{CellAlignment, Table as Grid, presets::NOTHING};
use sqlx::{FromRow, PgPool, Row, postgres::PgRow};

use crate::{Result, say, tables};
use compare::Image;

/// A merge table of the catalog.
#[derive(Debug, Clone)]
pub(crate) struct MergeTable {
    pub(crate) id: i64,
    pub(crate) stream_id: i64,
    pub(crate) dataset: String,
    pub(crate) schema_name: String,
    pub(crate) table_name: String,
    pub(crate) style: String,
}

impl FromRow<'_, PgRow> for MergeTable {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            stream_id: row.try_get("stream_id")?,
            dataset: row.try_get("dataset")?,
            schema_name: row.try_get("schema_name")?,
            table_name: row.try_get("table_name")?,
            style: row.try_get("style")?,
        })
    }
}

impl MergeTable {
    /// Quoted, for statements.
    pub(crate) fn quoted(&self) -> String {
        format!("\"{}\".\"{}\"", self.schema_name, self.table_name)
    }

    fn name(&self) -> String {
        format!("{}.{}", self.schema_name, self.table_name)
    }
}

/// Compares everything; an error tells how many tables are wrong.
pub(crate) async fn run(source: &str, merge: &str) -> Result {
    let (source, merge) = (PgPool::connect(source).await?, PgPool::connect(merge).await?);
    let found: Vec<MergeTable> = sqlx::query_as(
        "select id, stream_id, dataset, schema_name, table_name, style from teal.merge_table
         where retired_at is null order by schema_name, table_name",
    )
    .fetch_all(&merge)
    .await?;
    let mut grid = Grid::new();
    grid.load_style(NOTHING);
    grid.set_header(["MERGE TABLE", "ROWS", "SOURCE", "MERGE", "VERSIONS", "RESULT"]);
    let mut faults = Vec::new();
    for merge_table in &found {
        let proof = prove(&source, &merge, merge_table).await?;
        let result = if proof.faults.is_empty() { "equal" } else { "DIFFERENT" };
        let sound = if proof.versions.is_some() { ", history sound" } else { "" };
        let result =
            if proof.faults.is_empty() { format!("{result}{sound}") } else { result.into() };
        grid.add_row([
            merge_table.name(),
            proof.merge.rows.to_string(),
            proof.source.short(),
            proof.merge.short(),
            proof.versions.map(|versions| versions.to_string()).unwrap_or_default(),
            result,
        ]);
        faults.extend(
            proof.faults.into_iter().map(|fault| format!("{}: {fault}", merge_table.name())),
        );
    }
    for index in [1, 4] {
        if let Some(column) = grid.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    say!("{}", grid.trim_fmt());
    if found.is_empty() {
        return Err("there is no merge table to compare".into());
    }
    if faults.is_empty() {
        return Ok(());
    }
    Err(format!("{} of the comparisons failed:\n  {}", faults.len(), faults.join("\n  ")).into())
}

struct Proof {
    source: Image,
    merge: Image,
    versions: Option<i64>,
    faults: Vec<String>,
}

async fn prove(source: &PgPool, merge: &PgPool, found: &MergeTable) -> Result<Proof> {
    let table = tables::table(&found.dataset)
        .ok_or_else(|| format!("`{}` is no table of TPC-H", found.dataset))?;
    let from_source = compare::source_query(table);
    let from_merge = compare::merge_query(table, found);
    let (left, right) = tokio::try_join!(
        compare::image(source, &from_source),
        compare::image(merge, &from_merge),
    )?;
    let mut faults = Vec::new();
    if left != right {
        faults.push(compare::difference(source, merge, table, found).await?);
    }
    let mut versions = None;
    if found.style == "milestoned" {
        let (count, found_faults) = history::check(merge, table, found).await?;
        versions = Some(count);
        faults.extend(found_faults);
    }
    Ok(Proof { source: left, merge: right, versions, faults })
}

//! Batches as a table: in `teal batches` and below one stream in `teal status`.

use comfy_table::Cell;
use teal_activities::catalog::status::BatchRow;
use teal_proto::v1::Failure;

use super::{
    table::{self, Color, Side, cell, colored},
    units::{self, Clock},
};

/// Newest first, as they come. `width`: columns of the terminal.
pub(crate) fn table(batches: &[BatchRow], clock: &Clock, width: Option<u16>) -> String {
    let mut table = table::table(&[
        ("BATCH", Side::Right),
        ("STATUS", Side::Left),
        ("STARTED", Side::Left),
        ("INGEST", Side::Right),
        ("MERGE", Side::Right),
        ("STAGED", Side::Right),
        ("CHANGES", Side::Left),
        ("ROWS/S", Side::Right),
        ("TRIES", Side::Right),
        ("ERROR", Side::Left),
    ]);
    let dash = || "–".to_owned();
    for batch in batches {
        table.add_row([
            cell(batch.batch),
            colored(&batch.status, color(&batch.status)),
            cell(batch.started_at.map_or_else(dash, |at| clock.time(at))),
            cell(batch.ingest_ms.map_or_else(dash, units::millis)),
            cell(batch.merge_ms.map_or_else(dash, units::millis)),
            cell(units::count(batch.staged_rows)),
            cell(units::changes(batch.inserted, batch.updated, batch.deleted)),
            cell(rate(batch)),
            cell(batch.attempts),
            error_cell(batch.failure.as_ref()),
        ]);
    }
    let expendable = ["ROWS/S", "TRIES", "STAGED", "INGEST", "MERGE", "STARTED"];
    table::fit_into(&mut table, width, &expendable);
    table::render(&table)
}

/// Colour of a batch's status.
pub(crate) fn color(status: &str) -> Color {
    match status {
        "committed" => Color::Green,
        "failed" => Color::Red,
        _ => Color::Yellow,
    }
}

/// Rows a second, or a dash where nothing was pulled.
pub(crate) fn rate(batch: &BatchRow) -> String {
    batch.rows_per_second().map_or_else(|| "–".to_owned(), |n| format!("{}/s", units::count(n)))
}

/// The code of a failure.
pub(crate) fn error_cell(failure: Option<&Failure>) -> Cell {
    failure.map_or_else(|| cell(""), |failure| colored(&failure.code, Color::Red))
}

/// A batch for the tests of whatever shows batches.
#[cfg(test)]
pub(crate) mod sample {
    use jiff::Timestamp;
    use teal_activities::catalog::status::BatchRow;

    /// Seconds from a moment that tests call now.
    pub(crate) fn at(second: i64) -> Option<Timestamp> {
        Timestamp::from_second(1_700_000_000 + second).ok()
    }

    /// A minute old, with all counts different.
    pub(crate) fn committed() -> BatchRow {
        BatchRow {
            batch: 12,
            status: "committed".into(),
            attempts: 1,
            first_load: false,
            worker: "w1".into(),
            incarnation: 1,
            schema_version: 3,
            config_hash: "0123456789abcdef".into(),
            started_at: at(-62),
            attempted_at: at(-62),
            ingested_at: at(-61),
            committed_at: at(-60),
            source_read_at: at(-62),
            source_snapshot: Some("740:740:".into()),
            staged_rows: 120_000,
            staged_bytes: 9_000_000,
            inserted: 9,
            updated: 4_000,
            deleted: 1,
            unchanged: 115_990,
            ingest_ms: Some(400),
            merge_ms: Some(200),
            failure: None,
            datasets: Vec::new(),
        }
    }
}

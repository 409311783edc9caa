//! One batch in detail.

use jiff::Timestamp;
use teal_activities::catalog::status::{BatchDatasetRow, BatchRow};
use teal_model::StreamId;

use crate::ui::{
    error::render_failure,
    style::{FAINT, STRONG, paint},
    table::{self, Side, cell},
    units::{self, Clock},
    wrap::wrap,
};

/// Width of the names before the facts, with the blanks around them.
const INDENT: usize = 15;

/// Everything that the ledger holds of a batch. `width`: columns of the terminal.
pub(super) fn detail(
    stream: &StreamId,
    batch: &BatchRow,
    clock: &Clock,
    width: Option<u16>,
) -> String {
    let mut text = format!("{}\n", paint(STRONG, format!("{stream} batch {}", batch.batch)));
    for (name, value) in facts(batch, clock) {
        let line = format!("  {} {value}", paint(FAINT, format!("{name:<12}")));
        text.push_str(&wrap(&line, width, INDENT));
        text.push('\n');
    }
    if !batch.datasets.is_empty() {
        text.push('\n');
        text.push_str(&datasets(&batch.datasets, width));
    }
    if let Some(failure) = &batch.failure {
        let said = render_failure(failure);
        let lines: Vec<String> = said.lines().map(|line| wrap(line, width, 2)).collect();
        text.push_str(&format!("\n\n{}", lines.join("\n")));
    }
    text
}

fn facts(batch: &BatchRow, clock: &Clock) -> Vec<(&'static str, String)> {
    let first = if batch.first_load { ", first load" } else { "" };
    let mut facts = vec![("status", format!("{}{first}", batch.status))];
    let mut moment = |name, at: Option<Timestamp>| {
        let ago = |at| units::duration(clock.since(at));
        if let Some(at) = at {
            facts.push((name, format!("{}, {} ago", clock.time(at), ago(at))));
        }
    };
    moment("started", batch.started_at);
    moment("last attempt", batch.attempted_at.filter(|_| batch.attempts > 1));
    moment("source read", batch.source_read_at);
    moment("ingested", batch.ingested_at);
    moment("committed", batch.committed_at);
    if batch.attempts > 1 {
        facts.push(("attempts", batch.attempts.to_string()));
    }
    facts.push(("worker", batch.worker.clone()));
    let took = |ms: Option<u64>| ms.map_or_else(|| "–".to_owned(), units::millis);
    facts.push((
        "took",
        format!("ingest {}, merge {}", took(batch.ingest_ms), took(batch.merge_ms)),
    ));
    let rate = batch.rows_per_second().map(|rate| format!(", {} rows/s", units::count(rate)));
    facts.push((
        "pulled",
        format!(
            "{}, {}{}",
            units::counted(batch.staged_rows, "row"),
            units::bytes(batch.staged_bytes),
            rate.unwrap_or_default()
        ),
    ));
    if batch.status == "committed" {
        let changes = units::changes(batch.inserted, batch.updated, batch.deleted);
        let unchanged = units::count(batch.unchanged);
        facts.push(("changes", format!("{changes}, {unchanged} unchanged")));
    }
    if let Some(snapshot) = &batch.source_snapshot {
        facts.push(("snapshot", format!("{snapshot} at the source")));
    }
    let hash = batch.config_hash.get(..12).unwrap_or(&batch.config_hash);
    let shape = format!("{hash}, shape {} of the tables", batch.schema_version);
    let incarnation = match batch.incarnation {
        0 | 1 => String::new(),
        n => format!(", incarnation {n}"),
    };
    facts.push(("configured", format!("{shape}{incarnation}")));
    facts
}

fn datasets(datasets: &[BatchDatasetRow], width: Option<u16>) -> String {
    let mut table = table::table(&[
        ("DATASET", Side::Left),
        ("AT SOURCE", Side::Right),
        ("PULLED", Side::Right),
        ("BYTES", Side::Right),
        ("BUCKETS", Side::Right),
        ("INSERTED", Side::Right),
        ("UPDATED", Side::Right),
        ("DELETED", Side::Right),
        ("UNCHANGED", Side::Right),
    ]);
    for dataset in datasets {
        table.add_row([
            cell(&dataset.dataset),
            cell(units::count(dataset.source_rows)),
            cell(units::count(dataset.staged_rows)),
            cell(units::bytes(dataset.staged_bytes)),
            cell(buckets(dataset)),
            cell(units::count(dataset.inserted)),
            cell(units::count(dataset.updated)),
            cell(units::count(dataset.deleted)),
            cell(units::count(dataset.unchanged)),
        ]);
    }
    table::fit_into(&mut table, width, &["BYTES", "AT SOURCE", "UNCHANGED", "BUCKETS"]);
    table::render(&table)
}

/// What was pulled: `first load`, `all`, `none`, or `3 of 256` hash buckets.
fn buckets(dataset: &BatchDatasetRow) -> String {
    match (dataset.buckets, dataset.bucket_count) {
        _ if dataset.first_load => "first load".to_owned(),
        (Some(pulled), Some(all)) => format!("{pulled} of {all}"),
        _ if dataset.staged_rows == 0 && dataset.source_rows > 0 => "none".to_owned(),
        _ => "all".to_owned(),
    }
}

/// The batch with the counts of its one dataset in place of those of all.
pub(super) fn of_dataset(batch: &BatchRow) -> BatchRow {
    let mut row = batch.clone();
    if let Some(dataset) = row.datasets.first() {
        row.staged_rows = dataset.staged_rows;
        row.staged_bytes = dataset.staged_bytes;
        row.inserted = dataset.inserted;
        row.updated = dataset.updated;
        row.deleted = dataset.deleted;
        row.unchanged = dataset.unchanged;
    }
    row
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use teal_proto::v1::Failure;

    use super::*;
    use crate::ui::{batch::sample::committed, style::plain};

    fn dataset(name: &str) -> BatchDatasetRow {
        BatchDatasetRow {
            dataset: name.into(),
            first_load: false,
            source_rows: 1_200_000,
            staged_rows: 120_000,
            staged_bytes: 9_000_000,
            buckets: Some(3),
            bucket_count: Some(256),
            inserted: 9,
            updated: 4_000,
            deleted: 1,
            unchanged: 115_990,
        }
    }

    fn shown(batch: &BatchRow, width: Option<u16>) -> String {
        let clock = Clock::at(Timestamp::from_second(1_700_000_000).unwrap(), TimeZone::UTC);
        plain(&detail(&"live/shop".parse().unwrap(), batch, &clock, width))
    }

    #[test]
    fn a_committed_batch_shows_everything_that_is_known() {
        let none = BatchDatasetRow {
            staged_rows: 0,
            staged_bytes: 0,
            buckets: None,
            bucket_count: None,
            inserted: 0,
            updated: 0,
            deleted: 0,
            unchanged: 0,
            ..dataset("people")
        };
        let batch = BatchRow {
            attempts: 2,
            attempted_at: Timestamp::from_second(1_699_999_939).ok(),
            datasets: vec![dataset("orders"), none],
            ..committed()
        };
        insta::assert_snapshot!(shown(&batch, None));
    }

    #[test]
    fn a_failed_batch_says_why_in_a_narrow_terminal_too() {
        let failure = Failure {
            code: "SOURCE0011".into(),
            message: "[SOURCE0011] a column is missing at the source (dataset: orders)".into(),
            help: "bring the column back, or take it out of the model and apply".into(),
            ..Failure::default()
        };
        let batch = BatchRow {
            status: "failed".into(),
            ingested_at: None,
            committed_at: None,
            ingest_ms: None,
            merge_ms: None,
            failure: Some(failure),
            datasets: vec![dataset("orders")],
            ..committed()
        };
        insta::assert_snapshot!(shown(&batch, Some(60)));
    }
}

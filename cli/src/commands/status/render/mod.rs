//! Status as text: a table of all streams, or one stream with its tables and batches.

use std::time::Duration;

use comfy_table::Cell;
use teal_activities::catalog::status::{BatchRow, StreamStatusRow};
use teal_proto::v1::Failure;

use crate::ui::{
    error::render_failure,
    progress,
    style::{FAINT, NAME, STRONG, paint},
    table::{self, Color, Side, cell, colored},
    units::{self, Clock},
};

/// All streams, then what is wrong and what to do about it.
pub(super) fn overview(streams: &[StreamStatusRow], clock: &Clock) -> String {
    let mut table = table::table(&[
        ("STREAM", Side::Left),
        ("STATE", Side::Left),
        ("SINCE", Side::Right),
        ("BATCH", Side::Right),
        ("ROWS", Side::Right),
        ("CHANGES", Side::Left),
        ("ROWS/S", Side::Right),
        ("LAG", Side::Right),
        ("NEXT", Side::Right),
        ("ERROR", Side::Left),
    ]);
    for stream in streams {
        table.add_row(row(stream, clock));
    }
    table::fit(&mut table, &["ROWS/S", "SINCE", "ROWS", "CHANGES", "BATCH"]);
    let mut text = table::render(&table);
    for stream in streams {
        if let Some(trouble) = trouble(stream, clock) {
            text.push_str("\n\n");
            text.push_str(&trouble);
        }
    }
    text
}

fn row(stream: &StreamStatusRow, clock: &Clock) -> [Cell; 10] {
    let last = stream.last_batch.as_ref();
    let dash = || "–".to_owned();
    [
        cell(&stream.stream),
        colored(state(stream), state_color(&stream.state)),
        cell(stream.since_at.map_or_else(dash, |at| units::duration(clock.since(at)))),
        cell(last.map_or_else(dash, |batch| batch.batch.to_string())),
        cell(units::count(stream.rows)),
        cell(last.map_or_else(dash, |b| units::changes(b.inserted, b.updated, b.deleted))),
        cell(last.map_or_else(dash, rate)),
        cell(stream.lag_ms.map_or_else(dash, units::millis)),
        cell(next(stream, clock)),
        error_cell(stream.failure.as_ref()),
    ]
}

/// Rows a second, or a dash where nothing was pulled.
fn rate(batch: &BatchRow) -> String {
    batch.rows_per_second().map_or_else(|| "–".to_owned(), |n| format!("{}/s", units::count(n)))
}

/// `ingesting 30 %`, `merging, then paused`.
fn state(stream: &StreamStatusRow) -> String {
    let mut text = stream.state.clone();
    let total = stream.progress.as_ref().and_then(|p| Some((p.rows, p.total_rows?)));
    if let Some((rows @ 1.., total @ 1..)) = total
        && stream.state == "ingesting"
    {
        text.push_str(&format!(" {} %", (rows.saturating_mul(100) / total).min(100)));
    }
    if stream.wanted != "run" && stream.wanted != stream.state {
        text.push_str(&format!(", then {}", stream.wanted));
    }
    text
}

fn is_busy(state: &str) -> bool {
    ["ingesting", "merging", "reconciling"].contains(&state)
}

fn state_color(state: &str) -> Color {
    match state {
        "failing" => Color::Red,
        "backing_off" | "paused" => Color::Yellow,
        state if is_busy(state) => Color::Cyan,
        _ => Color::Green,
    }
}

/// A batch that is due for this long and has not begun is worth a look at the workers.
const LATE: Duration = Duration::from_secs(10);

fn next(stream: &StreamStatusRow, clock: &Clock) -> String {
    match stream.next_due_at {
        _ if stream.wanted == "paused" => "paused".to_owned(),
        _ if is_busy(&stream.state) => "running".to_owned(),
        None => "external".to_owned(),
        Some(at) if clock.since(at) >= LATE => format!("{} late", units::duration(clock.since(at))),
        Some(at) if clock.until(at).is_zero() => "now".to_owned(),
        Some(at) => format!("in {}", units::duration(clock.until(at))),
    }
}

/// Why a stream is paused or does not work, and what to do.
fn trouble(stream: &StreamStatusRow, clock: &Clock) -> Option<String> {
    let name = paint(NAME, &stream.stream);
    let mut lines = Vec::new();
    if stream.wanted == "paused" {
        lines.push(format!("{name} {}", wanted(stream)));
    }
    if let Some(failure) = &stream.failure {
        lines.push(format!("{name}{}\n{}", when(stream, clock), render_failure(failure)));
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// `paused by ann@desk: source is being upgraded`.
fn wanted(stream: &StreamStatusRow) -> String {
    let mut text = stream.wanted.clone();
    if !stream.wanted_by.is_empty() {
        text.push_str(&format!(" by {}", stream.wanted_by));
    }
    if !stream.wanted_reason.is_empty() {
        text.push_str(&format!(": {}", stream.wanted_reason));
    }
    text
}

fn when(stream: &StreamStatusRow, clock: &Clock) -> String {
    let times = match stream.failures {
        0 | 1 => String::new(),
        n => format!(", {n} times in a row"),
    };
    match stream.failed_at {
        Some(at) => format!(" {} ago{times}", units::duration(clock.since(at))),
        None => times,
    }
}

/// One stream with its tables and its last batches.
pub(super) fn detail(stream: &StreamStatusRow, batches: &[BatchRow], clock: &Clock) -> String {
    let mut text = format!("{}\n", paint(STRONG, &stream.stream));
    let mut fact = |name: &str, value: &str| {
        text.push_str(&format!("  {} {value}\n", paint(FAINT, format!("{name:<10}"))));
    };
    let since = stream
        .since_at
        .map_or_else(String::new, |at| format!(" for {}", units::duration(clock.since(at))));
    fact("state", &format!("{}{since}", state(stream)));
    if let Some(progress) = progress(stream) {
        fact("progress", &progress);
    }
    if stream.wanted != "run" {
        fact("wanted", &wanted(stream));
    }
    if let Some(resync) = &stream.resync {
        let by = if resync.by.is_empty() { String::new() } else { format!(", by {}", resync.by) };
        let why =
            if resync.reason.is_empty() { String::new() } else { format!(": {}", resync.reason) };
        fact("resync", &format!("{}{by}{why}", resync.what));
    }
    fact("next", &next(stream, clock));
    fact("lag", &stream.lag_ms.map_or_else(|| "nothing committed yet".to_owned(), units::millis));
    fact("schedule", &stream.schedule);
    fact("style", &stream.style);
    fact("team", &stream.team);
    fact("classes", &format!("ingest {}, merge {}", stream.ingest_class, stream.merge_class));
    text.push('\n');
    text.push_str(&datasets(stream));
    text.push_str("\n\n");
    text.push_str(&batch_table(batches, clock));
    if let Some(trouble) = trouble(stream, clock).filter(|_| stream.failure.is_some()) {
        text.push_str("\n\n");
        text.push_str(&trouble);
    }
    text
}

/// What the running activity has done: an ingest row by row, a merge all at once.
fn progress(stream: &StreamStatusRow) -> Option<String> {
    let open = stream.open_batch.as_ref()?;
    let done = match stream.state.as_str() {
        "ingesting" => {
            let progress = stream.progress?;
            let rows = progress::rows(progress.rows, progress.total_rows.unwrap_or(0));
            match progress.bytes {
                0 => rows,
                bytes => format!("{rows}, {}", units::bytes(bytes)),
            }
        }
        "merging" => format!("{} staged", units::counted(open.staged_rows, "row")),
        _ => return None,
    };
    Some(format!("batch {}: {done}", open.batch))
}

fn datasets(stream: &StreamStatusRow) -> String {
    let mut table =
        table::table(&[("DATASET", Side::Left), ("TABLE", Side::Left), ("ROWS", Side::Right)]);
    for dataset in &stream.datasets {
        let rows = if dataset.loaded { units::count(dataset.rows) } else { "loading".to_owned() };
        table.add_row([cell(&dataset.dataset), cell(&dataset.table), cell(rows)]);
    }
    table::render(&table)
}

fn batch_table(batches: &[BatchRow], clock: &Clock) -> String {
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
        let color = match batch.status.as_str() {
            "committed" => Color::Green,
            "failed" => Color::Red,
            _ => Color::Yellow,
        };
        table.add_row([
            cell(batch.batch),
            colored(&batch.status, color),
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
    table::fit(&mut table, &["ROWS/S", "TRIES", "STAGED", "INGEST", "MERGE"]);
    table::render(&table)
}

fn error_cell(failure: Option<&Failure>) -> Cell {
    failure.map_or_else(|| cell(""), |failure| colored(&failure.code, Color::Red))
}

#[cfg(test)]
mod tests;

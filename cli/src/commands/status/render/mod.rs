//! Status as text: a table of all streams, or one stream with its tables and batches.

pub(super) mod check;
mod detail;
mod words;

use comfy_table::Cell;
use teal_activities::catalog::status::StreamStatusRow;

use super::runtime::Runtime;
use crate::{
    config,
    ui::{
        batch,
        style::{FAINT, paint},
        table::{self, Side, cell, colored},
        units::{self, Clock},
        wrap::wrap,
    },
};

pub(super) use detail::detail;

/// What a look is drawn with.
pub(super) struct View<'a> {
    /// The moment.
    pub(super) clock: Clock,
    /// Columns of the terminal; `None`: a pipe, which gets everything.
    pub(super) width: Option<u16>,
    /// Address of Temporal's UI, for links.
    pub(super) ui: Option<String>,
    /// What Temporal said.
    pub(super) runtime: &'a Runtime,
}

impl<'a> View<'a> {
    /// For this terminal, now.
    pub(super) fn now(runtime: &'a Runtime) -> Self {
        Self {
            clock: Clock::now(),
            width: table::terminal_width(),
            ui: config::temporal_ui(),
            runtime,
        }
    }
}

/// All streams, then what is wrong and what to do about it.
pub(super) fn overview(streams: &[StreamStatusRow], view: &View<'_>) -> String {
    if streams.is_empty() {
        return "no stream is like that".to_owned();
    }
    let mut table = table::table(&[
        ("STREAM", Side::Left),
        ("STATE", Side::Left),
        ("SINCE", Side::Right),
        ("BATCH", Side::Right),
        ("CHANGES", Side::Left),
        ("TOOK", Side::Right),
        ("ROWS", Side::Right),
        ("ROWS/S", Side::Right),
        ("LAG", Side::Right),
        ("NEXT", Side::Right),
        ("ERROR", Side::Left),
    ]);
    for stream in streams {
        table.add_row(row(stream, view));
    }
    let expendable =
        ["ROWS/S", "ROWS", "SINCE", "TOOK", "CHANGES", "BATCH", "NEXT", "LAG", "ERROR"];
    table::fit_into(&mut table, view.width, &expendable);
    let mut text = table::render(&table);
    let runtime = view.runtime_trouble(streams);
    let own = streams.iter().filter_map(|stream| view.trouble(stream));
    for trouble in runtime.into_iter().chain(own) {
        text.push_str("\n\n");
        text.push_str(&wrapped(&trouble, view));
    }
    text
}

/// Each line within the terminal's width, its further lines indented as it is.
fn wrapped(text: &str, view: &View<'_>) -> String {
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len() + 2;
    let lines: Vec<String> =
        text.lines().map(|line| wrap(line, view.width, indent(line))).collect();
    lines.join("\n")
}

fn row(stream: &StreamStatusRow, view: &View<'_>) -> [Cell; 11] {
    let last = stream.last_batch.as_ref();
    let dash = || "–".to_owned();
    [
        cell(&stream.stream),
        colored(view.state(stream), words::state_color(stream, view.runtime)),
        cell(stream.since_at.map_or_else(dash, |at| units::duration(view.clock.since(at)))),
        cell(last.map_or_else(dash, |batch| batch.batch.to_string())),
        cell(last.map_or_else(dash, |b| units::changes(b.inserted, b.updated, b.deleted))),
        cell(last.map_or_else(dash, |batch| units::millis(batch.work_ms()))),
        cell(units::count(stream.rows)),
        cell(last.map_or_else(dash, batch::rate)),
        cell(stream.lag_ms.map_or_else(dash, units::millis)),
        cell(view.next(stream)),
        batch::error_cell(stream.failure.as_ref()),
    ]
}

/// A fact with its name before it, wrapped.
fn fact(name: &str, value: &str, view: &View<'_>) -> String {
    let line = format!("  {} {value}", paint(FAINT, format!("{name:<10}")));
    wrap(&line, view.width, 13)
}

#[cfg(test)]
mod tests;

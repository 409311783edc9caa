//! What `teal status --check` found.

use teal_activities::catalog::status::{ObjectiveRow, StreamStatusRow, Verdict};

use super::{super::check::Broken, View, wrapped};
use crate::ui::{
    error::without_code,
    style::{ERROR, NAME, paint},
    table::{self, Color, Side, cell, colored},
    units,
};

/// Objectives that are broken, then the streams that do not work.
pub(in super::super) fn trouble(
    objectives: &[ObjectiveRow],
    streams: &[StreamStatusRow],
    broken: &[Broken],
    view: &View<'_>,
) -> String {
    let mut parts = Vec::new();
    if objectives.iter().any(|objective| objective.verdict.is_broken()) {
        parts.push(table(objectives, view));
    }
    let is_paused = |stream: &&StreamStatusRow| {
        let breaks = |o: &ObjectiveRow| o.stream == stream.stream && o.verdict == Verdict::Paused;
        objectives.iter().any(breaks)
    };
    let paused = streams.iter().filter(is_paused);
    let paused = paused.map(|s| format!("{} {}", paint(NAME, &s.stream), view.wanted(s)));
    let broken = broken.iter().map(line);
    let lines: Vec<String> = paused.chain(broken).map(|line| wrapped(&line, view)).collect();
    if !lines.is_empty() {
        parts.push(lines.join("\n"));
    }
    parts.join("\n\n")
}

fn table(objectives: &[ObjectiveRow], view: &View<'_>) -> String {
    let mut table = table::table(&[
        ("BROKEN", Side::Left),
        ("WORKSPACE", Side::Left),
        ("GROUP", Side::Left),
        ("DATASET", Side::Left),
        ("OLD", Side::Right),
        ("ALLOWED", Side::Right),
        ("TOO LATE", Side::Right),
        ("STREAM", Side::Left),
        ("STATE", Side::Left),
    ]);
    for row in objectives.iter().filter(|objective| objective.verdict.is_broken()) {
        let word = match row.verdict {
            Verdict::Late | Verdict::Met | Verdict::Ignored => "late",
            Verdict::NotLoaded => "not loaded",
            Verdict::Paused => "paused",
        };
        let dash = || "–".to_owned();
        let late = if row.late_ms == 0 { dash() } else { units::millis(row.late_ms) };
        table.add_row([
            colored(word, Color::Red),
            cell(&row.workspace),
            cell(&row.group),
            cell(format!("{}:{}", row.store, row.dataset)),
            cell(row.lag_ms.map_or_else(dash, units::millis)),
            cell(units::millis(row.latency_ms)),
            cell(late),
            cell(&row.stream),
            cell(&row.state),
        ]);
    }
    table::fit_into(&mut table, view.width, &["STATE", "STREAM", "ALLOWED", "OLD"]);
    table::render(&table)
}

fn line(broken: &Broken) -> String {
    let name = paint(NAME, &broken.stream);
    match broken.code.as_str() {
        "" => format!("{name} {}", broken.message),
        code => format!(
            "{name} {} {}",
            paint(ERROR, format!("error[{code}]:")),
            without_code(code, &broken.message)
        ),
    }
}

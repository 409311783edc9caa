//! One stream with its tables and its last batches.

use teal_activities::catalog::status::{
    BatchRow, By, ObjectiveRow, ProgressRow, ResyncRow, StreamStatusRow, Verdict,
};
use teal_temporal::{Seen, look::PendingActivity};

use super::{View, fact, words::is_busy, wrapped};
use crate::ui::{
    batch, progress,
    style::{DONE, ERROR, STRONG, paint},
    table::{self, Side, cell},
    units,
};

/// Everything about one stream.
pub(in super::super) fn detail(
    stream: &StreamStatusRow,
    objectives: &[ObjectiveRow],
    batches: &[BatchRow],
    view: &View<'_>,
) -> String {
    let mut text = format!("{}\n", paint(STRONG, &stream.stream));
    for (name, value) in facts(stream, objectives, view) {
        text.push_str(&fact(name, &value, view));
        text.push('\n');
    }
    text.push('\n');
    text.push_str(&datasets(stream));
    text.push_str("\n\n");
    text.push_str(&batch::table(batches, &view.clock, view.width));
    let runtime = view.runtime_trouble(std::slice::from_ref(stream));
    for trouble in runtime.into_iter().chain(view.trouble(stream)) {
        text.push_str("\n\n");
        text.push_str(&wrapped(&trouble, view));
    }
    text
}

fn facts(
    stream: &StreamStatusRow,
    objectives: &[ObjectiveRow],
    view: &View<'_>,
) -> Vec<(&'static str, String)> {
    let since = stream
        .since_at
        .map_or_else(String::new, |at| format!(" for {}", units::duration(view.clock.since(at))));
    let mut facts = vec![("state", format!("{}{since}", view.state(stream)))];
    if let Some(progress) = open_batch(stream) {
        facts.push(("progress", progress));
    }
    if let Some(last) = &stream.last_batch {
        facts.push(("last batch", last_batch(last, view)));
    }
    if let Some(resync) = &stream.resync {
        facts.push(("resync", asked(resync)));
    }
    facts.push(("next", view.next(stream)));
    let lag = stream.lag_ms.map_or_else(|| "nothing committed yet".to_owned(), units::millis);
    facts.push(("lag", lag));
    facts.extend(objectives.iter().map(|row| ("objective", objective(row))));
    facts.push(("schedule", stream.schedule.clone()));
    facts.push(("style", stream.style.clone()));
    facts.push(("team", stream.team.clone()));
    facts.push(("ingest", runs_on(&stream.ingest_class, &stream.ingest_queue, view)));
    facts.push(("merge", runs_on(&stream.merge_class, &stream.merge_queue, view)));
    facts.push(("workflow", workflow(stream, view)));
    if let Some(link) = link(stream, view) {
        facts.push(("link", link));
    }
    facts
}

/// `batch 13: copying orders, 300 K of about 1.0 M rows (30 %), 50.0 MiB; about 2 min left`.
fn open_batch(stream: &StreamStatusRow) -> Option<String> {
    let open = stream.open_batch.as_ref()?;
    let mut text = format!("batch {}: ", open.batch);
    match &stream.progress {
        Some(progress) if is_busy(&stream.state) => {
            if open.status == "ingested" {
                text.push_str(&format!(
                    "merging {}",
                    units::counted(open.staged_rows, "staged row")
                ));
            } else {
                text.push_str(&copied(progress));
            }
            text.push_str("; ");
            text.push_str(&left(progress));
        }
        _ => text.push_str(&format!("{}, not going on now", open.status)),
    }
    if open.attempts > 1 {
        text.push_str(&format!("; attempt {}", open.attempts));
    }
    Some(text)
}

fn copied(progress: &ProgressRow) -> String {
    let doing = if progress.doing.is_empty() { "reading" } else { &progress.doing };
    if progress.rows == 0 && progress.total_rows.is_none() {
        return doing.to_owned();
    }
    let rows = progress::rows(progress.rows, progress.total_rows.unwrap_or(0));
    match progress.bytes {
        0 => format!("{doing}, {rows}"),
        bytes => format!("{doing}, {rows}, {}", units::bytes(bytes)),
    }
}

fn left(progress: &ProgressRow) -> String {
    match progress.left {
        None => "time left unknown".to_owned(),
        Some(left) => {
            let by = match left.by {
                By::ThisBatch => "",
                By::LastBatches => ", as fast as the last batches",
            };
            format!("about {} left{by}", units::millis(left.ms))
        }
    }
}

/// `compares every row of orders, by ann@desk: looks odd`.
fn asked(resync: &ResyncRow) -> String {
    let by = if resync.by.is_empty() { String::new() } else { format!(", by {}", resync.by) };
    let why = if resync.reason.is_empty() { String::new() } else { format!(": {}", resync.reason) };
    format!("{}{by}{why}", resync.what)
}

/// `12: +9 ~4000 −1, 7 unchanged, 120 K rows pulled, took 600 ms, 1 min ago`.
fn last_batch(last: &BatchRow, view: &View<'_>) -> String {
    let ago = last
        .committed_at
        .map_or_else(String::new, |at| format!(", {} ago", units::duration(view.clock.since(at))));
    format!(
        "{}: {}, {} unchanged, {} pulled, took {}{ago}",
        last.batch,
        units::changes(last.inserted, last.updated, last.deleted),
        units::count(last.unchanged),
        units::counted(last.staged_rows, "row"),
        units::millis(last.work_ms()),
    )
}

/// `reporting/core shop:orders: at most 5 min old: met`.
fn objective(row: &ObjectiveRow) -> String {
    let verdict = match row.verdict {
        Verdict::Met => paint(DONE, "met"),
        Verdict::Late => paint(ERROR, format!("broken, {} too late", units::millis(row.late_ms))),
        Verdict::NotLoaded => paint(ERROR, "broken, not loaded yet"),
        Verdict::Paused | Verdict::Ignored => paint(ERROR, "broken by the pause"),
    };
    format!(
        "{}/{} {}: at most {} old: {verdict}",
        row.workspace,
        row.group,
        row.dataset,
        units::millis(row.latency_ms)
    )
}

/// `class small, queue teal/main/small, 2 workers`.
fn runs_on(class: &str, queue: &str, view: &View<'_>) -> String {
    let workers = match view.runtime.presence(queue) {
        None => String::new(),
        Some(presence) if presence.is_polled() => {
            format!(", {}", units::counted(presence.identities.len() as u64, "worker"))
        }
        Some(_) => format!(", {}", paint(ERROR, "no worker")),
    };
    format!("class {class}, queue {queue}{workers}")
}

fn workflow(stream: &StreamStatusRow, view: &View<'_>) -> String {
    match view.runtime.seen(stream) {
        None => stream.workflow.clone(),
        Some(Seen::Open(None)) => format!("{}, open", stream.workflow),
        Some(Seen::Open(Some(activity))) => {
            format!("{}, open; {}", stream.workflow, waits_for(activity, view))
        }
        Some(ended) => format!("{}: {}", stream.workflow, paint(ERROR, view.workflow(ended))),
    }
}

/// `stream.ingest runs at teal worker 12@host, attempt 2, last sign of life 2.0 s ago`.
fn waits_for(activity: &PendingActivity, view: &View<'_>) -> String {
    let ago = |at_ms: Option<i64>| {
        let at = jiff::Timestamp::from_millisecond(at_ms?).ok()?;
        Some(units::duration(view.clock.since(at)))
    };
    let mut text = if activity.started {
        format!("{} runs at {}", activity.name, activity.worker)
    } else {
        let since = ago(activity.scheduled_at_ms).map(|ago| format!(" for {ago}"));
        format!("{} waits for a worker{}", activity.name, since.unwrap_or_default())
    };
    if activity.attempt > 1 {
        text.push_str(&format!(", attempt {}", activity.attempt));
    }
    if let Some(ago) = ago(activity.beat_at_ms).filter(|_| activity.started) {
        text.push_str(&format!(", last sign of life {ago} ago"));
    }
    if !activity.failure.is_empty() {
        text.push_str(&format!("; before: {}", activity.failure));
    }
    text
}

/// Where the browser shows the workflow.
fn link(stream: &StreamStatusRow, view: &View<'_>) -> Option<String> {
    let (ui, told) = (view.ui.as_ref()?, view.runtime.told()?);
    let id = stream.workflow.replace('/', "%2F");
    Some(format!("{ui}/namespaces/{}/workflows/{id}", told.namespace))
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

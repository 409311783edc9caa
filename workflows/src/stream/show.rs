//! What people see of a stream in Temporal's UI: summaries with numbers, a small live table.

use teal_proto::v1::{MergeReport, StreamStatus};

use super::{
    event::Work,
    state::{Stage, State},
    word::Word,
};

/// One line for the activity in the UI's timeline.
pub(super) fn summary(state: &State, work: Work) -> String {
    let stream = &state.stream;
    match work {
        Work::Load => format!("{stream}: read configuration and ledger"),
        Work::Reconcile => {
            format!("{stream}: tables and views of {}", short(&state.config.config_hash))
        }
        Work::Ingest if state.last_batch == 0 => format!("{stream}: first load"),
        Work::Ingest if state.resync.wanted != 0 => {
            format!("{stream}: batch after {}, {}", state.last_batch, state.resync.words)
        }
        Work::Ingest => match &state.last_report {
            Some(last) => {
                let rows = grouped(last.staged_rows);
                format!("{stream}: batch after {} (it had {rows} rows)", state.last_batch)
            }
            None => format!("{stream}: batch after {}", state.last_batch),
        },
        Work::Merge { batch, rows, .. } => {
            format!("{stream}: batch {batch}, {} rows", grouped(rows))
        }
        Work::Retire => format!("{stream}: end after batch {}", state.last_batch),
    }
}

/// One line for what is told to the catalog.
pub(super) fn note_summary(state: &State) -> String {
    let word = state.word().as_str();
    match &state.last_failure {
        Some(failure) => {
            format!("{}: {word}, failure {}: {}", state.stream, state.failures, failure.code)
        }
        None => format!("{}: {word}", state.stream),
    }
}

/// One line for the timer.
pub(super) fn timer_summary(state: &State, wait_ms: i64) -> String {
    let what = match &state.stage {
        Stage::BackingOff { .. } => format!("try again, {} failures", state.failures),
        Stage::Failing { .. } => "probe".to_owned(),
        _ => format!("batch after {}", state.last_batch),
    };
    format!("{}: {what} in {}", state.stream, duration(wait_ms))
}

/// The table that the UI shows on the page of the workflow.
pub(super) fn details(state: &State) -> String {
    let mut lines = vec![
        "| | |".to_owned(),
        "|---|---|".to_owned(),
        format!("| state | **{}** since {} |", state.word().as_str(), time(state.since_at_ms)),
    ];
    if let Stage::Merging { batch, rows, .. } = &state.stage {
        lines.push(format!("| open batch | {batch}, {} rows staged |", grouped(*rows)));
    }
    if let Some(report) = &state.last_report {
        lines.push(format!("| last commit | {} |", commit(report)));
    } else if state.last_batch != 0 {
        lines.push(format!("| last commit | batch {} |", state.last_batch));
    }
    if let Some(deadline) = state.deadline() {
        lines.push(format!("| next | {} |", time(deadline)));
    }
    if state.runs.requested > state.runs.served {
        let waiting = state.runs.requested - state.runs.served;
        lines.push(format!("| asked for | {waiting} × run_now |"));
    }
    if state.resync.wanted != 0 {
        lines.push(format!("| resync | {} |", cell(&state.resync.words)));
    }
    if let Some(failure) = &state.last_failure {
        let own = format!("[{}] ", failure.code);
        let message = failure.message.strip_prefix(&own).unwrap_or(&failure.message);
        let (code, times) = (&failure.code, state.failures);
        lines.push(format!("| failure {times} | **{code}** {} |", cell(message)));
        let help = failure.help.replace("<stream>", &state.stream);
        lines.push(format!("| what to do | {}; `teal explain {code}` says more |", cell(&help)));
    }
    if !state.config.intent_reason.is_empty() && !state.config.intent_by.is_empty() {
        let (reason, by) = (&state.config.intent_reason, &state.config.intent_by);
        lines.push(format!("| said | {} ({by}) |", cell(reason)));
    }
    lines.push(format!("| configuration | {} |", short(&state.running_hash)));
    lines.join("\n")
}

/// Text that stays within its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// Answer of the query `status`.
pub(super) fn status(state: &State) -> StreamStatus {
    let open_batch = match &state.stage {
        Stage::Merging { batch, .. } => *batch,
        _ => 0,
    };
    StreamStatus {
        stream: state.stream.clone(),
        state: state.word().as_str().to_owned(),
        since_at_ms: state.since_at_ms,
        next_due_at_ms: state.deadline().unwrap_or(0),
        open_batch,
        last_batch: state.last_batch,
        failures: state.failures,
        last_failure: state.last_failure.clone(),
        runs_requested: state.runs.requested,
        runs_served: state.runs.served,
        config_hash: state.running_hash.clone(),
        last_report: state.last_report,
        resync_wanted: state.resync.wanted,
        resync_served: state.resync.served,
        resync: state.resync.words.clone(),
    }
}

fn commit(report: &MergeReport) -> String {
    let [inserted, updated, deleted, unchanged] =
        [report.inserted, report.updated, report.deleted, report.unchanged].map(grouped);
    format!(
        "batch {}: +{inserted} ~{updated} −{deleted}, {unchanged} unchanged, at {}",
        report.batch,
        time(report.committed_at_ms)
    )
}

/// What Temporal's list shows in `TealState`. Each change costs the server a write, so a stream
/// whose batches take less than ten seconds stays `waiting` there while it blinks; the details of
/// the workflow and its query are always exact.
pub(super) fn listed_word(state: &State) -> Word {
    /// A batch shorter than this is over before somebody has looked.
    const BLINK_MS: u64 = 10_000;
    match state.word() {
        word @ (Word::Ingesting | Word::Merging) => {
            let brief = state.last_report.as_ref().is_some_and(|r| r.duration_ms < BLINK_MS);
            if brief && state.failures == 0 { Word::Waiting } else { word }
        }
        word => word,
    }
}

/// `50 000`: groups of three, as a person reads them in any language.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index != 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

fn duration(ms: i64) -> String {
    match (ms + 999) / 1_000 {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3_600),
    }
}

fn time(at_ms: i64) -> String {
    match jiff::Timestamp::from_millisecond(at_ms / 1_000 * 1_000) {
        Ok(time) if at_ms != 0 => time.to_string(),
        _ => "–".to_owned(),
    }
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use teal_proto::v1::{Failure, StreamCarry};

    #[test]
    fn summaries_carry_names_and_numbers() {
        let mut state = State::new("live/shop", &StreamCarry::default(), 0);
        assert_eq!(summary(&state, Work::Ingest), "live/shop: first load");
        state.last_batch = 1_421;
        assert_eq!(
            summary(&state, Work::Merge { batch: 1_422, epoch: 1, rows: 50_000 }),
            "live/shop: batch 1422, 50\u{202f}000 rows"
        );
        assert_eq!(timer_summary(&state, 59_001), "live/shop: batch after 1421 in 60 s");
    }

    #[test]
    fn details_are_one_table_whatever_a_message_holds() {
        let failure = Failure {
            code: "MERGE0002".into(),
            message: "[MERGE0002] a | b\nc".into(),
            help: "`teal run <stream> --accept`".into(),
            ..Failure::default()
        };
        let carry = StreamCarry { last_failure: Some(failure), failures: 2, ..Default::default() };
        let state = State::new("live/shop", &carry, 1_700_000_000_123);
        let table = details(&state);
        assert!(table.contains("**waiting** since 2023-11-14T22:13:20Z"), "{table}");
        assert!(table.contains("**MERGE0002** a \\| b c |"), "{table}");
        assert!(
            table.contains("`teal run live/shop --accept`; `teal explain MERGE0002`"),
            "{table}"
        );
        assert!(table.lines().all(|line| line.starts_with('|') && line.ends_with('|')), "{table}");
    }
}

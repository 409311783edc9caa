//! Tables of decisions ([`cycle`], [`images`], [`people`], [`verbs`], [`reload`], [`failures`]) and properties over random
//! histories ([`properties`]); here, what they share.

mod cycle;
mod failures;
mod images;
mod people;
mod properties;
mod reload;
mod verbs;

use teal_model::Kind;
use teal_proto::v1::{
    Failure, IngestReport, LoadReport, MergeReport, ReconcileReport, StreamCarry,
};

use super::{Command, Event, State, Word, Work, step};

const EPOCH: i64 = 77;
const PERIOD_MS: i64 = 60_000;

fn load(intent: &str, due: i64) -> Event {
    Event::Loaded(Box::new(LoadReport {
        intent: intent.into(),
        config_hash: "h1".into(),
        next_due_at_ms: due,
        period_seconds: 60,
        ..LoadReport::default()
    }))
}

fn ingested(batch: u32) -> Event {
    Event::Ingested(IngestReport { batch, epoch: EPOCH, rows: 5, ..IngestReport::default() })
}

fn merged(batch: u32, due: i64) -> Event {
    Event::Merged(MergeReport { batch, next_due_at_ms: due, ..MergeReport::default() })
}

fn failed(kind: Kind) -> Event {
    Event::Failed(Failure { code: "T1".into(), kind: kind.as_str().into(), ..Failure::default() })
}

fn run_now() -> Event {
    Event::RunNow { accept_deletes: false }
}

const fn start(work: Work) -> Command {
    Command::Do { work, accept_deletes: false }
}

const fn merge(batch: u32) -> Command {
    start(Work::Merge { batch, epoch: EPOCH, rows: 5 })
}

const NOTE: Command = Command::Note { abandon: false };
const ABANDON: Command = Command::Note { abandon: true };

/// One line of a table: at this time, after this event, this word and these commands.
type Line = (i64, Event, Word, Vec<Command>);

fn play(lines: impl IntoIterator<Item = Line>) -> State {
    play_from(State::new("live/shop", &StreamCarry::default(), 0), lines)
}

fn play_from(mut state: State, lines: impl IntoIterator<Item = Line>) -> State {
    for (number, (at, event, word, commands)) in lines.into_iter().enumerate() {
        let text = format!("line {number}: {event:?}");
        let (after, ordered) = step(state, at, event);
        assert_eq!((after.word(), ordered), (word, commands), "{text}");
        state = after;
    }
    state
}

/// A stream that waits for its tick at 1,000.
fn waiting() -> State {
    play([
        (0, Event::Started, Word::Waiting, vec![start(Work::Load)]),
        (0, load("run", 1_000), Word::Waiting, vec![NOTE]),
    ])
}

/// … and whose batch 1 is being read.
fn ingesting() -> State {
    play_from(waiting(), [(1_000, Event::Due, Word::Ingesting, vec![start(Work::Ingest)])])
}

/// … and is being merged.
fn merging() -> State {
    play_from(ingesting(), [(1_500, ingested(1), Word::Merging, vec![merge(1)])])
}

fn load_for_reconcile(open: u32, status: &str) -> Event {
    Event::Loaded(Box::new(LoadReport {
        intent: "run".into(),
        config_hash: "h2".into(),
        needs_reconcile: true,
        next_due_at_ms: 61_000,
        open_batch: open,
        open_epoch: if open == 0 { 0 } else { EPOCH },
        open_status: status.into(),
        ..LoadReport::default()
    }))
}

fn reconciled(hash: &str) -> Event {
    Event::Reconciled(ReconcileReport { config_hash: hash.into(), ..ReconcileReport::default() })
}

//! What a stream does after a failure, found by letting it happen to one: for documents and tests.

use teal_model::Kind;
use teal_proto::v1::{Failure, LoadReport, StreamCarry};

use super::{Command, Event, Stage, State, Word, Work, step};

/// What a failure of an ingest or a merge leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// State that people see.
    pub word: Word,
    /// Whether the batch is given up: the next try takes a number of its own.
    pub gives_up: bool,
    /// When it is tried again.
    pub again: Again,
}

/// When a stream tries again by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// At once, from what the ledger says.
    AtOnce,
    /// After a pause that doubles with each failure in a row ([`pause_ms`](super::pause_ms)).
    AfterPause,
    /// At the next tick of its schedule.
    NextTick,
    /// Never: a person asks for it.
    WhenAsked,
}

const PERIOD_SECONDS: u32 = 60;
const TICK_MS: i64 = 1_000;

/// Lets a failure of this kind end the first ingest of a stream.
pub fn outcome(kind: Kind) -> Outcome {
    let (state, ordered) = step(ingesting(), TICK_MS, failed(kind));
    let gives_up = ordered.contains(&Command::Note { abandon: true });
    let next_tick = TICK_MS + i64::from(PERIOD_SECONDS) * 1_000;
    let again = match (&state.stage, &ordered[..]) {
        (_, [Command::Do { work: Work::Load, .. }]) => Again::AtOnce,
        (Stage::BackingOff { .. }, _) => Again::AfterPause,
        _ => {
            let (noted, _commands) = step(state.clone(), TICK_MS, Event::Noted(Some(next_tick)));
            if noted.deadline().is_some() { Again::NextTick } else { Again::WhenAsked }
        }
    };
    Outcome { word: state.word(), gives_up, again }
}

fn failed(kind: Kind) -> Event {
    Event::Failed(Failure { kind: kind.as_str().to_owned(), ..Failure::default() })
}

/// A stream whose first batch is being ingested.
fn ingesting() -> State {
    let report = LoadReport {
        intent: "run".to_owned(),
        next_due_at_ms: TICK_MS,
        period_seconds: PERIOD_SECONDS,
        ..LoadReport::default()
    };
    let started = State::new("live/shop", &StreamCarry::default(), 0);
    let events = [(0, Event::Started), (0, Event::Loaded(Box::new(report))), (TICK_MS, Event::Due)];
    events.into_iter().fold(started, |state, (at, event)| step(state, at, event).0)
}

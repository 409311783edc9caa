//! What the streams of a plan do while it is applied: state by state, with rows done.

use std::collections::BTreeMap;

use sqlx::PgPool;
use teal_activities::{
    Io,
    catalog::status::{self, Filter, StreamStatusRow},
};
use teal_model::{
    plan::{Action, Plan},
    release::Release,
};

use crate::ui::{
    progress::{Line, rows},
    style::{NAME, paint},
};

/// Streams that fit into the moving line.
const SHOWN: usize = 3;

/// Watches the streams that a plan starts, changes, loads or ends.
pub(super) struct Jobs {
    control: PgPool,
    ledger: PgPool,
    streams: Vec<String>,
    /// The last state that was told of each.
    told: BTreeMap<String, String>,
}

impl Jobs {
    /// `None` where there is nothing to watch, or no way to.
    pub(super) async fn of(io: &Io, plan: &Plan, release: &Release) -> Option<Self> {
        let streams = plan.steps.iter().filter_map(|step| match &step.action {
            Action::CreateStream { stream, .. }
            | Action::ChangeStream { stream, .. }
            | Action::RepairStream { stream, .. }
            | Action::LoadStream { stream, .. }
            | Action::RetireStream { stream, .. } => Some(stream.to_string()),
            _ => None,
        });
        let mut streams: Vec<String> = streams.collect();
        streams.sort();
        streams.dedup();
        let ledger = io.ledger(&release.services.merge).await.ok()?;
        let control = io.control().clone();
        (!streams.is_empty()).then_some(Self { control, ledger, streams, told: BTreeMap::new() })
    }

    /// Tells each new state once, and returns what the moving line shows of those at work. A catalog
    /// that does not answer is no reason to stop watching.
    pub(super) async fn look(&mut self, line: &Line) -> String {
        let filter = Filter { streams: self.streams.clone(), ..Filter::default() };
        let Ok(found) = status::streams_of(&self.control, &self.ledger, &filter).await else {
            return String::new();
        };
        let mut busy = Vec::new();
        for stream in &found {
            let state = state(stream);
            if self.told.get(&stream.stream) != Some(&stream.state) {
                self.told.insert(stream.stream.clone(), stream.state.clone());
                line.above(&format!("  {}  {state}", paint(NAME, &stream.stream)));
            }
            if !matches!(stream.state.as_str(), "waiting" | "paused" | "retired") {
                busy.push(format!("{} {state}", stream.stream));
            }
        }
        let more = busy.len().saturating_sub(SHOWN);
        busy.truncate(SHOWN);
        let mut text: String = busy.iter().map(|one| format!(" · {one}")).collect();
        if more > 0 {
            text.push_str(&format!(" · {more} more"));
        }
        text
    }
}

/// `ingesting 1.2 M of about 4.0 M rows (30 %)`, `failing: the error`.
fn state(stream: &StreamStatusRow) -> String {
    let failure = stream.failure.as_ref().filter(|_| stream.failures > 0);
    match (stream.progress.as_ref().filter(|progress| progress.rows > 0), failure) {
        (Some(progress), _) => {
            format!("{} {}", stream.state, rows(progress.rows, progress.total_rows.unwrap_or(0)))
        }
        (None, Some(failure)) => format!("{}: {}", stream.state, failure.message),
        (None, None) => stream.state.clone(),
    }
}

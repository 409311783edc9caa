//! What a stream does, what comes next, and what is wrong, in words.

use std::{collections::BTreeMap, time::Duration};

use teal_activities::catalog::status::StreamStatusRow;
use teal_model::release::WORKFLOWS_QUEUE;
use teal_temporal::Seen;

use super::{
    super::runtime::{Runtime, Told},
    View,
};
use crate::ui::{
    error::render_failure,
    style::{ERROR, NAME, WARNING, paint},
    table::Color,
    units,
};

/// A batch that is due for this long and has not begun is worth a look at the workers.
const LATE: Duration = Duration::from_secs(10);

pub(super) fn is_busy(state: &str) -> bool {
    ["ingesting", "merging", "reconciling"].contains(&state)
}

pub(super) fn state_color(stream: &StreamStatusRow, runtime: &Runtime) -> Color {
    match stream.state.as_str() {
        _ if at_a_stand(runtime.seen(stream)).is_some() => Color::Red,
        "failing" => Color::Red,
        "backing_off" | "paused" => Color::Yellow,
        state if is_busy(state) => Color::Cyan,
        _ => Color::Green,
    }
}

/// What is added to the state of a stream whose workflow is known not to go on.
fn at_a_stand(seen: Option<&Seen>) -> Option<&'static str> {
    match seen? {
        Seen::Closed(_) | Seen::Missing | Seen::Foreign => Some("no workflow"),
        Seen::Stuck(_) => Some("stuck"),
        Seen::Open(_) => None,
    }
}

impl View<'_> {
    /// `ingesting 30 %`, `merging, then paused`, `waiting, no workflow`.
    pub(super) fn state(&self, stream: &StreamStatusRow) -> String {
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
        if let Some(word) = at_a_stand(self.runtime.seen(stream)) {
            text.push_str(", ");
            text.push_str(word);
        }
        text
    }

    /// When the next batch comes.
    pub(super) fn next(&self, stream: &StreamStatusRow) -> String {
        let clock = &self.clock;
        let late = |at| format!("{} late", units::duration(clock.since(at)));
        match stream.next_due_at {
            _ if stream.wanted == "paused" => "paused".to_owned(),
            _ if is_busy(&stream.state) => "running".to_owned(),
            None if stream.schedule == "external" => "external".to_owned(),
            None => "unknown".to_owned(),
            Some(at) if clock.since(at) >= LATE => late(at),
            Some(at) if clock.until(at).is_zero() => "now".to_owned(),
            Some(at) => format!("in {}", units::duration(clock.until(at))),
        }
    }

    /// Why a stream is paused or does not work, and what to do.
    pub(super) fn trouble(&self, stream: &StreamStatusRow) -> Option<String> {
        let name = paint(NAME, &stream.stream);
        let mut lines = Vec::new();
        if let Some(seen) =
            self.runtime.seen(stream).filter(|seen| at_a_stand(Some(seen)).is_some())
        {
            lines.push(format!(
                "{name} {}\n{}",
                paint(ERROR, self.workflow(seen)),
                what_to_do(seen, stream)
            ));
        }
        if stream.wanted == "paused" {
            lines.push(format!("{name} {}", self.wanted(stream)));
        }
        if let Some(failure) = &stream.failure {
            lines.push(format!("{name}{}\n{}", self.when(stream), render_failure(failure)));
        }
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// `paused by ann@desk 5 min ago: source is being upgraded`.
    pub(super) fn wanted(&self, stream: &StreamStatusRow) -> String {
        let mut text = stream.wanted.clone();
        let by = if stream.wanted_by.is_empty() { "somebody" } else { &stream.wanted_by };
        text.push_str(&format!(" by {by}"));
        if let Some(at) = stream.wanted_at {
            text.push_str(&format!(" {} ago", units::duration(self.clock.since(at))));
        }
        if !stream.wanted_reason.is_empty() {
            text.push_str(&format!(": {}", stream.wanted_reason));
        }
        text
    }

    fn when(&self, stream: &StreamStatusRow) -> String {
        let times = match stream.failures {
            0 | 1 => String::new(),
            n => format!(", {n} times in a row"),
        };
        match stream.failed_at {
            Some(at) => format!(" {} ago{times}", units::duration(self.clock.since(at))),
            None => times,
        }
    }

    /// How a workflow is: `open`, `was terminated 3 min ago by temporal-cli:ann@desk: too slow`,
    /// `cannot go on for 3 min, tried 9 times: …`.
    pub(in super::super) fn workflow(&self, seen: &Seen) -> String {
        match seen {
            Seen::Open(_) => "open".to_owned(),
            Seen::Missing => "has no workflow".to_owned(),
            Seen::Foreign => "has a workflow that belongs to another catalog".to_owned(),
            Seen::Stuck(stuck) => {
                let since =
                    stuck.since_ms.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
                let since = since
                    .map(|at| format!(" for {}", units::duration(self.clock.since(at))))
                    .unwrap_or_default();
                let mut text = format!(
                    "has a workflow that cannot go on{since}, tried {} times",
                    stuck.attempt
                );
                if !stuck.reason.is_empty() {
                    text.push_str(&format!(": {}", stuck.reason));
                }
                if !stuck.by.is_empty() {
                    text.push_str(&format!(" ({})", stuck.by));
                }
                text
            }
            Seen::Closed(end) => {
                let mut text = match end.how.as_str() {
                    "completed" | "failed" => format!("has a workflow that {}", end.how),
                    how => format!("has a workflow that was {how}"),
                };
                let at = end.at_ms.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
                if let Some(at) = at {
                    text.push_str(&format!(" {} ago", units::duration(self.clock.since(at))));
                }
                if !end.by.is_empty() {
                    text.push_str(&format!(" by {}", end.by));
                }
                if !end.reason.is_empty() {
                    text.push_str(&format!(": {}", end.reason));
                }
                text
            }
        }
    }

    /// What keeps more than one stream from working: a silent Temporal, queues that nobody polls.
    pub(super) fn runtime_trouble(&self, streams: &[StreamStatusRow]) -> Vec<String> {
        match self.runtime {
            Runtime::NotAsked => Vec::new(),
            Runtime::Silent { address, why } => vec![format!(
                "{}: Temporal at {address} does not answer, so workflows and workers are not \
                 known ({why})",
                paint(WARNING, "warning")
            )],
            Runtime::Told(told) => unpolled(told, streams),
        }
    }
}

/// A line for each queue that no worker polls, with the streams that wait for one.
fn unpolled(told: &Told, streams: &[StreamStatusRow]) -> Vec<String> {
    let mut waiting: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for stream in streams {
        for queue in [&stream.ingest_queue, &stream.merge_queue] {
            let names = waiting.entry(queue).or_default();
            if names.last() != Some(&stream.stream.as_str()) {
                names.push(&stream.stream);
            }
        }
    }
    let silent = told.queues.iter().filter(|(_, presence)| !presence.is_polled());
    let line = |(queue, _): (&String, _)| {
        let class = queue.rsplit('/').next().unwrap_or(queue);
        let (what, option) = match waiting.get(queue.as_str()) {
            Some(names) => (listed(names), format!("--class {class}")),
            None => ("all streams".to_owned(), "--workflows".to_owned()),
        };
        format!(
            "{} polls {queue}: {what} cannot go on; start one with `teal worker {option}`",
            paint(ERROR, "no worker")
        )
    };
    silent.filter(|(queue, _)| is_ours(queue, &waiting)).map(line).collect()
}

fn is_ours(queue: &str, waiting: &BTreeMap<&str, Vec<&str>>) -> bool {
    waiting.contains_key(queue) || queue.ends_with(&format!("/{WORKFLOWS_QUEUE}"))
}

/// `live/shop, live/web and 12 more`.
fn listed(names: &[&str]) -> String {
    const MOST: usize = 3;
    let shown: Vec<&str> = names.iter().take(MOST).copied().collect();
    match names.len().saturating_sub(MOST) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn what_to_do(seen: &Seen, stream: &StreamStatusRow) -> String {
    match seen {
        Seen::Foreign => {
            "hint: two installations share this Temporal namespace; give one a namespace of its own"
                .to_owned()
        }
        Seen::Stuck(_) => format!(
            "hint: if an older version of the workers runs, bring the newer one back; else end the \
             workflow and apply again, the stream goes on from the ledger:\n  \
             temporal workflow terminate -w '{}' && teal apply",
            stream.workflow
        ),
        Seen::Open(_) | Seen::Closed(_) | Seen::Missing => {
            "hint: `teal apply` starts it again; positions are in the ledger, nothing is read twice"
                .to_owned()
        }
    }
}

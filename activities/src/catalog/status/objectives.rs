//! Do consumers get data as fresh as the model promises (`needs: {latency: 5m}`)?

use std::collections::BTreeMap;

use serde::Serialize;
use teal_model::release::{Release, Shows};

use super::StreamStatusRow;
use crate::catalog::control::PAUSED;

/// One dataset of a workspace's group whose age has a limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ObjectiveRow {
    /// The consumer.
    pub workspace: String,
    /// Group of the workspace.
    pub group: String,
    /// Datastore of the dataset.
    pub store: String,
    /// The dataset.
    pub dataset: String,
    /// The view in which the consumer reads it.
    pub view: String,
    /// The stream that keeps it.
    pub stream: String,
    /// State of the stream.
    pub state: String,
    /// How old the data may be.
    pub latency_ms: u64,
    /// How old it is; absent: nothing is loaded yet.
    pub lag_ms: Option<u64>,
    /// How much older than it may be.
    pub late_ms: u64,
    /// Whether the consumer gets what it was promised.
    pub verdict: Verdict,
}

/// What there is to say about an objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The data is fresh enough.
    Met,
    /// The data is too old.
    Late,
    /// There is no data yet.
    NotLoaded,
    /// A person paused the stream: its data grows old, or is old already.
    Paused,
    /// As [`Verdict::Paused`], and whoever asks does not mind.
    Ignored,
}

impl Verdict {
    /// Whether the promise is broken.
    pub const fn is_broken(self) -> bool {
        matches!(self, Self::Late | Self::NotLoaded | Self::Paused)
    }
}

/// The objectives that these streams have to meet, in the order of the release.
pub fn objectives(
    release: &Release,
    streams: &[StreamStatusRow],
    ignore_paused: bool,
) -> Vec<ObjectiveRow> {
    let streams: BTreeMap<&str, &StreamStatusRow> =
        streams.iter().map(|stream| (stream.stream.as_str(), stream)).collect();
    let mut rows = Vec::new();
    for workspace in &release.workspaces {
        let current = workspace.views.iter().filter(|view| view.shows == Shows::Current);
        for view in current {
            let Some(seconds) = view.latency_seconds else { continue };
            let Some(stream) = streams.get(view.stream.to_string().as_str()) else { continue };
            let loaded = stream.datasets.iter().any(|d| d.dataset == view.dataset && d.loaded);
            let latency_ms = u64::from(seconds) * 1_000;
            let lag_ms = stream.lag_ms.filter(|_| loaded);
            rows.push(ObjectiveRow {
                workspace: workspace.name.clone(),
                group: view.group.clone(),
                store: view.stream.store().to_owned(),
                dataset: view.dataset.clone(),
                view: view.view.to_string(),
                stream: stream.stream.clone(),
                state: stream.state.clone(),
                latency_ms,
                lag_ms,
                late_ms: lag_ms.unwrap_or(0).saturating_sub(latency_ms),
                verdict: verdict(stream.wanted == PAUSED, ignore_paused, lag_ms, latency_ms),
            });
        }
    }
    rows
}

fn verdict(paused: bool, ignore_paused: bool, lag_ms: Option<u64>, latency_ms: u64) -> Verdict {
    match (paused, lag_ms) {
        (true, _) if ignore_paused => Verdict::Ignored,
        (true, _) => Verdict::Paused,
        (false, None) => Verdict::NotLoaded,
        (false, Some(lag)) if lag > latency_ms => Verdict::Late,
        (false, Some(_)) => Verdict::Met,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_breaks_an_objective_unless_it_is_ignored() {
        for (paused, ignored, lag, expected) in [
            (false, false, Some(1_000), Verdict::Met),
            (false, false, Some(1_001), Verdict::Late),
            (false, true, None, Verdict::NotLoaded),
            (true, false, Some(1), Verdict::Paused),
            (true, false, None, Verdict::Paused),
            (true, true, Some(5_000), Verdict::Ignored),
        ] {
            assert_eq!(verdict(paused, ignored, lag, 1_000), expected);
        }
    }
}

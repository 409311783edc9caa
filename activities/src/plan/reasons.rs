//! Why a stream ends, in words.

use teal_model::{Known, StreamId, release::Release};

use super::{
    facts::{Facts, StreamFacts},
    hand::{HandOvers, switched},
};

/// The true reason, as far as model and catalog can tell.
pub(super) fn why_retired(
    stream: &StreamFacts,
    facts: &Facts,
    wanted: &Release,
    known: Option<&Known>,
    hands: &HandOvers<'_>,
) -> String {
    let id = &stream.spec.id;
    if let Some(to) = wanted.jobs.iter().find(|job| job.stream.formerly.contains(id)) {
        return format!("renamed to {}, which exists already", to.stream.id);
    }
    let followers = hands.followers(stream);
    if !followers.is_empty() {
        let names: Vec<String> = followers.iter().map(ToString::to_string).collect();
        return format!("{}: followed by {}", switched(id), names.join(", "));
    }
    if wanted.jobs.iter().any(|job| is_other_shape(id, &job.stream.id)) {
        return switched(id);
    }
    if let Some(known) = known {
        if !known.platforms.contains(id.platform()) {
            return format!("platform {} left the model", id.platform());
        }
        let Some(datasets) = known.datasets.get(id.store()) else {
            return format!("datastore {} left the model", id.store());
        };
        if let Some(dataset) = id.dataset()
            && !datasets.contains(dataset)
        {
            return format!("dataset {}:{dataset} left the model", id.store());
        }
    }
    let moved = moved_to(stream, facts, wanted);
    if !moved.is_empty() {
        return format!("its workspaces read from {} from now on", moved.join(", "));
    }
    "no workspace needs it any more".to_owned()
}

/// One is the whole store, the other one of its datasets.
fn is_other_shape(one: &StreamId, other: &StreamId) -> bool {
    one.platform() == other.platform()
        && one.store() == other.store()
        && one.dataset().is_some() != other.dataset().is_some()
}

/// Streams that show what this one's views show now.
fn moved_to(stream: &StreamFacts, facts: &Facts, wanted: &Release) -> Vec<String> {
    let own = facts.streams.iter().filter(|other| other.id == stream.id);
    let views: Vec<_> = own.flat_map(|stream| &stream.views).collect();
    let mut streams: Vec<String> = wanted
        .workspaces
        .iter()
        .flat_map(|workspace| &workspace.views)
        .filter(|view| views.iter().any(|before| before.name == view.view))
        .map(|view| view.stream.to_string())
        .collect();
    streams.sort();
    streams.dedup();
    streams
}

//! The intention graph: ingest → export, only what some workspace needs. (Trigger, transformer and
//! the ingest of its output join the same graph when transformers are built.)
//!
//! In: a checked model. Out: streams with the consumers downstream of them.
//! Invariant: a stream is here exactly when some workspace has a sink on its platform.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    document::datastore::Streams, ids::StreamId, lint::index::Index, release::Priority, serving,
};

/// What is needed, and by whom.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Graph {
    /// Streams that some workspace needs.
    pub streams: BTreeMap<StreamId, Ingest>,
    /// What consumers see, ordered by workspace, schema, group and sink.
    pub exports: BTreeSet<Export>,
}

/// A stream that is needed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Ingest {
    /// The datasets that it reads.
    pub datasets: BTreeSet<String>,
    /// Workspaces downstream.
    pub needed_by: BTreeSet<String>,
    /// The highest of these workspaces.
    pub priority: Option<Priority>,
}

/// One dataset that one group of a workspace sees on one platform.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Export {
    /// Consumer.
    pub workspace: String,
    /// Schema of its views: the workspace, or a parallel run.
    pub schema: String,
    /// Group within the workspace.
    pub group: String,
    /// Store of the dataset.
    pub store: String,
    /// The dataset.
    pub dataset: String,
    /// The stream that keeps it.
    pub stream: StreamId,
}

impl Graph {
    /// The graph of everything that can be resolved; the rest is reported by the checks.
    pub(crate) fn of(index: &Index<'_>) -> Self {
        let mut graph = Self::default();
        for workspace in index.workspaces.values() {
            let priority = workspace.priority.as_ref().map(|p| p.value).unwrap_or_default();
            for group in workspace.groups.iter() {
                let served = serving::platforms(index, workspace, group).unwrap_or_default();
                for sink in &group.value.sinks {
                    let Some((store, _)) = index.dataset(&sink.store, &sink.dataset) else {
                        continue;
                    };
                    for served in &served {
                        let export = Export {
                            workspace: workspace.name.value.clone(),
                            schema: served.schema.clone(),
                            group: group.name.value.clone(),
                            store: sink.store.clone(),
                            dataset: sink.dataset.clone(),
                            stream: stream(
                                &served.platform.name,
                                store.document.streams(),
                                &sink.store,
                                &sink.dataset,
                            ),
                        };
                        graph.need(export, priority);
                    }
                }
            }
        }
        graph
    }

    fn need(&mut self, export: Export, priority: Priority) {
        let ingest = self.streams.entry(export.stream.clone()).or_default();
        ingest.datasets.insert(export.dataset.clone());
        ingest.needed_by.insert(export.workspace.clone());
        ingest.priority = ingest.priority.max(Some(priority));
        self.exports.insert(export);
    }
}

/// The stream that keeps a dataset on a platform.
fn stream(platform: &str, streams: Streams, store: &str, dataset: &str) -> StreamId {
    match streams {
        Streams::Multi => StreamId::multi(platform, store),
        Streams::Single => StreamId::single(platform, store, dataset),
    }
}

//! What a release needs of its databases.

use std::collections::{BTreeMap, BTreeSet};

use teal_model::release::{PostgresEndpoint, Release};

use crate::{io::WORKER_CONNECTIONS, plan::wanted_schemas, source::Wanted};

/// All that is looked at.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    pub(super) merge: &'a PostgresEndpoint,
    /// Schemas of tables, views and staging; not `teal` itself.
    pub(super) schemas: BTreeSet<String>,
    /// Reader roles that Teal manages, with the members they should have.
    pub(super) readers: BTreeMap<&'a str, &'a [String]>,
    /// Sessions at the merge store when one worker of each class has its hands full.
    pub(super) merge_sessions: u32,
    /// Tables of the largest stream: its reconcile touches all of them in one transaction.
    pub(super) largest_stream: usize,
    pub(super) sources: Vec<SourceScope<'a>>,
}

/// One database that is read, by one credential.
#[derive(Debug)]
pub(super) struct SourceScope<'a> {
    pub(super) endpoint: &'a PostgresEndpoint,
    /// Stores that read here, for messages.
    pub(super) stores: BTreeSet<&'a str>,
    /// What is read, each table once.
    pub(super) datasets: Vec<Wanted<'a>>,
}

impl<'a> Scope<'a> {
    pub(super) fn of(release: &'a Release) -> Self {
        let readers = release.workspaces.iter().filter_map(|workspace| {
            Some((workspace.reader_role.as_deref()?, workspace.members.as_slice()))
        });
        let slots: u32 = used_classes(release)
            .into_iter()
            .filter_map(|name| release.services.classes.get(name))
            .map(|class| class.slots)
            .sum();
        Self {
            merge: &release.services.merge,
            schemas: wanted_schemas(release),
            readers: readers.collect(),
            // A worker keeps its short statements on two pools; each activity has one session more.
            merge_sessions: 2 * WORKER_CONNECTIONS + slots,
            largest_stream: release
                .jobs
                .iter()
                .map(|job| job.stream.datasets.len())
                .max()
                .unwrap_or(0),
            sources: sources(release),
        }
    }
}

/// Classes whose workers have something to do.
pub(super) fn used_classes(release: &Release) -> BTreeSet<&str> {
    let sizes =
        release.jobs.iter().flat_map(|job| [&job.stream.ingest_size, &job.stream.merge_size]);
    sizes.map(|size| size.class.as_str()).collect()
}

fn sources(release: &Release) -> Vec<SourceScope<'_>> {
    let mut sources: Vec<SourceScope<'_>> = Vec::new();
    for job in &release.jobs {
        let (endpoint, store) = (&job.stream.source, job.stream.id.store());
        let known = sources.iter().position(|source| source.endpoint == endpoint);
        let place = known.unwrap_or_else(|| {
            sources.push(SourceScope { endpoint, stores: BTreeSet::new(), datasets: Vec::new() });
            sources.len() - 1
        });
        let Some(source) = sources.get_mut(place) else { continue };
        source.stores.insert(store);
        for dataset in &job.stream.datasets {
            // Two platforms may keep the same dataset: it is one table with one contract.
            let same = |Wanted { dataset: other, .. }: &Wanted<'_>| {
                other.source == dataset.source && other.columns == dataset.columns
            };
            if !source.datasets.iter().any(same) {
                source.datasets.push(Wanted { store, dataset });
            }
        }
    }
    sources
}

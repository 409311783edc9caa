//! Tables that go from streams that end to those that follow them: a store that ran as one stream
//! and runs as one for each dataset from now on, or the reverse.

use std::collections::{BTreeMap, BTreeSet};

use teal_model::{
    StreamId,
    plan::{Action, HandedTable, Phase, TakenTable},
    release::{Job, Release},
};

use super::{
    Draft,
    estimate::significant,
    facts::{Facts, StreamFacts},
};
use crate::provision::tables::InPlace;

/// Which table goes where.
#[derive(Debug, Default)]
pub(super) struct HandOvers<'a>(Vec<Handed<'a>>);

#[derive(Debug)]
struct Handed<'a> {
    from: &'a StreamFacts,
    table: &'a InPlace,
    to: &'a Job,
}

impl<'a> HandOvers<'a> {
    /// Matches streams that leave with jobs of the same store that lack their tables. `continued`:
    /// surrogate ids of the streams that stay.
    pub(super) fn of(
        facts: &'a Facts,
        wanted: &'a Release,
        continued: &BTreeMap<i64, &StreamId>,
        before: impl Fn(&Job) -> Option<&'a StreamFacts>,
    ) -> Self {
        let mut found = Vec::new();
        for from in facts.streams.iter().filter(|stream| !continued.contains_key(&stream.id)) {
            for table in from.tables.iter().filter(|table| table.columns.is_some()) {
                let to = wanted.jobs.iter().find(|job| {
                    let lacks = before(job).is_none_or(|stream| has_no(stream, job, table));
                    follows(job, from) && lacks && takes(job, table)
                });
                found.extend(to.map(|to| Handed { from, table, to }));
            }
        }
        Self(found)
    }

    /// Tables that a job takes over.
    pub(super) fn to(&self, job: &Job) -> impl Iterator<Item = (&'a StreamFacts, &'a InPlace)> {
        let id = &job.stream.id;
        self.0.iter().filter(move |handed| &handed.to.stream.id == id).map(|h| (h.from, h.table))
    }

    /// As [`Self::to`], for the plan.
    pub(super) fn taken(&self, job: &Job) -> Vec<TakenTable> {
        let taken = self.to(job).map(|(from, table)| TakenTable {
            from: from.spec.id.clone(),
            dataset: table.table.dataset.clone(),
            table: table.table.table.clone(),
            rows: significant(table.table.rows),
        });
        taken.collect()
    }

    /// Whether a table of a stream that leaves goes to another one.
    pub(super) fn holds(&self, table: &InPlace) -> bool {
        self.0.iter().any(|handed| handed.table.table.id == table.table.id)
    }

    /// Who follows a stream that leaves.
    pub(super) fn followers(&self, from: &StreamFacts) -> Vec<&'a StreamId> {
        let mut followers: Vec<&StreamId> = self
            .0
            .iter()
            .filter(|handed| handed.from.id == from.id)
            .map(|handed| &handed.to.stream.id)
            .collect();
        followers.dedup();
        followers
    }

    /// One step for each stream that gives.
    pub(super) fn steps(&self, draft: &mut Draft) {
        let mut done = BTreeSet::new();
        for handed in &self.0 {
            if !done.insert(handed.from.id) {
                continue;
            }
            let own = self.0.iter().filter(|other| other.from.id == handed.from.id);
            let tables = own.map(|one| HandedTable {
                dataset: one.table.table.dataset.clone(),
                table: one.table.table.table.clone(),
                to: one.to.stream.id.clone(),
            });
            let action = Action::HandOver {
                from: handed.from.spec.id.clone(),
                why: switched(&handed.from.spec.id),
                tables: tables.collect(),
            };
            draft.step(Phase::HandOver, action);
        }
    }
}

/// Why a stream ends whose store goes on in another shape.
pub(super) fn switched(from: &StreamId) -> String {
    let store = from.store();
    match from.dataset() {
        None => format!("{store} runs as one stream for each dataset from now on"),
        Some(_) => format!("{store} runs as one stream from now on"),
    }
}

/// Whether a job keeps the same store on the same platform (under any name that they had).
fn follows(job: &Job, from: &StreamFacts) -> bool {
    let ids = std::iter::once(&job.stream.id).chain(&job.stream.formerly);
    let (platform, store) = (from.spec.id.platform(), from.spec.id.store());
    job.stream.style == from.spec.style
        && ids.into_iter().any(|id| id.platform() == platform && id.store() == store)
}

fn takes(job: &Job, table: &InPlace) -> bool {
    let name = &table.table.dataset;
    job.stream
        .datasets
        .iter()
        .any(|dataset| dataset.name == *name || dataset.formerly.contains(name))
}

/// Whether a stream in place has no table yet for the dataset of another one's.
fn has_no(stream: &StreamFacts, job: &Job, table: &InPlace) -> bool {
    let name = &table.table.dataset;
    let wanted = job
        .stream
        .datasets
        .iter()
        .find(|dataset| dataset.name == *name || dataset.formerly.contains(name));
    wanted.is_none_or(|dataset| {
        stream.tables.iter().all(|own| {
            own.table.dataset != dataset.name && !dataset.formerly.contains(&own.table.dataset)
        })
    })
}

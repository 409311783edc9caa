//! Views that move from one stream's table to another's, and what has to wait for them.
//!
//! A view moves when its new table holds rows; the table that it leaves goes after that. So a stream
//! that loses such a table changes late, unless views move to it as well.

use std::collections::{BTreeMap, BTreeSet};

use teal_model::{
    StreamId,
    plan::{MovedView, Phase},
    release::{Job, Release, Shows, TableName, ViewSpec},
};

use super::facts::{Facts, StreamFacts};
use crate::provision::{alter::TableWork, views::View};

/// All views that move.
#[derive(Debug, Default)]
pub(super) struct Moves {
    /// Views that leave a stream (its surrogate id) and dataset.
    leaving: BTreeSet<(i64, String)>,
    /// Streams that views move to.
    receiving: BTreeSet<StreamId>,
    /// By workspace.
    pub(super) views: BTreeMap<String, Vec<MovedView>>,
    /// Streams whose first load views wait for.
    pub(super) waits: BTreeMap<StreamId, Vec<TableName>>,
}

impl Moves {
    /// Compares the views in place, under the names that their schemas are about to get.
    /// `continued`: surrogate ids of the streams that stay, and the names that they get: a stream
    /// that is renamed takes its views along.
    pub(super) fn of(
        facts: &Facts,
        wanted: &Release,
        continued: &BTreeMap<i64, &StreamId>,
        now: &BTreeMap<TableName, (&View, Option<&'static str>)>,
    ) -> Self {
        let mut moves = Self::default();
        for workspace in &wanted.workspaces {
            for view in &workspace.views {
                let Some((there, _)) = now.get(&view.view) else { continue };
                let from = facts.streams.iter().find(|stream| stream.views.contains(there));
                let is_renamed = from.is_some_and(|from| {
                    from.spec.id != view.stream && continued.get(&from.id) == Some(&&view.stream)
                });
                if !is_renamed && !shows_the_same(there, view) {
                    moves.add(facts, &workspace.name, from, there, view);
                }
            }
        }
        moves
    }

    fn add(
        &mut self,
        facts: &Facts,
        workspace: &str,
        from: Option<&StreamFacts>,
        there: &View,
        view: &ViewSpec,
    ) {
        if let Some(from) = from {
            self.leaving.insert((from.id, there.dataset.clone()));
            if is_loaded(facts, &from.spec.id, &there.dataset)
                && !is_loaded(facts, &view.stream, &view.dataset)
                && from.spec.id != view.stream
            {
                self.waits.entry(view.stream.clone()).or_default().push(view.view.clone());
            }
        }
        self.receiving.insert(view.stream.clone());
        let moved = MovedView {
            view: view.clone(),
            from: format!("{}/{}", there.platform, there.store),
            dataset: there.dataset.clone(),
        };
        self.views.entry(workspace.to_owned()).or_default().push(moved);
    }

    /// When a stream takes over its new configuration.
    pub(super) fn phase_of_change(
        &self,
        stream: &StreamFacts,
        job: &Job,
        works: &[TableWork],
    ) -> Phase {
        let loses = works.iter().any(|work| match work {
            TableWork::Retire(table) => {
                self.leaving.contains(&(stream.id, table.table.dataset.clone()))
            }
            _ => false,
        });
        if loses && !self.receiving.contains(&job.stream.id) { Phase::Retire } else { Phase::Jobs }
    }
}

/// Whether a view in place shows what is wanted.
pub(super) fn shows_the_same(there: &View, wanted: &ViewSpec) -> bool {
    there.platform == wanted.stream.platform()
        && there.store == wanted.stream.store()
        && there.dataset == wanted.dataset
        && there.history == (wanted.shows == Shows::History)
}

/// Whether a stream's table holds its rows already.
fn is_loaded(facts: &Facts, stream: &StreamId, dataset: &str) -> bool {
    facts.streams.iter().filter(|known| known.spec.id == *stream).any(|known| {
        known.tables.iter().any(|table| table.table.dataset == dataset && table.table.loaded)
    })
}

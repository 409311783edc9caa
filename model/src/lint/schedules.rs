//! Schedules: who may have one, and whether it is fast enough for its consumers.

use super::index::Index;
use crate::{
    code,
    document::{datastore::Streams, workspace::Group},
    duration,
    yaml::{Finding, Report},
};

pub(super) fn check(index: &Index<'_>, report: &mut Report) {
    of_shared_streams(index, report);
    for workspace in &index.documents.workspaces {
        for group in workspace.groups.iter() {
            latency(index, &group.value, report);
        }
    }
}

/// Datasets of a `multi` store have no schedule and no sizes of their own.
fn of_shared_streams(index: &Index<'_>, report: &mut Report) {
    let shared = index.stores.values().filter(|store| store.document.streams() == Streams::Multi);
    for (store, dataset) in
        shared.flat_map(|store| store.datasets.values().map(move |dataset| (store, dataset)))
    {
        let schedule = dataset.body.schedule.as_ref().map(|schedule| ("schedule", schedule.at));
        let hints = dataset.body.hints.as_ref().map(|hints| ("hints", hints.at));
        for (field, at) in schedule.into_iter().chain(hints).filter(|(_, at)| at.is_somewhere()) {
            let store = &store.document.name.value;
            let message =
                format!("`{field}` of a dataset whose stream is that of all of `{store}`");
            report.add(Finding::new(code::MODEL0043, at, message));
        }
    }
}

/// A stream that is due once an hour keeps no latency of five minutes.
fn latency(index: &Index<'_>, group: &Group, report: &mut Report) {
    let wanted = group.needs.as_ref().and_then(|needs| needs.latency.as_ref());
    let Some(wanted) = wanted.filter(|wanted| wanted.at.is_somewhere()) else { return };
    for sink in &group.sinks {
        let Some((store, dataset)) = index.dataset(&sink.store, &sink.dataset) else { continue };
        let schedule = dataset.body.schedule.as_ref().unwrap_or(&store.document.schedule);
        let period = schedule.schedule.period_seconds().filter(|_| schedule.at.is_somewhere());
        if let Some(period) = period.filter(|period| *period > wanted.seconds) {
            let message = format!(
                "`{}:{}` is read every {}, which is too seldom for a latency of {}",
                sink.store,
                sink.dataset,
                duration::format(period.into()),
                duration::format(wanted.seconds.into()),
            );
            let finding = Finding::new(code::MODEL0044, wanted.at, message);
            report.add(finding.also("its schedule", schedule.at));
        }
    }
}

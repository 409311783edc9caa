//! Schedules: who may have one, and whether it is fast enough for its consumers.

use std::collections::BTreeMap;

use super::index::Index;
use crate::{
    code,
    document::{
        datastore::Streams,
        workspace::{Group, Sink},
    },
    duration,
    yaml::{Finding, Report, Span, Spanned},
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
    let mut late: BTreeMap<Span, Late<'_>> = BTreeMap::new();
    for sink in &group.sinks {
        let Some((store, dataset)) = index.dataset(&sink.store, &sink.dataset) else { continue };
        let schedule = dataset.body.schedule.as_ref().unwrap_or(&store.document.schedule);
        let period = schedule.schedule.period_seconds().filter(|_| schedule.at.is_somewhere());
        if let Some(period) = period.filter(|period| *period > wanted.seconds) {
            let late = late.entry(schedule.at).or_insert(Late { period, sinks: Vec::new() });
            late.sinks.push(sink);
        }
    }
    // One schedule is one cause, however many datasets follow it.
    for (schedule, Late { period, sinks }) in late {
        let message = format!(
            "{} read every {}, which is too seldom for a latency of {}",
            named(&sinks),
            duration::format(period.into()),
            duration::format(wanted.seconds.into()),
        );
        let finding = Finding::new(code::MODEL0044, wanted.at, message);
        report.add(finding.also("its schedule", schedule));
    }
}

/// What is read too seldom by one schedule.
struct Late<'a> {
    period: u32,
    sinks: Vec<&'a Spanned<Sink>>,
}

/// `` `shop:orders` is ``, `` `shop:orders`, `shop:customers` and 12 more are ``.
fn named(sinks: &[&Spanned<Sink>]) -> String {
    const MOST: usize = 3;
    let names = sinks.iter().take(MOST).map(|sink| format!("`{}:{}`", sink.store, sink.dataset));
    let names = names.collect::<Vec<_>>().join(", ");
    match sinks.len() {
        0 | 1 => format!("{names} is"),
        all if all <= MOST => format!("{names} are"),
        all => format!("{names} and {} more are", all - MOST),
    }
}

//! References: every name that is used is declared.

use std::{borrow::Borrow, collections::BTreeMap};

use super::index::Index;
use crate::{
    code,
    document::{
        hints::{Hint, Hints},
        workspace::Workspace,
    },
    yaml::{Finding, Report, Span, Spanned, closest, list},
};

pub(super) fn check(index: &Index<'_>, report: &mut Report) {
    let mut names = Names { report };
    teams(index, &mut names);
    if let Some(services) = index.services {
        let declared = BTreeMap::from([(services.name.as_str(), ())]);
        for platform in &index.documents.platforms {
            names.require("services", &platform.services, &declared);
        }
    }
    classes(index, &mut names);
    for dataset in &index.documents.datasets {
        names.require("datastore", &dataset.store, &index.stores);
    }
    for workspace in &index.documents.workspaces {
        groups(index, workspace, &mut names);
    }
    assignments(index, &mut names);
}

/// Where names are looked up.
struct Names<'a> {
    report: &'a mut Report,
}

impl Names<'_> {
    /// Reports a name that is not among the declared ones.
    fn require<K: Ord + Borrow<str>, T>(
        &mut self,
        what: &str,
        name: &Spanned<String>,
        declared: &BTreeMap<K, T>,
    ) {
        let known = declared.contains_key(name.as_str());
        if !known && name.at.is_somewhere() && !self.report.has_gaps() && !self.report.is_full() {
            let declared: Vec<&str> = declared.keys().map(Borrow::borrow).collect();
            self.report.add(dangling(what, name, &declared));
        }
    }
}

fn dangling(what: &str, name: &Spanned<String>, declared: &[&str]) -> Finding {
    let message = format!("no {what} is named `{}`", name.escape_debug());
    let finding = Finding::new(code::MODEL0022, name.at, message);
    let in_a_zone = || {
        let of = |team: &&str| team.split_once('/').is_some_and(|(_, own)| own == name.value);
        declared.iter().copied().find(of)
    };
    match closest(name, declared.iter().copied()).or_else(in_a_zone) {
        Some(close) => finding.help(format!("did you mean `{close}`?")),
        None if declared.is_empty() => finding.help(match what {
            "team" => "declare it by a document `kind: Team`".to_owned(),
            "zone" => "declare it by a document `kind: Zone`".to_owned(),
            "datastore" => "declare it by a document `kind: Datastore`".to_owned(),
            "platform" => "declare it by a document `kind: Platform`".to_owned(),
            "workspace" => "declare it by a document `kind: Workspace`".to_owned(),
            _ => format!("declare the {what}"),
        }),
        None if declared.len() > 12 => finding,
        None => finding.help(format!("declare it, or use one of {}", list(declared))),
    }
}

fn teams(index: &Index<'_>, names: &mut Names<'_>) {
    for team in &index.documents.teams {
        if let Some((zone, _)) = team.name.split_once('/').filter(|(zone, _)| !zone.is_empty()) {
            let zone = Spanned { value: zone.to_owned(), at: team.name.at };
            names.require("zone", &zone, &index.zones);
        }
    }
    let stores = index.documents.datastores.iter().map(|store| &store.team);
    for owner in stores.chain(index.documents.workspaces.iter().map(|w| &w.team)) {
        names.require("team", owner, &index.teams);
    }
}

fn classes(index: &Index<'_>, names: &mut Names<'_>) {
    let Some(services) = index.services else { return };
    let declared: BTreeMap<&str, ()> =
        services.classes.iter().map(|class| (class.name.as_str(), ())).collect();
    let documents = index.documents;
    let all = documents.services.iter().filter_map(|s| s.defaults.as_ref());
    let all = all.chain(documents.platforms.iter().filter_map(|p| p.hints.as_ref()));
    let all = all.chain(documents.datastores.iter().filter_map(|s| s.hints.as_ref()));
    let datasets = index.stores.values().flat_map(|store| store.datasets.values());
    let all = all.chain(datasets.filter_map(|dataset| dataset.body.hints.as_ref()));
    for Hints { at: _, ingest, merge, transform } in all {
        for hint in [ingest, merge, transform].into_iter().flatten() {
            if let Hint::Class(name) = hint {
                names.require("resource class", name, &declared);
            }
        }
    }
}

fn groups(index: &Index<'_>, workspace: &Workspace, names: &mut Names<'_>) {
    for group in workspace.groups.iter().map(|entry| &entry.value) {
        if let Some(platform) = &group.platform {
            names.require("platform", platform, &index.platforms);
        }
        let mut listed: BTreeMap<(&str, &str), Span> = BTreeMap::new();
        for sink in group.sinks.iter().filter(|sink| sink.at.is_somewhere()) {
            let store = Spanned { value: sink.store.clone(), at: sink.at };
            names.require("datastore", &store, &index.stores);
            if let Some(store) = index.stores.get(sink.store.as_str()) {
                let dataset = Spanned { value: sink.dataset.clone(), at: sink.at };
                names.require(&format!("dataset of `{}`", sink.store), &dataset, &store.datasets);
            }
            if let Some(first) = listed.insert((&sink.store, &sink.dataset), sink.at) {
                let message = format!("`{}:{}` is listed twice", sink.store, sink.dataset);
                let finding = Finding::new(code::MODEL0021, sink.at, message);
                names.report.add(finding.also("first listed here", first));
            }
        }
    }
}

fn assignments(index: &Index<'_>, names: &mut Names<'_>) {
    for assignment in &index.documents.assignments {
        names.require("workspace", &assignment.workspace, &index.workspaces);
        names.require("platform", &assignment.platform, &index.platforms);
        if let Some(workspace) = index.workspaces.get(assignment.workspace.as_str()) {
            let groups: BTreeMap<&str, ()> =
                workspace.groups.iter().map(|group| (group.name.as_str(), ())).collect();
            let what = format!("group of `{}`", workspace.name.value);
            names.require(&what, &assignment.group, &groups);
        }
    }
}

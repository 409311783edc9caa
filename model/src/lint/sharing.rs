//! Sharing: no two objects in one place of the merge store.

use std::collections::BTreeMap;

use super::index::Index;
use crate::{
    code,
    graph::Graph,
    name,
    release::TableName,
    yaml::{Finding, Report, Span},
};

/// Checks schemas, tables and views.
pub(crate) fn check(index: &Index<'_>, graph: &Graph, report: &mut Report) {
    schemas(index, graph, report);
    tables(index, graph, report);
    views(index, graph, report);
}

/// Who took a place, and where that is written.
type Taken<K> = BTreeMap<K, (String, Span)>;

/// Takes a place, or reports who has it.
fn take<K: Ord + std::fmt::Display>(
    taken: &mut Taken<K>,
    place: K,
    (owner, at): (String, Span),
    what: &str,
    report: &mut Report,
) {
    match taken.get(&place) {
        Some((other, _)) if *other == owner => {}
        Some((other, first)) => {
            let message = format!("{other} and {owner} would share the {what} `{place}`");
            let finding = Finding::new(code::MODEL0050, at, message);
            report.add(finding.also("the other one", *first));
        }
        None => {
            taken.insert(place, (owner, at));
        }
    }
}

fn schemas(index: &Index<'_>, graph: &Graph, report: &mut Report) {
    let mut taken = Taken::new();
    for platform in index.platforms.values() {
        let owner = (format!("platform `{}`", platform.name.value), platform.name.at);
        take(&mut taken, platform.name.value.clone(), owner, "schema", report);
    }
    for workspace in index.workspaces.values() {
        let owner = (format!("workspace `{}`", workspace.name.value), workspace.name.at);
        take(&mut taken, workspace.name.value.clone(), owner, "schema", report);
    }
    for export in graph.exports.iter().filter(|export| export.schema != export.workspace) {
        let run = format!("the run of `{}` on `{}`", export.workspace, export.stream.platform());
        let at = index.workspaces.get(export.workspace.as_str()).map(|w| w.name.at);
        let owner = (run, at.unwrap_or(Span::NOWHERE));
        take(&mut taken, export.schema.clone(), owner, "schema", report);
    }
}

fn tables(index: &Index<'_>, graph: &Graph, report: &mut Report) {
    let mut taken = Taken::new();
    for (stream, ingest) in &graph.streams {
        for dataset in &ingest.datasets {
            let table = table(stream.platform(), stream.store(), dataset);
            let at = index.dataset(stream.store(), dataset).map(|(_, dataset)| dataset.name.at);
            let owner = (format!("`{}:{dataset}`", stream.store()), at.unwrap_or(Span::NOWHERE));
            take(&mut taken, table, owner, "table", report);
        }
    }
}

fn views(index: &Index<'_>, graph: &Graph, report: &mut Report) {
    let mut taken = Taken::new();
    for export in &graph.exports {
        let group = index
            .workspaces
            .get(export.workspace.as_str())
            .and_then(|w| w.groups.iter().find(|group| group.name.value == export.group));
        let at = group.map_or(Span::NOWHERE, |group| group.name.at);
        let parts = [export.group.as_str(), export.store.as_str(), export.dataset.as_str()];
        for (shows, name) in [("", view(parts)), ("the history of ", history_view(parts))] {
            let view = TableName { schema: export.schema.clone(), name };
            let owner = (format!("{shows}`{}` of `{}`", parts.join(":"), export.workspace), at);
            take(&mut taken, view, owner, "view", report);
        }
    }
}

/// The merge table of a dataset.
pub(crate) fn table(platform: &str, store: &str, dataset: &str) -> TableName {
    TableName { schema: platform.to_owned(), name: name::physical(&[store, dataset]) }
}

/// Name of the view of current rows of `[group, store, dataset]`.
pub(crate) fn view(parts: [&str; 3]) -> String {
    name::physical(&parts)
}

/// Name of the view of all versions of `[group, store, dataset]`.
pub(crate) fn history_view([group, store, dataset]: [&str; 3]) -> String {
    name::physical(&[group, store, dataset, "history"])
}

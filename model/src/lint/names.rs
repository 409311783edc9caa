//! Names: the rules of names, and `formerly`.

use std::collections::BTreeMap;

use super::index::{Index, entries_of};
use crate::{
    code, name,
    yaml::{Finding, Report, Span, Spanned},
};

pub(super) fn check(index: &Index<'_>, report: &mut Report) {
    let documents = index.documents;
    let plain = documents.ecosystems.iter().map(|e| &e.name);
    let plain = plain.chain(documents.services.iter().map(|s| &s.name));
    let plain = plain.chain(documents.platforms.iter().map(|p| &p.name));
    let plain = plain.chain(documents.zones.iter().map(|z| &z.name));
    let plain = plain.chain(documents.datastores.iter().map(|s| &s.name));
    let plain = plain.chain(documents.datasets.iter().map(|d| &d.name));
    let plain = plain.chain(documents.workspaces.iter().map(|w| &w.name));
    let plain = plain.chain(documents.services.iter().flat_map(|s| names(&s.classes)));
    let plain = plain.chain(documents.datastores.iter().flat_map(|s| names(&s.datasets)));
    let plain = plain.chain(documents.workspaces.iter().flat_map(|w| names(&w.groups)));
    for name in plain {
        check_name(name, report);
    }
    teams(index, report);
    columns(index, report);
    past(index, report);
}

fn names<T>(entries: &crate::yaml::Entries<T>) -> impl Iterator<Item = &Spanned<String>> {
    entries.iter().map(|entry| &entry.name)
}

fn check_name(name: &Spanned<String>, report: &mut Report) {
    if let Some(fault) = name::fault(name).filter(|_| name.at.is_somewhere()) {
        let message = format!("the name `{}` {fault}", name.escape_debug());
        report.add(Finding::new(code::MODEL0020, name.at, message));
    }
}

fn teams(index: &Index<'_>, report: &mut Report) {
    for team in index.documents.teams.iter().filter(|team| team.name.at.is_somewhere()) {
        let Some((zone, name)) = team.name.split_once('/') else {
            let message = format!("`{}` is not zone/team", team.name.escape_debug());
            report.add(Finding::new(code::MODEL0027, team.name.at, message));
            continue;
        };
        for part in [zone, name] {
            if part.is_empty() {
                let message = format!("`{}` is not zone/team", team.name.escape_debug());
                report.add(Finding::new(code::MODEL0027, team.name.at, message));
            }
            check_name(&Spanned { value: part.to_owned(), at: team.name.at }, report);
        }
    }
}

fn columns(index: &Index<'_>, report: &mut Report) {
    let datasets = index.stores.values().flat_map(|store| store.datasets.values());
    for column in datasets.flat_map(|dataset| dataset.body.columns.iter()) {
        if let Some((code, fault)) = name::column_fault(&column.name) {
            let message = format!("the column name `{}` {fault}", column.name.escape_debug());
            report.add(Finding::new(code, column.name.at, message).help(if code.id == "MODEL0020" {
                "columns are named with a-z, 0-9 and _, starting with a letter; the name at the source goes into `source:`"
            } else {
                code.help
            }));
        }
        if let Some(source) = column.value.body.source.as_ref().filter(|s| s.at.is_somewhere()) {
            source_name(source, source.at, report);
            if source.starts_with("teal_") {
                let message = format!("the source column `{}` is one of Teal's", source.value);
                report.add(Finding::new(code::MODEL0037, source.at, message));
            }
        }
    }
    for store in index.stores.values() {
        for table in store.datasets.values().filter_map(|dataset| dataset.body.table.as_ref()) {
            for part in [&table.table.schema, &table.table.name] {
                source_name(part, table.at, report);
            }
        }
    }
}

/// Names at the source may be anything that PostgreSQL can hold.
fn source_name(name: &str, at: Span, report: &mut Report) {
    if name.len() > name::LONGEST || name.contains('\0') {
        let message =
            format!("no table or column at the source can be named `{}`", name.escape_debug());
        let finding = Finding::new(code::MODEL0020, at, message);
        report.add(finding.help("PostgreSQL's names have at most 63 bytes and no NUL"));
    }
}

fn past(index: &Index<'_>, report: &mut Report) {
    let documents = index.documents;
    let of_platforms = documents.platforms.iter().map(|p| (&p.name, p.formerly.as_slice()));
    formerly("platform", &of_platforms.collect::<Vec<_>>(), report);
    let of_stores = documents.datastores.iter().map(|s| (&s.name, s.formerly.as_slice()));
    formerly("datastore", &of_stores.collect::<Vec<_>>(), report);
    let of_workspaces = documents.workspaces.iter().map(|w| (&w.name, w.formerly.as_slice()));
    formerly("workspace", &of_workspaces.collect::<Vec<_>>(), report);
    for store in index.stores.values() {
        let datasets = store.datasets.values().map(|d| (&d.name, d.body.formerly.as_slice()));
        formerly("dataset", &datasets.collect::<Vec<_>>(), report);
        for dataset in store.datasets.values() {
            formerly("column", &entries_of(&dataset.body.columns), report);
        }
    }
}

/// Each earlier name belongs to exactly one object and is nobody's present name.
fn formerly(what: &str, all: &[(&Spanned<String>, &[Spanned<String>])], report: &mut Report) {
    let present: BTreeMap<&str, Span> =
        all.iter().map(|(name, _)| (name.as_str(), name.at)).collect();
    let mut claimed: BTreeMap<&str, (&str, Span)> = BTreeMap::new();
    for (owner, earlier) in all {
        for old in earlier.iter().filter(|old| old.at.is_somewhere()) {
            if let Some(at) = present.get(old.as_str()) {
                let message = format!("`{}` is the present name of a {what}", old.value);
                report.add(Finding::new(code::MODEL0023, old.at, message).also("here", *at));
            } else if let Some((other, at)) = claimed.get(old.as_str()) {
                let message = format!("the {what} `{other}` was formerly `{}` already", old.value);
                report.add(Finding::new(code::MODEL0023, old.at, message).also("here", *at));
            } else {
                claimed.insert(old, (owner.as_str(), old.at));
            }
        }
    }
}

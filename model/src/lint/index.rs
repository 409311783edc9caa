//! The index: every object by its name, with overlays laid over. What is declared twice is
//! reported here, and the first one counts.

use std::collections::BTreeMap;

use crate::{
    code,
    document::{
        Documents,
        assignment::Assignment,
        dataset::{Column, DatasetBody},
        datastore::Datastore,
        ecosystem::Ecosystem,
        platform::Platform,
        services::PlatformServices,
        team::Team,
        workspace::Workspace,
        zone::Zone,
    },
    yaml::{Entries, Finding, Report, Span, Spanned},
};

/// Every object of a model by its name.
#[derive(Debug)]
pub(crate) struct Index<'a> {
    pub(crate) documents: &'a Documents,
    pub(crate) ecosystem: Option<&'a Ecosystem>,
    pub(crate) services: Option<&'a PlatformServices>,
    pub(crate) platforms: BTreeMap<&'a str, &'a Platform>,
    pub(crate) zones: BTreeMap<&'a str, &'a Zone>,
    pub(crate) teams: BTreeMap<&'a str, &'a Team>,
    pub(crate) stores: BTreeMap<&'a str, Store<'a>>,
    pub(crate) workspaces: BTreeMap<&'a str, &'a Workspace>,
    /// By workspace and group.
    pub(crate) assignments: BTreeMap<(&'a str, &'a str), Vec<&'a Assignment>>,
}

/// A store with all its datasets, wherever they are written.
#[derive(Debug)]
pub(crate) struct Store<'a> {
    pub(crate) document: &'a Datastore,
    pub(crate) datasets: BTreeMap<String, Dataset>,
}

/// A dataset as it counts.
#[derive(Debug)]
pub(crate) struct Dataset {
    pub(crate) name: Spanned<String>,
    pub(crate) body: DatasetBody,
}

impl<'a> Index<'a> {
    pub(crate) fn of(documents: &'a Documents, report: &mut Report) -> Self {
        let workspaces = by_name(&documents.workspaces, |w| &w.name, "workspace", report);
        let mut assignments: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for assignment in &documents.assignments {
            let group = (assignment.workspace.as_str(), assignment.group.as_str());
            assignments.entry(group).or_default().push(assignment);
        }
        Self {
            documents,
            ecosystem: ecosystem(documents, report),
            services: services(documents, report),
            platforms: by_name(&documents.platforms, |p| &p.name, "platform", report),
            zones: by_name(&documents.zones, |z| &z.name, "zone", report),
            teams: by_name(&documents.teams, |t| &t.name, "team", report),
            stores: stores(documents, report),
            workspaces,
            assignments,
        }
    }

    /// A dataset by store and name.
    pub(crate) fn dataset(&self, store: &str, dataset: &str) -> Option<(&Store<'a>, &Dataset)> {
        let store = self.stores.get(store)?;
        Some((store, store.datasets.get(dataset)?))
    }
}

fn by_name<'a, T>(
    all: &'a [T],
    name: impl Fn(&T) -> &Spanned<String>,
    what: &str,
    report: &mut Report,
) -> BTreeMap<&'a str, &'a T> {
    let mut named: BTreeMap<&str, &T> = BTreeMap::new();
    for object in all {
        let spelled = name(object);
        if !spelled.at.is_somewhere() {
            continue;
        }
        match named.get(spelled.as_str()) {
            Some(first) => report.add(twice(what, spelled, name(first).at)),
            None => {
                named.insert(name_of(object, &name), object);
            }
        }
    }
    named
}

/// The name with the lifetime of its object.
fn name_of<'a, T>(object: &'a T, name: &impl Fn(&T) -> &Spanned<String>) -> &'a str {
    name(object).value.as_str()
}

fn twice(what: &str, name: &Spanned<String>, first: Span) -> Finding {
    let message = format!("the {what} `{}` is declared twice", name.value);
    Finding::new(code::MODEL0021, name.at, message).also("first declared here", first)
}

fn ecosystem<'a>(documents: &'a Documents, report: &mut Report) -> Option<&'a Ecosystem> {
    let first = documents.ecosystems.first();
    for other in documents.ecosystems.iter().skip(1) {
        let message = "the model has more than one Ecosystem";
        let finding = Finding::new(code::MODEL0024, other.at, message);
        report.add(finding.also("the first one", first.map_or(Span::NOWHERE, |first| first.at)));
    }
    if first.is_none() && !report.has_gaps() {
        let message = "the model has no Ecosystem";
        report.add(Finding::new(code::MODEL0024, Span::NOWHERE, message));
    }
    first
}

fn services<'a>(documents: &'a Documents, report: &mut Report) -> Option<&'a PlatformServices> {
    let first = documents.services.first();
    for other in documents.services.iter().skip(1) {
        let message = "the model has more than one PlatformServices";
        let finding = Finding::new(code::MODEL0025, other.at, message);
        report.add(finding.also("the first one", first.map_or(Span::NOWHERE, |first| first.at)));
    }
    if first.is_none() && !report.has_gaps() {
        let message = "the model has no PlatformServices";
        report.add(Finding::new(code::MODEL0026, Span::NOWHERE, message));
    }
    first
}

fn stores<'a>(documents: &'a Documents, report: &mut Report) -> BTreeMap<&'a str, Store<'a>> {
    let named = by_name(&documents.datastores, |s| &s.name, "datastore", report);
    let with_datasets = |document: &'a Datastore| {
        let body = |name: &Spanned<String>, body: &DatasetBody| Dataset {
            name: name.clone(),
            body: body.clone(),
        };
        let inline = document.datasets.iter();
        let datasets = inline.map(|d| (d.name.value.clone(), body(&d.name, &d.value))).collect();
        Store { document, datasets }
    };
    let mut stores: BTreeMap<&str, Store<'_>> =
        named.into_iter().map(|(name, document)| (name, with_datasets(document))).collect();
    let mut seen: BTreeMap<(&str, &str), Span> = BTreeMap::new();
    for document in &documents.datasets {
        let Some(store) = stores.get_mut(document.store.as_str()) else { continue };
        let (name, body) = (&document.name, &document.body);
        if !name.at.is_somewhere() {
            continue;
        }
        if let Some(first) = seen.insert((document.store.as_str(), name.as_str()), name.at) {
            report.add(twice("dataset", name, first));
            continue;
        }
        match store.datasets.get_mut(name.as_str()) {
            Some(inline) if inline.body.table.is_some() && body.table.is_some() => {
                let finding = twice("dataset", name, inline.name.at);
                report.add(finding.help(
                    "keep `table` in one of the two; the other then adds to it or overrides it",
                ));
            }
            Some(inline) => inline.body = lay_over(&inline.body, body),
            None => {
                let dataset = Dataset { name: name.clone(), body: body.clone() };
                store.datasets.insert(name.value.clone(), dataset);
            }
        }
    }
    stores
}

/// What a person wrote in the store over what a machine wrote in a `kind: Dataset`.
fn lay_over(person: &DatasetBody, machine: &DatasetBody) -> DatasetBody {
    let mut columns = machine.columns.clone();
    for entry in person.columns.iter() {
        match columns.named_mut(&entry.name) {
            Some(column) => *column = column_over(&entry.value, column),
            None => columns.push(entry.name.clone(), entry.value.clone()),
        }
    }
    DatasetBody {
        at: machine.at,
        formerly: or(&person.formerly, &machine.formerly),
        description: person.description.clone().or_else(|| machine.description.clone()),
        classification: or(&person.classification, &machine.classification),
        table: person.table.clone().or_else(|| machine.table.clone()),
        key: or(&person.key, &machine.key),
        columns: if machine.columns.is_empty() { person.columns.clone() } else { columns },
        schedule: person.schedule.clone().or_else(|| machine.schedule.clone()),
        hints: person.hints.clone().or_else(|| machine.hints.clone()),
    }
}

fn column_over(person: &Column, machine: &Column) -> Column {
    let (person, machine) = (&person.body, &machine.body);
    let mut body = machine.clone();
    if person.the_type().is_some() {
        body.column_type.clone_from(&person.column_type);
        body.native.clone_from(&person.native);
    }
    body.nullable = person.nullable.clone().or(body.nullable);
    body.source = person.source.clone().or(body.source);
    body.formerly = or(&person.formerly, &machine.formerly);
    body.classification = or(&person.classification, &machine.classification);
    body.description = person.description.clone().or(body.description);
    Column { body }
}

/// The first list that says something.
fn or(first: &[Spanned<String>], second: &[Spanned<String>]) -> Vec<Spanned<String>> {
    if first.is_empty() { second.to_vec() } else { first.to_vec() }
}

/// Formerly names with their objects.
pub(crate) fn entries_of(columns: &Entries<Column>) -> Vec<(&Spanned<String>, &[Spanned<String>])> {
    columns.iter().map(|c| (&c.name, c.value.body.formerly.as_slice())).collect()
}

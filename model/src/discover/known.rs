//! What the model already says of a store, and who said it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    dataset_text::MARK,
    naming::{Names, Real, What},
};
use crate::{
    Documents,
    document::{
        dataset::{DatasetBody, DatasetDocument},
        datastore::Datastore,
    },
    read::ModelFile,
    release::TableName,
};

/// A dataset whose file is ours to write.
#[derive(Debug, Clone, Copy)]
pub(super) struct Machine<'a> {
    pub(super) file: &'a ModelFile,
    pub(super) document: &'a DatasetDocument,
}

/// What the model says of one store.
#[derive(Debug)]
pub(super) struct Known<'a> {
    pub(super) store: &'a Datastore,
    pub(super) machine: Vec<Machine<'a>>,
    /// Datasets that people wrote as `kind: Dataset`.
    by_hand: Vec<&'a DatasetDocument>,
}

impl<'a> Known<'a> {
    /// `None`: the model has no such store.
    pub(super) fn of(documents: &'a Documents, store: &str) -> Option<Self> {
        let store = documents.datastores.iter().find(|known| known.name.value == store)?;
        let (mut machine, mut by_hand) = (Vec::new(), Vec::new());
        for document in documents.datasets.iter().filter(|d| d.store.value == store.name.value) {
            match documents.file_of(document.name.at).filter(|file| is_ours(file)) {
                Some(file) => machine.push(Machine { file, document }),
                None => by_hand.push(document),
            }
        }
        Some(Self { store, machine, by_hand })
    }

    /// What the person says in the store about a dataset.
    pub(super) fn overlay(&self, dataset: &str) -> Option<&'a DatasetBody> {
        self.store.datasets.named(dataset)
    }

    /// Whether a person described this table with its columns: nothing is left to discover.
    pub(super) fn is_by_hand(&self, table: &TableName) -> bool {
        let described = |body: &DatasetBody| {
            body.table.as_ref().is_some_and(|known| known.table == *table)
                && !body.columns.is_empty()
        };
        self.store.datasets.iter().any(|entry| described(&entry.value) && !self.has(&entry.name))
            || self.by_hand.iter().any(|document| described(&document.body))
    }

    /// Whether the dataset has a file of ours.
    fn has(&self, dataset: &str) -> bool {
        self.machine.iter().any(|machine| machine.document.name.value == dataset)
    }

    /// The table that one of our files reads, also where the person says which.
    pub(super) fn table_of(&self, machine: &Machine<'a>) -> Option<&'a TableName> {
        let said = machine.document.body.table.as_ref();
        let overlay = || self.overlay(&machine.document.name)?.table.as_ref();
        said.or_else(overlay).map(|table| &table.table)
    }

    /// Our file of a table.
    pub(super) fn of_table(&self, table: &TableName) -> Option<Machine<'a>> {
        self.machine.iter().find(|machine| self.table_of(machine) == Some(table)).copied()
    }

    /// Names of datasets that are given already: what a person says counts, then what we said.
    pub(super) fn dataset_names(&self) -> Names {
        let mut given: BTreeMap<Real, String> = BTreeMap::new();
        for machine in &self.machine {
            if let Some(table) = self.table_of(machine) {
                given.insert(real(table), machine.document.name.value.clone());
            }
        }
        let mut taken: BTreeSet<String> =
            self.by_hand.iter().map(|document| document.name.value.clone()).collect();
        for entry in self.store.datasets.iter() {
            taken.extend(entry.value.formerly.iter().map(|old| old.value.clone()));
            if let Some(table) = &entry.value.table {
                given.insert(real(&table.table), entry.name.value.clone());
            }
        }
        Names::new(What::Dataset, given, taken)
    }
}

fn real(table: &TableName) -> Real {
    (table.schema.clone(), table.name.clone())
}

/// Whether discover wrote the file and nobody put a second document into it.
pub(crate) fn is_ours(file: &ModelFile) -> bool {
    file.text.starts_with(MARK) && !file.text.lines().any(|line| line.starts_with("---"))
}

/// Names of the columns of a dataset that are given already.
pub(super) fn column_names(overlay: Option<&DatasetBody>, ours: Option<&DatasetBody>) -> Names {
    let mut given = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for body in ours.into_iter().chain(overlay) {
        for column in body.columns.iter() {
            taken.extend(column.value.body.formerly.iter().map(|old| old.value.clone()));
            let source = match &column.value.body.source {
                Some(source) => source.value.clone(),
                // An overlay may name a column of ours without repeating where it comes from.
                None if overlay.is_some_and(|o| std::ptr::eq(o, body)) => continue,
                None => column.name.value.clone(),
            };
            given.insert((String::new(), source), column.name.value.clone());
        }
    }
    Names::new(What::Column, given, taken)
}

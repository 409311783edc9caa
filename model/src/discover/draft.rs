//! The decision: which files there should be, and what a person should know.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{
    FoundColumn, FoundTable, Selection,
    compare::differences,
    dataset_text::{DatasetText, size_in},
    known::{Known, Machine, column_names},
};
use crate::{Documents, advice, document::dataset::DatasetBody, release::TableName};

/// What was found in a source.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The tables that are looked at.
    pub tables: Vec<FoundTable>,
    /// The names of all tables there, looked at or not.
    pub present: BTreeSet<TableName>,
}

/// What has to happen with the files of a store.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// Files that are new or change, by name of their dataset.
    pub files: Vec<FileChange>,
    /// Datasets whose table is gone, and their files.
    pub vanished: Vec<FileChange>,
    /// Tables that did not become datasets.
    pub left_out: Vec<LeftOut>,
    /// Columns that did not become columns.
    pub left_out_columns: Vec<LeftOut>,
    /// Datasets that people wrote themselves.
    pub by_hand: usize,
    /// Files that are as they should be.
    pub unchanged: usize,
    /// All datasets of the store that come from its source, by name.
    pub datasets: Vec<String>,
    /// What else should be known, a sentence each.
    pub notes: Vec<String>,
}

/// What happens to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// There was none.
    Create,
    /// Its text changes.
    Update,
    /// Its table is gone.
    Remove,
}

/// A file that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// Where it is, or is to be.
    pub path: String,
    /// What happens to it.
    pub change: Change,
    /// Its dataset.
    pub dataset: String,
    /// The table of it.
    pub table: TableName,
    /// What differs, one phrase each.
    pub details: Vec<String>,
    /// Its text of today.
    pub old: String,
    /// Its text of tomorrow.
    pub new: String,
}

/// Something of the source that the model does not get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The table.
    pub table: String,
    /// The dataset that it would be.
    pub dataset: String,
    /// The column, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Why.
    pub why: String,
    /// Columns that it has, by their names in the model.
    #[serde(skip)]
    pub columns: Vec<String>,
}

/// Compares a source with the documents of its store. `folder`: where new files are put.
///
/// `None`: the model has no store of this name.
pub fn draft(
    documents: &Documents,
    store: &str,
    folder: &str,
    selection: &Selection,
    found: &Found,
) -> Option<Draft> {
    let known = Known::of(documents, store)?;
    let mut draft = Draft::default();
    let mut names = known.dataset_names();
    let tables: Vec<&FoundTable> =
        found.tables.iter().filter(|found| !known.is_by_hand(&found.table)).collect();
    draft.by_hand = found.tables.len() - tables.len();
    names.give(tables.iter().map(|t| (t.table.schema.clone(), t.table.name.clone())));
    for found in tables {
        if let Some(name) = names.of(&found.table.schema, &found.table.name) {
            Drafting { known: &known, folder, draft: &mut draft }.table(name, found);
        }
    }
    draft.vanished = vanished(&known, selection, &found.present);
    draft.files.sort_by(|a, b| a.dataset.cmp(&b.dataset));
    draft.datasets.sort();
    let created: Vec<&str> = of_change(&draft.files, Change::Create);
    if let (Some(gone), Some(new)) = (draft.vanished.first(), created.first()) {
        draft.notes.push(format!(
            "if a table was renamed, its history goes on when the Datastore says so: {}",
            advice::entry(new, &format!("formerly: [{}]", gone.dataset))
        ));
    }
    Some(draft)
}

fn of_change(files: &[FileChange], change: Change) -> Vec<&str> {
    files.iter().filter(|file| file.change == change).map(|file| file.dataset.as_str()).collect()
}

fn vanished(
    known: &Known<'_>,
    selection: &Selection,
    present: &BTreeSet<TableName>,
) -> Vec<FileChange> {
    let gone = known.machine.iter().filter_map(|machine| {
        let table = known.table_of(machine)?;
        (selection.takes(table) && !present.contains(table)).then(|| FileChange {
            path: machine.file.path.clone(),
            change: Change::Remove,
            dataset: machine.document.name.value.clone(),
            table: table.clone(),
            details: Vec::new(),
            old: machine.file.text.clone(),
            new: String::new(),
        })
    });
    let mut gone: Vec<FileChange> = gone.collect();
    gone.sort_by(|a, b| a.dataset.cmp(&b.dataset));
    gone
}

struct Drafting<'a> {
    known: &'a Known<'a>,
    folder: &'a str,
    draft: &'a mut Draft,
}

impl Drafting<'_> {
    fn table(&mut self, name: &str, found: &FoundTable) {
        let overlay = self.known.overlay(name);
        let ours = self.known.of_table(&found.table);
        let columns = columns(found, overlay, ours);
        let key = key(found, overlay, ours, &columns);
        let named = || -> Vec<String> {
            let carried = columns.iter().filter(|(_, column)| column.column_type.is_ok());
            carried.map(|(name, _)| name.clone()).collect()
        };
        let key = match key {
            _ if named().is_empty() => {
                return self.leave_out(name, found, "it has no column that Teal carries", vec![]);
            }
            Key::None(why) if ours.is_none() => return self.leave_out(name, found, &why, named()),
            Key::None(why) => {
                self.draft.notes.push(format!("{name} has no key any more: {why}"));
                Vec::new()
            }
            Key::Kept(key) => {
                self.draft.notes.push(format!(
                    "{name} keeps its key ({}), although nothing at the source guarantees it \
                     any more",
                    key.join(", ")
                ));
                key
            }
            Key::Found(key) => key,
        };
        for (_, column) in &columns {
            if let Err(why) = &column.column_type {
                self.draft.left_out_columns.push(LeftOut {
                    table: found.table.to_string(),
                    dataset: name.to_owned(),
                    column: Some(column.name.clone()),
                    why: format!("{}: {why}", column.source_type),
                    columns: Vec::new(),
                });
            }
        }
        for obstacle in &found.obstacles {
            self.draft.notes.push(format!("{}: {obstacle}", found.table));
        }
        self.draft.datasets.push(name.to_owned());
        self.write(name, found, overlay, ours, key, columns);
    }

    fn write(
        &mut self,
        name: &str,
        found: &FoundTable,
        overlay: Option<&DatasetBody>,
        ours: Option<Machine<'_>>,
        key: Vec<String>,
        columns: Vec<(String, &FoundColumn)>,
    ) {
        // What nobody guarantees is taken from who declares the key: it holds no NULL.
        let is_key = |column: &String| {
            let declared = overlay.is_some_and(|o| o.key.iter().any(|key| key.value == *column));
            key.contains(column) || (declared && !found.kind.is_enforced())
        };
        let columns = columns
            .into_iter()
            .map(|(name, column)| {
                let nullable = column.nullable && !is_key(&name);
                (name, column, nullable)
            })
            .collect();
        let said = ours.map(|ours| size_in(&ours.file.text));
        let estimate = said.filter(|said| said.is_near(found.estimate)).unwrap_or(found.estimate);
        let text = DatasetText {
            store: &self.known.store.name,
            name,
            found,
            estimate,
            table_is_said: overlay.is_some_and(|overlay| overlay.table.is_some()),
            key,
            columns,
        };
        let new = text.render();
        let old = ours.map(|ours| ours.file.text.clone()).unwrap_or_default();
        if old == new {
            self.draft.unchanged += 1;
            return;
        }
        let details = ours.map(|ours| differences(ours.document, &new)).unwrap_or_default();
        if let Some(hint) = details.renamed(name) {
            self.draft.notes.push(hint);
        }
        self.draft.files.push(FileChange {
            path: match ours {
                Some(ours) => ours.file.path.clone(),
                None => format!("{}/{name}.yaml", self.folder),
            },
            change: if ours.is_some() { Change::Update } else { Change::Create },
            dataset: name.to_owned(),
            table: found.table.clone(),
            details: details.phrases,
            old,
            new,
        });
    }

    fn leave_out(&mut self, name: &str, found: &FoundTable, why: &str, columns: Vec<String>) {
        self.draft.left_out.push(LeftOut {
            table: found.table.to_string(),
            dataset: name.to_owned(),
            column: None,
            why: why.to_owned(),
            columns,
        });
    }
}

/// Each column with its name in the model.
fn columns<'f>(
    found: &'f FoundTable,
    overlay: Option<&DatasetBody>,
    ours: Option<Machine<'_>>,
) -> Vec<(String, &'f FoundColumn)> {
    let mut names = column_names(overlay, ours.map(|ours| &ours.document.body));
    // A column that the model does not get needs no name, and takes none away.
    let carried = found.columns.iter().filter(|column| column.column_type.is_ok());
    names.give(carried.map(|column| (String::new(), column.name.clone())));
    let named = found.columns.iter().map(|column| {
        let name = names.of("", &column.name).unwrap_or(&column.name);
        (name.to_owned(), column)
    });
    named.collect()
}

/// Where a key comes from.
enum Key {
    /// The source or a person.
    Found(Vec<String>),
    /// Our own file of earlier.
    Kept(Vec<String>),
    /// Nowhere, and why.
    None(String),
}

fn key(
    found: &FoundTable,
    overlay: Option<&DatasetBody>,
    ours: Option<Machine<'_>>,
    columns: &[(String, &FoundColumn)],
) -> Key {
    let carried = |source: &String| {
        let column = columns.iter().find(|(_, column)| column.name == *source)?;
        column.1.column_type.is_ok().then(|| column.0.clone())
    };
    let of_source: Option<Vec<String>> = found.key.iter().map(carried).collect();
    let declared = overlay.is_some_and(|overlay| !overlay.key.is_empty());
    match of_source {
        Some(key) if !key.is_empty() => return Key::Found(key),
        _ if declared => return Key::Found(Vec::new()), // the person's counts
        _ => {}
    }
    let earlier: Vec<String> =
        ours.iter().flat_map(|ours| &ours.document.body.key).map(|key| key.value.clone()).collect();
    let has = |key: &String| {
        columns.iter().any(|(name, column)| name == key && column.column_type.is_ok())
    };
    if !earlier.is_empty() && earlier.iter().all(has) {
        return Key::Kept(earlier);
    }
    if let Some(why) = &found.no_key {
        return Key::None(why.clone());
    }
    Key::None(match (found.key.is_empty(), found.kind.is_enforced()) {
        (true, true) => {
            "no primary key, and no unique index over columns that are NOT NULL".to_owned()
        }
        (true, false) => format!("a {} has no key of its own", found.kind.as_str()),
        (false, _) => "its key has a column of a type that Teal does not carry".to_owned(),
    })
}

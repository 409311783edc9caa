//! Datasets: what they read, their columns and their keys.

use super::index::{Dataset, Index};
use crate::{
    Documents, advice, code,
    discover::is_ours,
    document::dataset::ColumnBody,
    types::ColumnType,
    yaml::{Finding, Report, Span, Spanned, closest},
};

/// Columns of a table in PostgreSQL (1,600) less those that Teal adds, with room for more.
const MOST_COLUMNS: usize = 1_590;

pub(super) fn check(index: &Index<'_>, report: &mut Report) {
    let datasets = index.stores.iter().flat_map(|(store, known)| {
        let told = |dataset| Told { documents: index.documents, store, dataset };
        known.datasets.values().map(told)
    });
    for told in datasets {
        let dataset = told.dataset;
        // The rest of an incomplete dataset may stand in a document that could not be read.
        let known = dataset.body.at.is_somewhere() && !report.has_gaps();
        if known || dataset.body.is_whole() {
            source(told, report);
            columns(dataset, report);
            key(told, report);
        }
    }
}

/// A dataset, and where what counts for it is written.
#[derive(Clone, Copy)]
struct Told<'a> {
    documents: &'a Documents,
    store: &'a str,
    dataset: &'a Dataset,
}

impl Told<'_> {
    /// What to do about something in a file that `teal discover` writes anew; elsewhere the code's
    /// own help is right.
    fn helped(&self, finding: Finding, at: Span, help: impl FnOnce() -> String) -> Finding {
        let file = self.documents.file_of(at);
        if file.is_some_and(is_ours) { finding.help(help()) } else { finding }
    }

    /// Another key, where the one that was discovered is no use.
    fn another_key(&self) -> String {
        let dataset = &self.dataset.name.value;
        format!("say {}", advice::of_dataset(self.store, dataset, "key: [column, …]"))
    }
}

fn source(told: Told<'_>, report: &mut Report) {
    let dataset = told.dataset;
    let missing = match (dataset.body.table.is_some(), !dataset.body.columns.is_empty()) {
        (true, true) => return,
        (true, false) => "columns",
        (false, true) => "table",
        (false, false) => "table and columns",
    };
    let message = format!("the dataset `{}` has no {missing}", dataset.name.value);
    let finding = Finding::new(code::MODEL0035, dataset.name.at, message);
    report.add(told.helped(finding, dataset.name.at, || {
        format!("let {} write the file anew", advice::discover(told.store))
    }));
}

fn columns(dataset: &Dataset, report: &mut Report) {
    let columns = &dataset.body.columns;
    if let Some(beyond) = columns.get(MOST_COLUMNS) {
        let message = format!("the dataset has {} columns", columns.len());
        report.add(Finding::new(code::MODEL0038, beyond.name.at, message));
    }
    for (name, body) in columns.iter().map(|column| (&column.name, &column.value.body)) {
        if let (Some(_), Some(native)) = (&body.column_type, &body.native) {
            let message = format!("the column `{}` says both `type` and `native`", name.value);
            report.add(Finding::new(code::MODEL0009, native.at, message).help("keep one of them"));
        }
        if body.the_type().is_none() && body.at.is_somewhere() {
            let message = format!("the column `{}` has no type", name.value);
            let finding = Finding::new(code::MODEL0008, name.at, message);
            report.add(finding.help(format!("write `{}: {{type: …}}`", name.value)));
        }
    }
}

fn key(told: Told<'_>, report: &mut Report) {
    let dataset = told.dataset;
    let body = &dataset.body;
    if body.columns.is_empty() || body.columns.len() > MOST_COLUMNS {
        return; // reported already
    }
    if body.key.is_empty() {
        let message = format!("the dataset `{}` has no key", dataset.name.value);
        let finding = Finding::new(code::MODEL0030, dataset.name.at, message);
        report.add(told.helped(finding, dataset.name.at, || {
            format!("{}: the columns that identify a row at the source", told.another_key())
        }));
    }
    let key = body.key.iter().take(MOST_COLUMNS);
    for (number, name) in key.enumerate().filter(|(_, name)| name.at.is_somewhere()) {
        if let Some(first) = body.key.iter().take(number).find(|first| first.value == name.value) {
            let message = format!("the key lists `{}` twice", name.value);
            let finding = Finding::new(code::MODEL0033, name.at, message);
            report.add(finding.also("first listed here", first.at));
        }
        match body.columns.named(name) {
            Some(column) => key_column(told, name, &column.body, report),
            None => report.add(no_such_column(told, name)),
        }
    }
}

fn key_column(told: Told<'_>, name: &Spanned<String>, column: &ColumnBody, report: &mut Report) {
    if let Some(nullable) = column.nullable.as_ref().filter(|nullable| nullable.value) {
        let message = format!("the key column `{}` may be NULL", name.value);
        let finding = Finding::new(code::MODEL0032, name.at, message);
        let finding = finding.also("it says so here", nullable.at);
        report.add(told.helped(finding, nullable.at, || {
            let (store, dataset) = (told.store, &told.dataset.name.value);
            let never = advice::of_column(store, dataset, &name.value, "nullable: false");
            let other = advice::entry(dataset, "key: [column, …]");
            format!("say {never} where the source never has NULL there, or another key: {other}")
        }));
    }
    let Some(column_type) = column.the_type() else { return };
    let compared = match &column_type.value {
        ColumnType::Array(element) => element,
        other => other,
    };
    if *compared == ColumnType::Json {
        let message = format!("the key column `{}` is of type {}", name.value, column_type.value);
        let finding = Finding::new(code::MODEL0034, name.at, message);
        report.add(told.helped(finding.also("its type", column_type.at), name.at, || {
            format!("{} of another type; json knows no equality (jsonb does)", told.another_key())
        }));
    }
}

fn no_such_column(told: Told<'_>, name: &Spanned<String>) -> Finding {
    let dataset = told.dataset;
    let columns = &dataset.body.columns;
    let message = format!("`{}` has no column `{}`", dataset.name.value, name.escape_debug());
    let finding = Finding::new(code::MODEL0031, name.at, message);
    let by_source = columns
        .iter()
        .find(|column| column.value.body.source.as_ref().is_some_and(|s| s.value == name.value))
        .map(|column| column.name.as_str());
    match by_source.or_else(|| closest(name, columns.iter().map(|c| c.name.as_str()))) {
        Some(close) => finding.help(format!("did you mean `{close}`?")),
        None => told.helped(finding, name.at, || told.another_key()),
    }
}

//! Datasets: what they read, their columns and their keys.

use super::index::{Dataset, Index};
use crate::{
    code,
    document::dataset::ColumnBody,
    types::ColumnType,
    yaml::{Finding, Report, Spanned, closest},
};

/// Columns of a table in PostgreSQL (1,600) less those that Teal adds, with room for more.
const MOST_COLUMNS: usize = 1_590;

pub(super) fn check(index: &Index<'_>, report: &mut Report) {
    for dataset in index.stores.values().flat_map(|store| store.datasets.values()) {
        // The rest of an incomplete dataset may stand in a document that could not be read.
        let known = dataset.body.at.is_somewhere() && !report.has_gaps();
        if known || dataset.body.is_whole() {
            source(dataset, report);
            columns(dataset, report);
            key(dataset, report);
        }
    }
}

fn source(dataset: &Dataset, report: &mut Report) {
    let missing = match (dataset.body.table.is_some(), !dataset.body.columns.is_empty()) {
        (true, true) => return,
        (true, false) => "columns",
        (false, true) => "table",
        (false, false) => "table and columns",
    };
    let message = format!("the dataset `{}` has no {missing}", dataset.name.value);
    report.add(Finding::new(code::MODEL0035, dataset.name.at, message));
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

fn key(dataset: &Dataset, report: &mut Report) {
    let body = &dataset.body;
    if body.columns.is_empty() || body.columns.len() > MOST_COLUMNS {
        return; // reported already
    }
    if body.key.is_empty() {
        let message = format!("the dataset `{}` has no key", dataset.name.value);
        report.add(Finding::new(code::MODEL0030, dataset.name.at, message));
    }
    let key = body.key.iter().take(MOST_COLUMNS);
    for (number, name) in key.enumerate().filter(|(_, name)| name.at.is_somewhere()) {
        if let Some(first) = body.key.iter().take(number).find(|first| first.value == name.value) {
            let message = format!("the key lists `{}` twice", name.value);
            let finding = Finding::new(code::MODEL0033, name.at, message);
            report.add(finding.also("first listed here", first.at));
        }
        match body.columns.named(name) {
            Some(column) => key_column(name, &column.body, report),
            None => report.add(no_such_column(dataset, name)),
        }
    }
}

fn key_column(name: &Spanned<String>, column: &ColumnBody, report: &mut Report) {
    if let Some(nullable) = column.nullable.as_ref().filter(|nullable| nullable.value) {
        let message = format!("the key column `{}` may be NULL", name.value);
        let finding = Finding::new(code::MODEL0032, name.at, message);
        report.add(finding.also("it says so here", nullable.at));
    }
    let Some(column_type) = column.the_type() else { return };
    let compared = match &column_type.value {
        ColumnType::Array(element) => element,
        other => other,
    };
    if *compared == ColumnType::Json {
        let message = format!("the key column `{}` is of type {}", name.value, column_type.value);
        let finding = Finding::new(code::MODEL0034, name.at, message);
        report.add(finding.also("its type", column_type.at));
    }
}

fn no_such_column(dataset: &Dataset, name: &Spanned<String>) -> Finding {
    let columns = &dataset.body.columns;
    let message = format!("`{}` has no column `{}`", dataset.name.value, name.escape_debug());
    let finding = Finding::new(code::MODEL0031, name.at, message);
    let by_source = columns
        .iter()
        .find(|column| column.value.body.source.as_ref().is_some_and(|s| s.value == name.value))
        .map(|column| column.name.as_str());
    match by_source.or_else(|| closest(name, columns.iter().map(|c| c.name.as_str()))) {
        Some(close) => finding.help(format!("did you mean `{close}`?")),
        None => finding,
    }
}

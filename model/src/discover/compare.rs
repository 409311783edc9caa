//! What differs between a dataset of today and of tomorrow, in words.

use crate::{
    advice,
    document::dataset::{Column, DatasetBody, DatasetDocument},
    read::{ModelFile, read},
};

/// What differs.
#[derive(Debug, Default)]
pub(super) struct Differences {
    /// One phrase each.
    pub(super) phrases: Vec<String>,
    gone: Vec<String>,
    new: Vec<String>,
}

impl Differences {
    /// What to do if a column was renamed, which nobody can see.
    pub(super) fn renamed(&self, dataset: &str) -> Option<String> {
        let (gone, new) = (self.gone.first()?, self.new.first()?);
        Some(format!(
            "if `{new}` of {dataset} is the renamed `{gone}`, its values go on when the Datastore \
             says so: {}",
            advice::column_entry(dataset, new, &format!("formerly: [{}]", advice::value(gone)))
        ))
    }
}

/// Compares a document with the text that would take its place.
pub(super) fn differences(old: &DatasetDocument, new: &str) -> Differences {
    // The text is read as every reader will read it.
    let Some(new) = reread(new) else { return Differences::default() };
    let mut differences = Differences::default();
    let say = &mut differences.phrases;
    if old.name.value != new.name.value {
        say.push(format!("name {} → {}", old.name.value, new.name.value));
    }
    let (old, new) = (&old.body, &new.body);
    let key = |body: &DatasetBody| {
        body.key.iter().map(|column| column.value.clone()).collect::<Vec<_>>().join(", ")
    };
    if key(old) != key(new) {
        say.push(format!("key ({}) → ({})", key(old), key(new)));
    }
    for column in new.columns.iter() {
        match old.columns.named(&column.name) {
            None => {
                say.push(format!("column {} {} is new", column.name.value, type_of(&column.value)));
                differences.new.push(column.name.value.clone());
            }
            Some(before) => say.extend(of_column(&column.name, before, &column.value)),
        }
    }
    for column in old.columns.iter().filter(|column| new.columns.named(&column.name).is_none()) {
        say.push(format!("column {} is gone", column.name.value));
        differences.gone.push(column.name.value.clone());
    }
    let description = |body: &DatasetBody| body.description.as_ref().map(|d| d.value.clone());
    if description(old) != description(new) {
        say.push("description".to_owned());
    }
    if say.is_empty() {
        say.push("order, sizes or comments".to_owned());
    }
    differences
}

fn reread(text: &str) -> Option<DatasetDocument> {
    read(&[ModelFile::new("dataset.yaml", text)]).ok()?.datasets.into_iter().next()
}

fn of_column(name: &str, before: &Column, after: &Column) -> Vec<String> {
    let mut phrases = Vec::new();
    let (old, new) = (type_of(before), type_of(after));
    if old != new {
        phrases.push(format!("column {name} {old} → {new}"));
    }
    let nullable =
        |column: &Column| column.body.nullable.as_ref().is_some_and(|nullable| nullable.value);
    match (nullable(before), nullable(after)) {
        (false, true) => phrases.push(format!("column {name} may be NULL")),
        (true, false) => phrases.push(format!("column {name} is never NULL")),
        _ => {}
    }
    let text = |text: &Option<crate::Spanned<String>>| text.as_ref().map(|t| t.value.clone());
    if text(&before.body.description) != text(&after.body.description) {
        phrases.push(format!("description of {name}"));
    }
    if text(&before.body.source) != text(&after.body.source) {
        phrases.push(format!("source of {name}"));
    }
    phrases
}

fn type_of(column: &Column) -> String {
    column.body.the_type().map(|is| is.value.to_string()).unwrap_or_default()
}

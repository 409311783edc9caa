//! Places in the files of a model, for what is found out after it was compiled.

use crate::{
    diagnostic::Place,
    document::Documents,
    lint::index::Index,
    yaml::{Lines, Report, Span},
};

/// A part of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// Its `table`.
    Table,
    /// Its `key`.
    Key,
    /// The type of the column of this name, or the column.
    Column(&'a str),
}

impl Documents {
    /// Where a part of a dataset is written; the dataset's own place where that part is not said.
    pub fn place_of(&self, store: &str, dataset: &str, part: Part<'_>) -> Option<Place> {
        let index = Index::of(self, &mut Report::default());
        let (_, found) = index.dataset(store, dataset)?;
        let body = &found.body;
        let at = match part {
            Part::Table => body.table.as_ref().map(|table| table.at),
            Part::Key => body.key.first().map(|first| first.at),
            Part::Column(name) => {
                let column = body.columns.iter().find(|column| column.name.value == name);
                column.map(|column| match column.value.body.the_type() {
                    Some(of_type) if of_type.at.is_somewhere() => of_type.at,
                    _ => column.name.at,
                })
            }
        };
        let somewhere = |at: &Span| at.is_somewhere();
        at.filter(somewhere).unwrap_or(found.name.at).locate(&mut Lines::of(&self.files))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::shop;

    #[test]
    fn parts_of_a_dataset_are_found_in_its_file() {
        let documents = crate::read(&shop()).unwrap();
        let place = |part| {
            let place = documents.place_of("crm", "contacts", part)?;
            Some(format!("{}:{}:{} {}", place.file, place.line, place.column, place.source.trim()))
        };
        let found = [Part::Table, Part::Key, Part::Column("email"), Part::Column("no")].map(place);
        insta::assert_debug_snapshot!(found, @r#"
        [
            Some(
                "crm.datasets.yaml:5:8 table: crm.contacts",
            ),
            Some(
                "crm.yaml:14:11 key: [id]",
            ),
            Some(
                "crm.datasets.yaml:8:10 email: text",
            ),
            Some(
                "crm.yaml:12:3 contacts:                                # laid over the machine's file",
            ),
        ]
        "#);
        assert_eq!(documents.place_of("crm", "nothing", Part::Key), None);
    }
}

//! What the model says of a dataset and its source does not have.

use std::fmt;

use teal_model::{Code, Error, advice, release::DatasetSpec};

use crate::code;

/// A dataset that is looked for at its source, and the store whose Datastore says what counts.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The store.
    pub store: &'a str,
    /// The dataset.
    pub dataset: &'a DatasetSpec,
}

impl Wanted<'_> {
    /// What to do about a table that was there.
    pub(crate) fn if_it_went(&self) -> String {
        let (store, dataset) = (self.store, &self.dataset.name);
        format!(
            "renamed: {} shows how its data goes on; dropped: take `{store}:{dataset}` out of \
             `sinks:` and apply, then `teal discover --store {store} --prune` removes its file",
            advice::discover(store)
        )
    }

    /// Where its store says this of it.
    pub(super) fn said(&self, said: &str) -> String {
        advice::of_dataset(self.store, &self.dataset.name, said)
    }

    /// Where its store says this of a column.
    pub(super) fn said_of(&self, column: &str, said: &str) -> String {
        advice::of_column(self.store, &self.dataset.name, column, said)
    }
}

/// Names the place in the model that mends what a batch refused in the rows of a dataset.
pub(crate) fn advised(error: Error, store: &str) -> Error {
    let named = |wanted: &str| {
        let mut context = error.context().iter();
        context.find(|(key, _)| *key == wanted).map(|(_, value)| value.clone())
    };
    let (dataset, column) = (named("dataset"), named("column"));
    match (error.code(), dataset, column) {
        (code::STAGE0001, Some(dataset), Some(column)) => {
            let said = advice::of_column(store, &dataset, &column, "nullable: true");
            error.hint(format!(
                "mend the rows at the source, or say {said} (a key column must hold a value)"
            ))
        }
        (code::MERGE0001, Some(dataset), _) => {
            let said = advice::of_dataset(store, &dataset, "key: [column, …]");
            error.hint(format!("mend the rows at the source, or say {said}, unique there"))
        }
        _ => error,
    }
}

/// One difference between a dataset and its source. Names and types only, never values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its situation.
    pub code: Code,
    /// What of the dataset it is about.
    pub subject: Subject,
    /// What is different, with the names; one line.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// A part of a dataset, as the model has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Its `table`.
    Table,
    /// Its `key`.
    Key,
    /// The column of this name in the model.
    Column(String),
}

impl Difference {
    /// A difference of this code, with the code's advice.
    pub fn new(code: Code, subject: Subject, message: impl Into<String>) -> Self {
        Self { code, subject, message: message.into(), help: code.help.to_owned() }
    }

    /// About a column, by its name in the model.
    pub fn of_column(code: Code, column: &str, message: impl Into<String>) -> Self {
        Self::new(code, Subject::Column(column.to_owned()), message)
    }

    /// What an error says of a part of a dataset.
    pub fn of_error(error: &Error, subject: Subject) -> Self {
        let named = |key: &str| matches!(key, "dataset" | "column" | "while" | "sqlstate");
        let said = error.context().iter().filter(|(key, _)| !named(key));
        let said: Vec<String> = said.map(|(key, value)| format!("{key}: {value}")).collect();
        let mut message = match &subject {
            Subject::Column(name) => format!("column {name}: {}", error.code().title),
            Subject::Table | Subject::Key => error.code().title.to_owned(),
        };
        if !said.is_empty() {
            message = format!("{message} ({})", said.join(", "));
        }
        if let Some(cause) = std::error::Error::source(error) {
            message = format!("{message}: {}", cause.to_string().replace('\n', " "));
        }
        Self { code: error.code(), subject, message, help: error.help().to_owned() }
    }

    /// Replaces the advice by one that knows the names.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: help.into(), ..self }
    }

    /// All differences of a dataset as the error of its stream.
    pub(super) fn error(dataset: &DatasetSpec, all: &[Self]) -> Option<Error> {
        let first = all.first()?;
        let said: Vec<&str> = all.iter().map(|difference| difference.message.as_str()).collect();
        let error = Error::new(first.code)
            .with("dataset", &dataset.name)
            .with("table", &dataset.source)
            .with("differences", said.join("; "));
        Some(error.hint(&first.help))
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.code.id, self.message)
    }
}

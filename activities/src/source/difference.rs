//! What the model says of a dataset and its source does not have.

use std::fmt;

use teal_model::{Code, Error, release::DatasetSpec};

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

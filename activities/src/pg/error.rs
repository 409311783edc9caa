//! Errors of PostgreSQL as Teal's. What they mean stands in [`MEANINGS`](super::meaning::MEANINGS), the one
//! place where SQLSTATEs are judged.

use teal_model::{Code, Error, Result};

use super::meaning::{Moment, meaning};

/// Finds the code for an error of sqlx.
pub fn classify(error: &sqlx::Error) -> Code {
    meaning(error, Moment::Work).code
}

/// Turns results of sqlx into Teal's.
pub trait PgResultExt<T> {
    /// Says what was attempted; the code follows from the SQLSTATE. The database's detail line, which
    /// may hold row values, is left out.
    ///
    /// # Errors
    /// The error, classified.
    fn during(self, attempted: &'static str) -> Result<T>;
}

impl<T> PgResultExt<T> for std::result::Result<T, sqlx::Error> {
    fn during(self, attempted: &'static str) -> Result<T> {
        self.map_err(|error| from_sqlx(attempted, &error))
    }
}

/// As [`PgResultExt::during`], for one error.
pub fn from_sqlx(attempted: &'static str, error: &sqlx::Error) -> Error {
    let mut ours = Error::new(classify(error)).with("while", attempted);
    let text = match error {
        sqlx::Error::Database(database) => {
            if let Some(state) = database.code() {
                ours = ours.with("sqlstate", state);
            }
            without_values(&database.code().unwrap_or_default(), database.message())
        }
        sqlx::Error::PoolTimedOut => {
            "no connection could be made, or became free, in time".to_owned()
        }
        other => other.to_string(),
    };
    if cfg!(debug_assertions) && has_state(error, "25006") {
        ours = ours.hint("a write outside of pg::begin (or a standby server): see pg/durable.rs");
    }
    ours.caused_by(text)
}

/// The server quotes input values in some messages (`invalid input syntax for type integer: "…"`,
/// `value "…" is out of range`), and a function's own RAISE may say anything: a row value must not
/// reach a history or a log, so quotes of data exceptions (class 22) and all of P0 are left out.
fn without_values(state: &str, message: &str) -> String {
    match state.get(..2).unwrap_or_default() {
        "P0" => "raised by a function of the database".to_owned(),
        "22" => message.split('"').step_by(2).collect::<Vec<_>>().join("…"),
        _ => message.split_once(": \"").map_or(message, |(head, _)| head).to_owned(),
    }
}

/// Whether the error has this SQLSTATE.
pub fn has_state(error: &sqlx::Error, state: &str) -> bool {
    matches!(error, sqlx::Error::Database(database) if database.code().as_deref() == Some(state))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pg::meaning::tests::said;

    #[test]
    fn values_of_rows_are_left_out() {
        for (state, message, shown) in [
            ("22P02", "invalid input syntax for type integer: \"hunter2\"", "type integer: …"),
            ("23505", "duplicate key: \"hunter2\"", "duplicate key"),
            ("P0001", "hunter2 is not allowed", "raised by a function of the database"),
        ] {
            let line = from_sqlx("testing", &said(state, message)).one_line();
            assert!(line.ends_with(shown) && !line.contains("hunter2"), "{line}");
        }
    }
}

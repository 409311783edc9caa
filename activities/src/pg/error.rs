//! What a PostgreSQL error means for a stream. The one place where SQLSTATEs are judged.

use teal_model::{Code, Error, Result};

use super::tls;
use crate::code;

/// Finds the code for an error of sqlx, by SQLSTATE class
/// (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
pub fn classify(error: &sqlx::Error) -> Code {
    if let Some(code) = tls::classify(error) {
        return code;
    }
    let sqlx::Error::Database(database) = error else {
        return match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => code::PG0002,
            _ => code::PG0001,
        };
    };
    let state = database.code().unwrap_or_default();
    match state.as_ref() {
        "42501" => code::PG0004,
        "53300" => code::PG0009,
        "55P03" | "57014" | "57P01" | "57P02" | "40001" | "40P01" | "25006" | "25P03" | "25P04"
        | "57P05" => code::PG0005,
        "57P03" => code::PG0002,
        "42P01" | "42703" | "3F000" | "42883" | "3D000" | "42704" => code::PG0007,
        // a table or view that somebody replaced between two looks of the same statement
        "XX000" if database.message().starts_with("could not open relation") => code::PG0005,
        "0A000" => code::PG0001,
        state => match state.get(..2).unwrap_or_default() {
            "08" => code::PG0002,
            "28" => code::PG0003,
            "40" => code::PG0005,
            "53" => code::PG0006,
            "58" => code::PG0006,
            "22" | "23" => code::PG0008,
            _ => code::PG0001,
        },
    }
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
    use std::{borrow::Cow, error::Error as StdError, fmt};

    use sqlx::error::{DatabaseError, ErrorKind};

    use super::*;

    /// What a server says.
    #[derive(Debug)]
    struct Said(&'static str, &'static str);

    impl fmt::Display for Said {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.1)
        }
    }

    impl StdError for Said {}

    impl DatabaseError for Said {
        fn message(&self) -> &str {
            self.1
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.into())
        }

        fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    fn said(state: &'static str, message: &'static str) -> Error {
        from_sqlx("testing", &sqlx::Error::Database(Box::new(Said(state, message))))
    }

    #[test]
    fn the_sqlstate_decides_the_code() {
        for (state, code) in [
            ("XX000", code::PG0001),
            ("0A000", code::PG0001),
            ("08006", code::PG0002),
            ("57P03", code::PG0002),
            ("28P01", code::PG0003),
            ("42501", code::PG0004),
            ("40P01", code::PG0005),
            ("55P03", code::PG0005),
            ("53100", code::PG0006),
            ("58030", code::PG0006),
            ("3D000", code::PG0007),
            ("22001", code::PG0008),
            ("23514", code::PG0008),
            ("53300", code::PG0009),
        ] {
            assert_eq!(said(state, "some words").code(), code, "{state}");
        }
        assert_eq!(classify(&sqlx::Error::PoolTimedOut), code::PG0002);
    }

    #[test]
    fn values_of_rows_are_left_out() {
        for (state, message, shown) in [
            ("22P02", "invalid input syntax for type integer: \"hunter2\"", "type integer: …"),
            ("23505", "duplicate key: \"hunter2\"", "duplicate key"),
            ("P0001", "hunter2 is not allowed", "raised by a function of the database"),
        ] {
            let line = said(state, message).one_line();
            assert!(line.ends_with(shown) && !line.contains("hunter2"), "{line}");
        }
    }
}

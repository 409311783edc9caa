//! What an error of PostgreSQL means for a stream: one table, which decides, and which
//! `docs/failures.md` shows.
//!
//! Invariant: the first row that fits counts, and the last one fits everything, so that there is no
//! meaning beside the table.
//! Read first: [`MEANINGS`].

use std::io::ErrorKind;

use teal_model::Code;

use super::tls::{self, Handshake};
use crate::code;

/// One row: which errors, what they mean, and the code that decides what a stream does.
#[derive(Debug)]
pub struct Meaning {
    /// Which errors.
    pub of: Of,
    /// In words, for the page.
    pub words: &'static str,
    /// What a person gets to see; its kind decides the policy.
    pub code: Code,
}

/// Which errors a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// A new connection whose first answer is none that PostgreSQL gives.
    Stranger,
    /// A TLS handshake that failed.
    Handshake(Handshake),
    /// The connection broke, or there was none in time.
    Connection,
    /// This SQLSTATE, with a message that starts so.
    Message {
        /// The SQLSTATE.
        state: &'static str,
        /// How the message starts.
        start: &'static str,
    },
    /// This SQLSTATE.
    State(&'static str),
    /// SQLSTATEs that start with these two characters.
    Class(&'static str),
    /// Whatever is left.
    Anything,
}

/// All meanings, by SQLSTATE (<https://www.postgresql.org/docs/current/errcodes-appendix.html>) and by
/// what is no answer of the server.
pub const MEANINGS: &[Meaning] = &[
    of(Of::Stranger, "another program answers at the port", code::PG0024),
    of(Of::Handshake(Handshake::NotOffered), "TLS is asked for, and not offered", code::PG0020),
    of(
        Of::Handshake(Handshake::Untrusted),
        "the server's certificate is not trusted",
        code::PG0021,
    ),
    of(Of::Handshake(Handshake::Unusable), "our own certificate or key is no use", code::PG0022),
    of(Of::Handshake(Handshake::Refused), "our certificate is not accepted", code::PG0023),
    of(Of::Handshake(Handshake::Broken), "TLS broke in the middle", code::PG0002),
    of(Of::Connection, "refused, reset, closed in the middle, no answer in time", code::PG0002),
    of(state("42501"), "a privilege is missing", code::PG0004),
    of(state("53300"), "too many connections: of the server, a database or a role", code::PG0009),
    of(state("40001"), "serialization failure", code::PG0005),
    of(state("40P01"), "deadlock", code::PG0005),
    of(state("55P03"), "a lock was not free in time", code::PG0005),
    of(state("55006"), "the object is in use", code::PG0005),
    of(
        state("55000"),
        "an object that is not ready yet, as a view that nobody filled",
        code::PG0005,
    ),
    of(state("57P03"), "the server starts, stops or recovers", code::PG0002),
    of(state("25006"), "a server that only reads: a standby", code::PG0005),
    of(state("25P03"), "the transaction was idle for too long", code::PG0005),
    of(state("25P04"), "the transaction took too long", code::PG0005),
    of(state("42P01"), "no such table or view", code::PG0007),
    of(state("42703"), "no such column", code::PG0007),
    of(state("42883"), "no such function or operator", code::PG0007),
    of(state("42704"), "no such type, role or other object", code::PG0007),
    of(state("3F000"), "no such schema", code::PG0007),
    of(state("3D000"), "no such database", code::PG0007),
    of(
        Of::Message { state: "XX000", start: "could not open relation" },
        "a table or view that somebody replaced between two looks of the same statement",
        code::PG0005,
    ),
    of(
        Of::Message { state: "XX000", start: "tuple concurrently" },
        "somebody else changes the same object, such as its grants",
        code::PG0005,
    ),
    of(state("XX001"), "a table is damaged: a page, a value, the status of a row", code::PG0025),
    of(state("XX002"), "an index is damaged", code::PG0025),
    of(class("08"), "the connection failed, in the server's words", code::PG0002),
    of(class("28"), "the login is refused", code::PG0003),
    of(class("40"), "the transaction was rolled back", code::PG0005),
    of(class("53"), "out of disk, memory or another resource", code::PG0006),
    of(class("57"), "an administrator or a time limit ended the statement", code::PG0005),
    of(class("58"), "the server's system failed: its disk, a file", code::PG0006),
    of(class("21"), "one row was expected, and there are several", code::PG0008),
    of(class("22"), "a value that its type or a function refuses", code::PG0008),
    of(class("23"), "a constraint refuses the row", code::PG0008),
    of(class("54"), "a value or row that is too large, such as for an index", code::PG0008),
    of(class("P0"), "a function of the database raised it", code::PG0008),
    of(Of::Anything, "everything else, internal errors and syntax included", code::PG0001),
];

const fn of(of: Of, words: &'static str, code: Code) -> Meaning {
    Meaning { of, words, code }
}

const fn state(state: &'static str) -> Of {
    Of::State(state)
}

const fn class(class: &'static str) -> Of {
    Of::Class(class)
}

/// When an error came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// As the answer to the first words of a new connection.
    Greeting,
    /// Later.
    Work,
}

/// The row of the table for an error.
pub(super) fn meaning(error: &sqlx::Error, moment: Moment) -> &'static Meaning {
    let found = MEANINGS.iter().find(|meaning| meaning.of.fits(error, moment));
    found.unwrap_or(&FALLBACK) // never: a test holds that the last row fits everything
}

static FALLBACK: Meaning = of(Of::Anything, "", code::PG0001);

impl Of {
    fn fits(self, error: &sqlx::Error, moment: Moment) -> bool {
        let (state, message) = match error {
            sqlx::Error::Database(database) => {
                (database.code().unwrap_or_default(), database.message())
            }
            _ => (std::borrow::Cow::Borrowed(""), ""),
        };
        match self {
            Self::Stranger => moment == Moment::Greeting && is_stranger(error),
            Self::Handshake(handshake) => tls::failed(error) == Some(handshake),
            Self::Connection => matches!(
                error,
                sqlx::Error::Io(_)
                    | sqlx::Error::Tls(_)
                    | sqlx::Error::Protocol(_)
                    | sqlx::Error::PoolTimedOut
                    | sqlx::Error::PoolClosed
                    | sqlx::Error::WorkerCrashed
            ),
            Self::Message { state: wanted, start } => state == wanted && message.starts_with(start),
            Self::State(wanted) => state == wanted,
            Self::Class(class) => state.len() == 5 && state.starts_with(class),
            Self::Anything => true,
        }
    }
}

/// Whether the first answer is none that a PostgreSQL server gives. One that says nothing and hangs
/// up may be a server that goes down.
fn is_stranger(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Protocol(_) => true,
        sqlx::Error::Io(cause) if cause.kind() == ErrorKind::UnexpectedEof => {
            // a length that was none, in the library's words: `expected to read 7 bytes, got 0 …`
            let said = cause.to_string();
            said.starts_with("expected to read ") && !said.contains("got 0 bytes")
        }
        other => tls::is_none(other),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::{borrow::Cow, error::Error as StdError, fmt, io};

    use sqlx::error::{DatabaseError, ErrorKind as DatabaseErrorKind};

    use super::*;

    /// What a server says.
    #[derive(Debug)]
    struct Said(String, &'static str);

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
            Some((&*self.0).into())
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

        fn kind(&self) -> DatabaseErrorKind {
            DatabaseErrorKind::Other
        }
    }

    /// An error with this SQLSTATE and message.
    pub(in crate::pg) fn said(state: &str, message: &'static str) -> sqlx::Error {
        sqlx::Error::Database(Box::new(Said(state.to_owned(), message)))
    }

    fn handshake(cause: rustls::Error) -> sqlx::Error {
        sqlx::Error::Io(io::Error::new(ErrorKind::InvalidData, cause))
    }

    /// Errors that a row is about.
    fn samples(of: Of) -> Vec<sqlx::Error> {
        use rustls::{AlertDescription, CertificateError, Error as Rustls};
        match of {
            Of::Stranger => vec![sqlx::Error::Protocol("HTTP/1.1 400".to_owned())],
            Of::Handshake(Handshake::NotOffered) => {
                vec![sqlx::Error::Tls("server does not support TLS".into())]
            }
            Of::Handshake(Handshake::Untrusted) => {
                vec![handshake(Rustls::InvalidCertificate(CertificateError::Expired))]
            }
            Of::Handshake(Handshake::Unusable) => {
                vec![sqlx::Error::Configuration("no key".into()), sqlx::Error::Tls("no key".into())]
            }
            Of::Handshake(Handshake::Refused) => {
                vec![handshake(Rustls::AlertReceived(AlertDescription::UnknownCA))]
            }
            Of::Handshake(Handshake::Broken) => vec![handshake(Rustls::DecryptError)],
            Of::Connection => vec![
                sqlx::Error::Io(io::Error::from(ErrorKind::ConnectionReset)),
                sqlx::Error::Protocol("unexpected message".to_owned()),
                sqlx::Error::PoolTimedOut,
                sqlx::Error::PoolClosed,
                sqlx::Error::WorkerCrashed,
            ],
            Of::Message { state, start } => vec![said(state, start)],
            Of::State(state) => vec![said(state, "some words")],
            Of::Class(class) => vec![said(&format!("{class}000"), "some words")],
            Of::Anything => vec![said("XX000", "some words"), sqlx::Error::RowNotFound],
        }
    }

    #[test]
    fn every_row_of_the_table_counts_and_none_hides_another() {
        for (index, row) in MEANINGS.iter().enumerate() {
            let moment = if row.of == Of::Stranger { Moment::Greeting } else { Moment::Work };
            for sample in samples(row.of) {
                let found = MEANINGS.iter().position(|meaning| meaning.of.fits(&sample, moment));
                assert_eq!(found, Some(index), "{:?}: {sample:?}", row.of);
            }
        }
        assert_eq!(MEANINGS.last().map(|row| row.of), Some(Of::Anything));
    }

    #[test]
    fn what_reads_like_a_stranger_later_is_a_broken_connection() {
        let error = sqlx::Error::Protocol("unexpected message".to_owned());
        assert_eq!(meaning(&error, Moment::Work).code, code::PG0002);
    }
}

//! Sources: the database that a producer has.

use std::num::NonZeroU16;

use super::tls::Tls;
use crate::yaml::{Spanned, mapping::mapping};

mapping! {
    /// A producer's database, and who reads it.
    pub struct Source {
        /// A PostgreSQL database.
        postgres: PostgresAddress,
        /// Name of the credential that reads it.
        credential: Spanned<String>,
        /// Most sessions that all workers together hold there.
        max_sessions: Option<Spanned<NonZeroU16>> = 4,
    }
    later {
        "mysql": "sources are PostgreSQL for now",
        "mariadb": "sources are PostgreSQL for now",
        "files": "sources are PostgreSQL for now",
        "api": "sources are PostgreSQL for now",
        "kafka": "sources are PostgreSQL for now",
    }
}

mapping! {
    /// A PostgreSQL database.
    pub struct PostgresAddress {
        /// Host name or address.
        host: Spanned<String>,
        /// TCP port.
        port: Option<Spanned<NonZeroU16>> = 5432,
        /// Name of the database.
        database: Spanned<String>,
        /// Role that logs in, where the credential names none (a `pgpass` line with `*`, a folder
        /// without `username`). With `pgpass` it also chooses the line.
        user: Option<Spanned<String>>,
        /// How the connection is encrypted. Where nothing is said: `PGSSLMODE` and its companions of
        /// the process's environment, else TLS when the server offers it, unverified (`prefer`).
        tls: Option<Tls>,
    }
}

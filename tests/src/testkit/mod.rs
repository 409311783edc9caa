//! What every integration test needs: databases of its own, credentials, an `Io`, an address.
//!
//! A database is named after its test and the work tree, so that trees do not disturb each other; it
//! goes when the test passed and stays, with its name printed, when it failed.
//! Read first: [`source_db`], [`merge_db`], [`newest_db`], [`Bench`].

#![allow(dead_code, unused_imports, reason = "each test takes what it needs of the kit")]

mod bench;
mod db;
pub(crate) mod model;
pub(crate) mod plant;
mod proxy;
mod seed;
pub(crate) mod sound;
pub(crate) mod teal;
mod terminal;
pub(crate) mod tls;
mod wait;

pub(crate) use bench::{Bench, Credentials};
pub(crate) use db::{Db, merge_db, newest_db, source_db};
pub(crate) use proxy::{Fault, Proxy, Way, When};
pub(crate) use seed::{SEED, seed};
pub(crate) use terminal::Terminal;
pub(crate) use wait::{LIMIT, eventually};

/// Address (`host:port`) of the Temporal server for tests.
pub(crate) fn temporal_address() -> String {
    required("TEAL_TEST_TEMPORAL")
}

/// Superuser URL of the PostgreSQL of the newest version.
fn newest_server() -> String {
    std::env::var("TEAL_TEST_NEWEST").unwrap_or_else(|_| {
        panic!(
            "TEAL_TEST_NEWEST is not set: `make test` found no PostgreSQL 18 and could not download \
             one (its first lines say why); install one, name its folder of initdb in \
             TEAL_DEV_POSTGRES_NEWEST, or allow access to Maven Central; where you start the servers \
             yourself, set TEAL_TEST_NEWEST to the URL of a superuser"
        )
    })
}

/// A variable that `make test` sets. A test without its server fails, it does not pass in silence.
fn required(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!(
            "{variable} is not set: run the tests by `make test`, or set TEAL_TEST_SOURCE and \
             TEAL_TEST_MERGE to URLs of PostgreSQL superusers and TEAL_TEST_TEMPORAL to host:port"
        )
    })
}

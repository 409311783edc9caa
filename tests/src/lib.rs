//! Integration tests of Teal: one test binary, real PostgreSQL, a real Temporal server.
//!
//! `make test` starts the servers and tells the tests where they are (`TEAL_TEST_SOURCE`,
//! `TEAL_TEST_MERGE`, `TEAL_TEST_NEWEST`, `TEAL_TEST_TEMPORAL`); read `testkit` first.
#![allow(clippy::disallowed_types, reason = "statements of tests, no name comes from a model")]

#[cfg(test)]
mod cli;
#[cfg(test)]
mod devstack;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod engine;
#[cfg(test)]
mod failpoints;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod plan;
#[cfg(test)]
mod recovery;
#[cfg(test)]
mod secrets;
#[cfg(test)]
pub(crate) mod testkit;
#[cfg(test)]
mod workflow;

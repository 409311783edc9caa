//! The engine: plain async functions that move and merge data. No Temporal in sight.
//!
//! | module | holds | read first |
//! |---|---|---|
//! | [`stream`] | what one stream does: load, reconcile, ingest, merge, intent, retire | `stream::ingest` |
//! | [`source`] | reading producers | |
//! | [`staging`] | rows between ingest and merge | |
//! | [`merge`] | applying staged rows, one module per kind of store | |
//! | [`provision`] | tables, views, roles | `provision::views` |
//! | [`catalog`] | schema `teal`: ledger and control catalog | `catalog::ledger` |
//! | [`plan`], [`apply`] | from a release to running jobs | `plan::make`, `apply::step` |
//! | [`doctor`] | what could make the first day fail, and the grants that are missing | `doctor::databases` |
//! | [`verify`] | whether merge tables hold what their batches read | `verify::Verifier` |
//! | [`pg`] | connections, SQL text, error kinds | [`pg::Sql`] |
//!
//! Everything runs over an [`Io`] (connections and credentials) and a [`Pulse`] (heartbeat, cancel).

pub mod apply;
pub mod catalog;
pub mod code;
pub mod credentials;
pub mod doctor;
pub mod io;
pub mod merge;
pub mod orchestrator;
pub mod pg;
pub mod plan;
pub mod provision;
pub mod pulse;
pub mod source;
pub mod staging;
pub mod stream;
pub mod verify;

pub use io::Io;
pub use orchestrator::Orchestrator;
pub use pulse::Pulse;

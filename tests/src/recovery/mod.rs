//! The environment of Teal breaks and comes back; streams go on by themselves and lose nothing.
//!
//! | what happens | test |
//! |---|---|
//! | the source is down for long | [`outages`], an hour of it: `workflows/src/stream/tests/failures.rs` |
//! | the merge store is down in an ingest, a merge, a commit | [`outages`] |
//! | connections to the databases are slow, or fall silent | [`network`] |
//! | Temporal is down when a worker, a command, an apply starts, and in the middle | [`temporal`] |
//! | the merge store's disk is full | [`disk`] |
//! | the merge store crashes between ingest and merge: UNLOGGED staging is empty | [`crash`]; without a server of its own: `ledger/rules.rs`, `engine/fencing.rs` |
//! | Temporal's state is lost altogether | [`crash`] |
//! | the merge store is restored from a backup that is older than Temporal's state | [`backup`], `ledger/life.rs` |
//! | clocks jump | [`clocks`], `activities/src/catalog/{clock,due}.rs`, `workflows/src/stream/tests/cycle.rs` |
//! | two people apply at once | [`applies`], `plan/refuse.rs` |
//!
//! Read first: [`town::Town`].

mod applies;
mod backup;
mod clocks;
mod crash;
mod disk;
mod network;
mod outages;
mod temporal;
mod town;

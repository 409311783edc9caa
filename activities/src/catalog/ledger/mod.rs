//! The ledger: which batch is open, who owns it, what it changed. Beside the merge tables, so that
//! rows, counts and position commit together.
//!
//! ```text
//! begin ──► started ──mark_ingested──► ingested ──open_commit … commit──► committed
//!             ▲  ▲                        │
//!             │  └───return_to_started────┘      abandon, fail: give the number up
//!             └ a later begin takes the same number under a new epoch
//! ```
//! Invariant: who does not hold the current epoch commits nothing. Every transaction here takes the
//! stream's lock ([`lock_stream`]) before it touches a row, so none of them can deadlock; short
//! writes for people (progress, notes) do without and never wait for a merge.
//! Read first: [`begin()`], [`open_commit`], [`commit()`]; types in [`types`](Attempt).

mod backends;
pub(crate) mod batch;
mod begin;
mod close;
mod commit;
mod lock;
mod mark;
mod progress;
mod prune;
mod reconcile;
mod staging;
pub(crate) mod state;
mod tables;
mod types;

pub use backends::{application_name, terminate_older_backends};
pub use begin::begin;
pub use close::{abandon, fail};
pub(crate) use close::{or_reset, reset, reset_failure, tell_failure};
pub(crate) use commit::rest;
pub use commit::{commit, open_commit};
pub use lock::lock_stream;
pub(crate) use lock::seize;
pub use mark::{mark_ingested, return_to_started};
pub use progress::progress;
pub use prune::prune_now;
pub use reconcile::{set_reconciled, take_over};
pub use staging::staging_is_intact;
pub(crate) use state::put_state;
pub use tables::merge_tables;
pub use types::{
    Attempt, Begun, IngestedMark, MergeTable, Merged, Merging, Opened, STAGING_SCHEMA, Staged,
    StagedDataset, TakenOver,
};

//! Merge: applies staged rows to merge tables, one module per kind of store.
//!
//! In: what an ingest staged. Out: live or milestoned rows and exact counts.
//! Invariant: rows, counts, digests and the batch's mark commit in one transaction.
//! Read first: [`Layout`] (a merge table's columns), [`postgres::ddl::create_table`].

mod layout;
pub mod postgres;

pub use layout::{Column, Layout};

//! Schema `teal`: migrations, ledger, control catalog.
//!
//! Two families of tables: the *ledger* (beside the merge tables, [`ledger`]) and the *control
//! catalog* ([`control`], which may live in another database). No statement joins the two.
//! Read first: [`ledger::begin`], [`ledger::open_commit`], [`ledger::commit`].

pub mod control;
pub mod ledger;
mod number;

//! Schema `teal`: migrations, ledger, control catalog.
//!
//! Two families of tables: the *ledger* (beside the merge tables, [`ledger`]) and the *control
//! catalog* ([`control`], which may live in another database). No statement joins the two.
//! [`status`] is what people see of both.
//! Read first: [`migrate()`], [`ledger::begin()`], [`ledger::open_commit`], [`ledger::commit()`].

pub(crate) mod clock;
pub mod control;
pub(crate) mod due;
mod identity;
mod installed;
pub mod lag;
pub mod ledger;
mod migrate;
pub(crate) mod number;
pub mod resync;
pub mod status;

pub use identity::{Identity, belongs_to, claim, claim_ledger, identity, open};
pub use installed::{Installed, installed, newest_stored};
pub use migrate::{check, migrate, versions};
pub use status::batches;

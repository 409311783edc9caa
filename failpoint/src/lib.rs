//! Failpoints: names for the moments just before and just after something becomes durable, where a
//! test lets the process die.
//!
//! | module | holds |
//! |---|---|
//! | [`boundary`] | the table: every durable boundary, its name, what it protects |
//! | [`mod@arm`] | `TEAL_FAILPOINTS`: which point does what, at which hit |
//! | `hit` | [`before`] and [`after`], called by the few functions that commit or command |
//!
//! Invariant: a boundary that the code passes has a row in the table, as the functions that commit
//! take it and lints forbid other ways; a row has a test, as the matrix of `tests/` runs them all.
//! Read first: [`Boundary`], then [`before`].
#![warn(missing_docs)]

pub mod arm;
pub mod boundary;
pub mod code;
mod hit;

pub use arm::{VARIABLE, arm};
pub use boundary::{Boundary, Point, Side};
pub use hit::{after, around, before};

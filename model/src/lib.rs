//! The model: what producers have, what consumers need, compiled to one immutable release.
//!
//! Pure: no database, no network, no clock. Read first: [`release::Release`] (what a model becomes),
//! [`error::Error`] (how every part of Teal says what went wrong).
#![warn(missing_docs)]

pub mod error;
pub mod ids;
pub mod plan;
pub mod release;
pub mod schedule;
pub mod sizing;
pub mod types;

pub use error::{Code, Error, Kind, Result};
pub use ids::{BatchId, Epoch, StreamId};

//! The thin shell between Temporal and the engine: one function per activity, nothing decided here.

#![allow(dead_code, reason = "the SDK's macro declares constants for callers in workflow code")]

mod apply;
mod bulk;
mod clock;
mod control;
mod outcome;
mod pulse;

pub(crate) use apply::ApplyControl;
pub(crate) use bulk::Bulk;
pub(crate) use control::Control;

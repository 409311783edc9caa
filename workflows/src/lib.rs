//! Durable state machines: one workflow per stream, one per apply.
//!
//! | module | holds | read first |
//! |---|---|---|
//! | [`contract`] | names, inputs and results of the activities | |
//! | [`stream`] | the life of one stream | [`stream::step`] |
//! | [`apply`] | carrying out a plan | [`apply::step`] |
//! | [`flag`] | changes of the order of commands, for histories from before them | |
//! | [`code`] | failures that a workflow finds by itself | |
//!
//! Workflow code decides, activities do. `step` functions are pure; the drivers around them feed
//! events and run commands. `clippy.toml` of this folder bans whatever a replay could see differently.

pub mod apply;
pub mod code;
pub mod contract;
pub mod flag;
pub mod stream;

mod activity;
mod lenient;

pub use lenient::Asked;

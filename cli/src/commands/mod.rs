//! One file for each verb: its arguments with their help, and what it does.

pub(crate) mod apply;
pub(crate) mod audit;
pub(crate) mod batches;
pub(crate) mod completions;
pub(crate) mod dev;
pub(crate) mod discover;
pub(crate) mod doctor;
pub(crate) mod drop;
pub(crate) mod explain;
pub(crate) mod init;
mod intent;
pub(crate) mod pause;
pub(crate) mod plan;
pub(crate) mod reload;
pub(crate) mod reset;
pub(crate) mod resume;
pub(crate) mod resync;
pub(crate) mod retry;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod sql;
pub(crate) mod status;
mod tell;
pub(crate) mod validate;
pub(crate) mod verify;
pub(crate) mod worker;

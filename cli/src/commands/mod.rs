//! One file for each verb: its arguments with their help, and what it does.

pub(crate) mod dev;
pub(crate) mod pause;
pub(crate) mod resume;
pub(crate) mod run;
pub(crate) mod sql;
pub(crate) mod validate;

//! A real PostgreSQL pair (source, merge store) and a real Temporal dev server for development,
//! demo and tests, under one state folder.
//!
//! | module | holds |
//! |---|---|
//! | [`stack`] | start, stop and look at the whole: read [`Stack::up`] first |
//! | [`options`] | which stack, where |
//! | [`environment`] | the variables that point `teal` at a stack |
//! | `tools` | finds or gets the programs: Temporal CLI, Go, PostgreSQL |
//! | `postgres`, `temporal` | one server each: prepare, start, adopt, stop |
//! | [`process`] | processes by pid and start time, so that only our own ones are ended |
//! | `record` | the state file: ports, passwords, processes |
//! | `folders`, `account` | a place that the servers' user can enter, also when we are root |
//!
//! Invariant: only processes are ended that a stack started, known by pid and start time, or by the
//! data folder that they run in.

mod account;
pub mod code;
pub mod environment;
mod folders;
mod io;
pub mod options;
mod ports;
mod postgres;
pub mod process;
mod progress;
mod record;
mod run;
pub mod stack;
mod temporal;
mod tools;

pub use environment::Environment;
pub use options::{Options, project_root};
pub use progress::Progress;
pub use stack::{Server, Single, Stack, Status};

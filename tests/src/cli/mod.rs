//! The binary as a person meets it: exit code, stdout and stderr in one snapshot.
//!
//! What differs from run to run (times, hashes, databases, folders) is filtered. But for `durable`,
//! Temporal is out of reach in these tests, so that nothing outlives them.

mod cancel;
pub(crate) mod desk;
mod discover;
mod doctor;
mod drift;
mod drop;
mod durable;
mod exits;
mod explain;
mod init;
mod local;
mod model;
mod plan;
mod schema;
mod schema_life;
mod start;
mod usage;
mod verbs;
mod verify;
mod watch;
pub(crate) mod work;

use desk::Desk;

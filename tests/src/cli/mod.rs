//! The binary as a person meets it: exit code, stdout and stderr in one snapshot.
//!
//! What differs from run to run (times, hashes, databases, folders) is filtered. Temporal is out of
//! reach in these tests, so that nothing outlives them; with it: `crate::workflow`.

mod desk;
mod local;
mod model;
mod usage;

use desk::Desk;

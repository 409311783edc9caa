//! The doctor on databases that are not as they should be; `tests/src/cli/doctor.rs` has the whole
//! first day.

mod databases;
mod ward;

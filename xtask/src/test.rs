//! All tests, against servers of their own that are gone afterwards.

use crate::process::{Result, become_program, cargo};

/// Builds the development stack's program and lets it run `cargo test` beside a private stack
/// (own state folder and ports), which ends with the tests: passed, failed or interrupted.
///
/// `arguments` go to `cargo test --workspace`.
pub(crate) fn run(arguments: &[String]) -> Result {
    let cargo = cargo();
    let mut words = vec!["run", "--quiet", "--locked", "--package", "teal-devstack", "--"];
    words.extend(["with", "--", &cargo, "test", "--workspace", "--locked"]);
    words.extend(arguments.iter().map(String::as_str));
    become_program(&cargo, &words)
}

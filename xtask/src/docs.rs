//! Documents that the program writes about itself, written anew.

use crate::process::{Result, cargo, run as start};

/// Runs the test that compares them, and lets it write what differs (`cli/src/documents`).
pub(crate) fn run() -> Result {
    let test = "documents::documents_are_what_the_program_would_write";
    start(
        &cargo(),
        &["test", "--quiet", "--locked", "--package", "teal-cli", "--lib", "--", "--exact", test],
        &[("TEAL_DOCS", "write")],
    )
}

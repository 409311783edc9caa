//! Documents that the program writes about itself, written anew.

use crate::process::{Result, cargo, run as start};

/// Packages and the test of each that compares documents and writes what differs.
const WRITERS: [(&str, &str); 2] = [
    ("teal-cli", "documents::documents_are_what_the_program_would_write"),
    ("teal-tests", "failpoints::page::the_page_of_failpoints_is_what_the_tests_would_write"),
];

/// Lets the tests that compare documents write what differs.
pub(crate) fn run() -> Result {
    for (package, test) in WRITERS {
        let words =
            ["test", "--quiet", "--locked", "--package", package, "--lib", "--", "--exact", test];
        start(&cargo(), &words, &[("TEAL_DOCS", "write")])?;
    }
    Ok(())
}

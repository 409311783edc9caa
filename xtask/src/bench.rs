//! Figures: `teal` and the benchmark in release build, then one run after another.

use crate::process::{Result, cargo, root, run};

/// What the project's figures are, in words of the program.
const ALL: [&[&str]; 3] =
    [&["first-load"], &["first-load", "--rows", "20000000", "--rounds", "1"], &["streams"]];

/// Builds, then measures what was asked for, or everything.
pub(crate) fn run_all(arguments: &[String]) -> Result {
    let cargo = cargo();
    run(&cargo, &["build", "--release", "--locked", "-p", "teal-cli", "-p", "teal-bench"], &[])?;
    let program = root().join("target/release/teal-bench").display().to_string();
    if arguments.is_empty() {
        return ALL.iter().try_for_each(|words| run(&program, words, &[]));
    }
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    run(&program, &words, &[])
}

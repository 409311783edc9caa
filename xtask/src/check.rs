//! Everything that a change must pass before its tests are looked at.

use crate::{
    deny, files,
    process::{Result, cargo, run as start},
};

/// Format, files, lints, docs, dependencies; stops at the first that fails.
pub(crate) fn run() -> Result {
    let cargo = cargo();
    start(&cargo, &["fmt", "--all", "--check"], &[])?;
    files::run()?;
    start(
        &cargo,
        &["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"],
        &[],
    )?;
    start(
        &cargo,
        &["doc", "--workspace", "--no-deps", "--locked", "--document-private-items"],
        &[("RUSTDOCFLAGS", "--deny warnings")],
    )?;
    deny::run()
}

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
        // broken links are errors by the workspace's lints; help texts hold `<PLACE>`s, which rustdoc
        // would take for HTML
        &["doc", "--workspace", "--no-deps", "--locked", "--document-private-items"],
        &[("RUSTDOCFLAGS", "--allow rustdoc::invalid_html_tags")],
    )?;
    deny::run()
}

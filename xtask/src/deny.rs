//! Dependency policy: licences, duplicates, one TLS provider (`deny.toml`), nothing unused.
//!
//! The two programs are installed once into a cache that clones share.

use std::path::PathBuf;

use crate::process::{Result, cargo, run as start};

/// Name and version of each program; raise both here.
const TOOLS: [(&str, &str); 2] = [("cargo-deny", "0.20.2"), ("cargo-machete", "0.9.2")];

/// Installs what is missing and runs both.
pub(crate) fn run() -> Result {
    let folder = tools_folder();
    for (name, version) in TOOLS {
        install(&folder, name, version)?;
    }
    let deny = folder.join("bin/cargo-deny");
    // Advisories would need a copy of their database; the other three only need the crates.
    start(&deny.to_string_lossy(), &["check", "bans", "licenses", "sources"], &[])?;
    let machete = folder.join("bin/cargo-machete");
    start(&machete.to_string_lossy(), &["--with-metadata"], &[])
}

fn install(folder: &std::path::Path, name: &str, version: &str) -> Result {
    let stamp = folder.join(format!("{name}-{version}.installed"));
    if stamp.exists() && folder.join("bin").join(name).exists() {
        return Ok(());
    }
    let root = folder.to_string_lossy();
    let wanted = format!("{name}@{version}");
    // A debug build of a tool that runs for a second: it compiles in half the time.
    start(&cargo(), &["install", "--locked", "--debug", "--root", &root, &wanted], &[])?;
    std::fs::write(&stamp, version).map_err(|error| format!("{}: {error}", stamp.display()))
}

/// `$TEAL_CACHE/tools`, else `~/.cache/teal/tools`.
fn tools_folder() -> PathBuf {
    let cache = std::env::var_os("TEAL_CACHE").map_or_else(
        || {
            let home = std::env::var_os("HOME").map_or_else(std::env::temp_dir, PathBuf::from);
            home.join(".cache/teal")
        },
        PathBuf::from,
    );
    cache.join("tools")
}

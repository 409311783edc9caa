//! Where libpq keeps a person's passwords.

use std::path::PathBuf;

use super::env;

/// The password file that libpq would read: `PGPASSFILE`, else `~/.pgpass`; `None` without a home.
pub fn passfile() -> Option<PathBuf> {
    match env::of_process("PGPASSFILE") {
        Some(file) => Some(PathBuf::from(file)),
        None => std::env::home_dir().map(|home| home.join(".pgpass")),
    }
}

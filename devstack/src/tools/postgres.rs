//! PostgreSQL's server programs.

use std::{
    fs,
    path::{Path, PathBuf},
};

use teal_model::{Error, Result};

use super::{
    embedded,
    path::{executable, on_path, version_in},
};
use crate::{Progress, account::Account, code, options::Version, run::answer};

/// Merge stores and sources of a stack are of these major versions.
const MAJORS: std::ops::RangeInclusive<u32> = 15..=18;

/// A folder that holds `initdb`, `pg_ctl` and `postgres` of one version.
#[derive(Debug, Clone)]
pub(crate) struct Postgres {
    pub(crate) bin: PathBuf,
    pub(crate) version: (u32, u32, u32),
}

impl Postgres {
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }
}

/// The PostgreSQL of this version.
///
/// # Errors
/// `DEV0002`, `DEV0008`.
pub(crate) async fn postgres(
    version: Version,
    cache: &Path,
    account: &Account,
    progress: &Progress,
) -> Result<Postgres> {
    match version {
        Version::Usual => usual(cache, account, progress).await,
        Version::Newest => newest(cache, account, progress).await,
    }
}

/// The newest PostgreSQL of this machine, else one from Maven Central in the cache.
/// `TEAL_DEV_POSTGRES` decides otherwise: a folder, or `embedded`, or `embedded:18.6.0`.
///
/// # Errors
/// `DEV0002`.
async fn usual(cache: &Path, account: &Account, progress: &Progress) -> Result<Postgres> {
    let wish = std::env::var("TEAL_DEV_POSTGRES").unwrap_or_default();
    if let Some(rest) = wish.strip_prefix("embedded") {
        let version = rest.strip_prefix(':').unwrap_or(embedded::VERSION);
        return embedded::install(cache, version, account, progress).await;
    }
    let candidates = if wish.is_empty() { usual_places() } else { vec![PathBuf::from(wish)] };
    let usable = candidates.into_iter().filter_map(|bin| look(bin, account));
    match usable.max_by_key(|found| found.version) {
        Some(found) => Ok(found),
        None => embedded::install(cache, embedded::VERSION, account, progress).await,
    }
}

/// A PostgreSQL of the newest major version: one of this machine, else from Maven Central in the cache.
/// `TEAL_DEV_POSTGRES_NEWEST` decides otherwise: a folder, or `embedded:18.4.0`.
///
/// # Errors
/// `DEV0008`.
async fn newest(cache: &Path, account: &Account, progress: &Progress) -> Result<Postgres> {
    let wish = std::env::var("TEAL_DEV_POSTGRES_NEWEST").unwrap_or_default();
    let version = wish.strip_prefix("embedded:").unwrap_or(embedded::NEWEST_VERSION);
    let candidates = match wish.as_str() {
        "" => usual_places(),
        wish if wish.starts_with("embedded") => Vec::new(),
        folder => vec![PathBuf::from(folder)],
    };
    let usable = candidates.into_iter().filter_map(|bin| look(bin, account));
    if let Some(found) = usable.filter(is_newest).max_by_key(|found| found.version) {
        return Ok(found);
    }
    let installed = embedded::install(cache, version, account, progress).await;
    installed.map_err(|error| for_the_tests(&error))
}

fn for_the_tests(error: &Error) -> Error {
    Error::new(code::DEV0008).caused_by(error.one_line())
}

fn is_newest(found: &Postgres) -> bool {
    found.version.0 == *MAJORS.end()
}

/// PATH, then where Debian, Red Hat and Homebrew put their versions.
fn usual_places() -> Vec<PathBuf> {
    let beside = |program: PathBuf| {
        // Follows links, as `postgres` needs its own folder's neighbours.
        program.canonicalize().ok().and_then(|real| real.parent().map(Path::to_path_buf))
    };
    let mut places: Vec<PathBuf> =
        ["postgres", "initdb"].into_iter().filter_map(on_path).filter_map(beside).collect();
    for (above, prefix) in
        [("/usr/lib/postgresql", ""), ("/usr", "pgsql-"), ("/opt/homebrew/opt", "postgresql@")]
    {
        let versions = fs::read_dir(above).into_iter().flatten().flatten();
        let versions =
            versions.filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
        places.extend(versions.map(|entry| entry.path().join("bin")));
    }
    places
}

/// What a folder holds, if the servers' user can run it.
pub(super) fn look(bin: PathBuf, account: &Account) -> Option<Postgres> {
    let programs = ["initdb", "pg_ctl", "postgres"].map(|name| bin.join(name));
    if !programs.iter().all(|program| executable(program)) {
        return None;
    }
    let mut ask = account.command(&bin.join("postgres"));
    let version = version_in(&answer(ask.arg("--version").current_dir("/"))?)?;
    MAJORS.contains(&version.0).then_some(Postgres { bin, version })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_version_that_cannot_be_had_is_told_with_the_reason() {
        let cache = tempfile::tempdir().unwrap();
        let progress = Progress::silent();
        let missing = embedded::install(cache.path(), "no version", &Account::Own, &progress).await;
        let missing = missing.unwrap_err();
        assert_eq!(missing.code(), code::DEV0002, "{missing}");
        let newest = for_the_tests(&missing);
        assert_eq!(newest.code(), code::DEV0008);
        assert!(newest.one_line().contains("DEV0002"), "{}", newest.one_line());
    }
}

//! PostgreSQL from Maven Central (zonky's binaries), for machines without one.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use postgresql_embedded::{PostgreSQL, Settings, VersionReq};
use teal_model::{Error, Result};

use super::{
    lock_cache,
    postgres::{Postgres, look},
};
use crate::{Progress, account::Account, code, io::At};

/// Newest of a line that was tried with this crate.
pub(super) const VERSION: &str = "17.11.0";
/// Newest version that Teal supports.
pub(super) const NEWEST_VERSION: &str = "18.6.0";
/// Only a key that selects zonky's source; the files come from Maven Central.
const SOURCE: &str = "https://github.com/zonkyio/embedded-postgres-binaries";
/// 15 MB come in seconds; a network that swallows packets must not hold a person for ever.
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(600);

/// Downloads and unpacks a version into the cache, once.
pub(super) async fn install(
    cache: &Path,
    version: &str,
    account: &Account,
    progress: &Progress,
) -> Result<Postgres> {
    let home = cache.join("postgres").join(version);
    let bin = home.join("bin");
    if let Some(found) = look(bin.clone(), account) {
        return Ok(found);
    }
    let _lock = lock_cache(cache, progress).await?;
    if let Some(found) = look(bin.clone(), account) {
        return Ok(found);
    }
    progress.say(format!("downloading PostgreSQL {version} from Maven Central (15 MB, once)"));
    let aside = cache.join("postgres.new");
    fs::remove_dir_all(&aside).ok();
    fs::create_dir_all(&aside).at("making a folder of the cache", &aside)?;
    let unpacked = tokio::time::timeout(DOWNLOAD_LIMIT, unpack(&aside, version))
        .await
        .unwrap_or_else(|_elapsed| Err("no answer within ten minutes".to_owned()));
    let unpacked = unpacked
        .map_err(|reason| Error::new(code::DEV0002).with("version", version).caused_by(reason))?;
    fs::create_dir_all(cache.join("postgres")).at("making a folder of the cache", cache)?;
    fs::remove_dir_all(&home).ok();
    fs::rename(&unpacked, &home).at("putting PostgreSQL into the cache", &home)?;
    fs::remove_dir_all(&aside).ok();
    look(bin, account).ok_or_else(|| {
        Error::new(code::DEV0002).with("version", version).with("folder", home.display())
    })
}

/// Lets the crate do the download and nothing else: it would also run initdb, which refuses root, so
/// it is shown a data folder that looks initialised.
async fn unpack(aside: &Path, version: &str) -> Result<PathBuf, String> {
    let data = aside.join("no-data");
    fs::create_dir_all(&data).map_err(|error| error.to_string())?;
    fs::write(data.join("postgresql.conf"), "").map_err(|error| error.to_string())?;
    let settings = Settings {
        releases_url: SOURCE.to_owned(),
        version: VersionReq::parse(&format!("={version}")).map_err(|error| error.to_string())?,
        installation_dir: aside.join("programs"),
        data_dir: data,
        password_file: aside.join("no-password"),
        temporary: false,
        ..Settings::default()
    };
    let mut postgres = PostgreSQL::new(settings);
    postgres.setup().await.map_err(|error| one_line(&error))?;
    Ok(postgres.settings().installation_dir.clone())
}

fn one_line(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    line
}

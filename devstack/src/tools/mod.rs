//! The programs that a stack runs: found on the machine, in the cache, or got once.

mod embedded;
mod go;
mod path;
mod postgres;
mod temporal;
mod temporal_build;

pub(crate) use path::path_with;
pub(crate) use postgres::{Postgres, postgres};
pub(crate) use temporal::temporal_cli;

use std::{fs::File, path::Path, time::Duration};

use teal_model::Result;

use crate::{Progress, io::At};

/// Waits until nobody else fills the cache; the lock ends with the returned file.
async fn lock_cache(cache: &Path, progress: &Progress) -> Result<File> {
    let path = cache.join("lock");
    let file = File::create(&path).at("locking the cache folder", &path)?;
    let mut told = false;
    while file.try_lock().is_err() {
        if !told {
            progress.say(format!("waiting: another process fills {}", cache.display()));
            told = true;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    Ok(file)
}

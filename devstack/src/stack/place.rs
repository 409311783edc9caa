//! The folder of a stack and the lock that keeps two commands from working on it at a time.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::Duration,
};

use teal_model::Result;

use super::down;
use crate::{Options, account::Account, folders, io::At, options::PRIVATE_PREFIX};

/// A stack's folder; locked while it is worked on. A private stack stays locked as long as its owner
/// lives: that tells the next run whose servers are orphans.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) folder: PathBuf,
    private: bool,
    lock: Option<File>,
}

impl Place {
    /// Where the stack of these options lies, whether it exists or not.
    pub(super) fn of(options: &Options, account: &Account) -> Result<Self> {
        let above = folders::stacks_of(&options.project, account)?;
        let above = above.canonicalize().at("looking for the stacks' folder", &above)?;
        let private = options.name.starts_with(PRIVATE_PREFIX);
        Ok(Self { folder: above.join(&options.name), private, lock: None })
    }

    /// Makes the folder and locks it; waits for another command that works on it.
    pub(super) async fn make(options: &Options, account: &Account) -> Result<Self> {
        let mut place = Self::of(options, account)?;
        let above = place.folder.parent().unwrap_or(&place.folder);
        const WORKS: &str = "another command works on this stack";
        let sweep = lock(&above.join("lock"), WORKS, options).await?;
        if place.private {
            sweep_orphans(above, &place.folder, options).await?;
        }
        fs::create_dir_all(&place.folder).at("making the stack's folder", &place.folder)?;
        drop(sweep);
        place.lock = Some(lock(&place.folder.join("lock"), WORKS, options).await?);
        Ok(place)
    }

    /// Whether it is one that ends with its owner.
    pub(super) fn is_private(&self) -> bool {
        self.private
    }

    /// Opens the folder for the next command, unless it is a private one.
    pub(super) fn settled(&mut self) {
        if !self.private {
            self.lock = None;
        }
    }
}

/// Waits until nobody else holds the lock; `busy` says what somebody else does meanwhile.
pub(super) async fn lock(path: &Path, busy: &str, options: &Options) -> Result<File> {
    let file = File::create(path).at("locking a folder", path)?;
    let mut told = false;
    while file.try_lock().is_err() {
        if !told {
            options.progress.say(format!("waiting: {busy}"));
            told = true;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(file)
}

/// Ends and removes private stacks whose owner died before it could.
async fn sweep_orphans(above: &Path, own: &Path, options: &Options) -> Result<()> {
    for entry in fs::read_dir(above).at("looking for orphaned stacks", above)?.flatten() {
        let folder = entry.path();
        if folder == own || !entry.file_name().to_string_lossy().starts_with(PRIVATE_PREFIX) {
            continue;
        }
        let path = folder.join("lock");
        let unused = File::create(&path).is_ok_and(|file| file.try_lock().is_ok());
        if unused {
            options.progress.say(format!("removing what is left of {}", folder.display()));
            down::stop_everything(&folder).await;
            fs::remove_dir_all(&folder).at("removing an orphaned stack", &folder)?;
        }
    }
    Ok(())
}

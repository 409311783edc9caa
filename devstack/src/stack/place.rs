//! The folder of a stack and the lock that keeps two commands from working on it at a time.

use std::{
    fs::{self, File},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

use teal_model::Result;

use super::down;
use crate::{Options, account::Account, folders, io::At};

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
        let private = options.private_kind().is_some();
        Ok(Self { folder: above.join(&options.name), private, lock: None })
    }

    /// Makes the folder and locks it; waits for another command that works on it.
    pub(super) async fn make(options: &Options, account: &Account) -> Result<Self> {
        let mut place = Self::of(options, account)?;
        let above = place.folder.parent().unwrap_or(&place.folder);
        let path = place.folder.join("lock");
        while place.lock.is_none() {
            let sweep = lock(&above.join("lock"), WORKS, options).await?;
            if let Some(kind) = options.private_kind() {
                sweep_orphans(above, &place.folder, kind, options).await?;
            }
            fs::create_dir_all(&place.folder).at("making the stack's folder", &place.folder)?;
            // before the next sweep, to which a folder that nobody holds is an orphan's
            let free = try_lock(&path)?;
            drop(sweep);
            let held = match free {
                Some(held) => held,
                None => match lock(&path, WORKS, options).await {
                    Err(_gone) if !place.folder.exists() => continue, // its holder removed it
                    held => held?,
                },
            };
            // who held it may have removed the folder, and the lock with it
            place.lock = is_there(&held, &path).then_some(held);
        }
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

/// What a command waits for.
const WORKS: &str = "another command works on this stack";

/// Waits until nobody else holds the lock; `busy` says what somebody else does meanwhile.
pub(super) async fn lock(path: &Path, busy: &str, options: &Options) -> Result<File> {
    let mut told = false;
    let file = open(path)?;
    while file.try_lock().is_err() {
        if !told {
            options.progress.say(format!("waiting: {busy}"));
            told = true;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(file)
}

/// The lock, where nobody else holds it.
fn try_lock(path: &Path) -> Result<Option<File>> {
    let file = open(path)?;
    Ok(file.try_lock().is_ok().then_some(file))
}

fn open(path: &Path) -> Result<File> {
    File::create(path).at("locking a folder", path)
}

/// Whether this file is the one of this path.
fn is_there(file: &File, path: &Path) -> bool {
    let of_path = fs::metadata(path).map(|found| (found.dev(), found.ino()));
    let of_file = file.metadata().map(|held| (held.dev(), held.ino()));
    matches!((of_path, of_file), (Ok(found), Ok(held)) if found == held)
}

/// Ends and removes private stacks of this kind whose owner died before it could.
async fn sweep_orphans(above: &Path, own: &Path, kind: &str, options: &Options) -> Result<()> {
    for entry in fs::read_dir(above).at("looking for orphaned stacks", above)?.flatten() {
        let folder = entry.path();
        if folder == own || !entry.file_name().to_string_lossy().starts_with(kind) {
            continue;
        }
        if let Ok(Some(_held)) = try_lock(&folder.join("lock")) {
            options.progress.say(format!("removing what is left of {}", folder.display()));
            down::stop_everything(&folder).await;
            fs::remove_dir_all(&folder).at("removing an orphaned stack", &folder)?;
        }
    }
    Ok(())
}

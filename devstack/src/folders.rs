//! Where a stack's state and the built tools lie.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use nix::unistd::geteuid;
use teal_model::{Error, Result};

use crate::{account::Account, code, io::At};

/// Folder of all stacks of a project: `<project>/.teal`; where PostgreSQL's user cannot enter it
/// (root's home) or it cannot be written, a folder under `/var/tmp` named after the project.
pub(crate) fn stacks_of(project: &Path, account: &Account) -> Result<PathBuf> {
    let project = project.canonicalize().at("looking for the project", project)?;
    let usual = project.join(".teal");
    if fs::create_dir_all(&usual).is_ok() && writable(&usual) && account.can_enter(&usual) {
        return Ok(usual);
    }
    let hash = blake3::hash(project.as_os_str().as_encoded_bytes()).to_hex();
    let name = format!("teal-{}-{}", geteuid(), hash.get(..12).unwrap_or_default());
    ours(Path::new("/var/tmp").join(name), account)
}

/// Folder of the built or downloaded tools, shared by all clones: `TEAL_CACHE`, else the user's
/// cache folder, else one under `/var/tmp`.
pub(crate) fn cache(account: &Account) -> Result<PathBuf> {
    if let Some(chosen) = variable("TEAL_CACHE") {
        fs::create_dir_all(&chosen).at("making the cache folder", &chosen)?;
        if account.can_enter(&chosen) {
            return Ok(chosen);
        }
    }
    for usual in usual_caches() {
        if fs::create_dir_all(&usual).is_ok() && writable(&usual) && account.can_enter(&usual) {
            return Ok(usual);
        }
    }
    ours(Path::new("/var/tmp").join(format!("teal-cache-{}", geteuid())), account)
}

/// Root's home is closed to PostgreSQL's user, so root's cache is the machine's.
fn usual_caches() -> Vec<PathBuf> {
    if geteuid().is_root() {
        return vec![PathBuf::from("/var/cache/teal")];
    }
    let cache = variable("XDG_CACHE_HOME");
    let home = variable("HOME").map(|home| home.join(".cache"));
    [cache, home].into_iter().flatten().map(|folder| folder.join("teal")).collect()
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
}

fn writable(folder: &Path) -> bool {
    let probe = folder.join(format!(".probe-{}", std::process::id()));
    fs::write(&probe, "").and_then(|()| fs::remove_file(&probe)).is_ok()
}

/// A folder below one that everybody may write to: it must be a real folder and ours, or somebody
/// else prepared it.
fn ours(folder: PathBuf, account: &Account) -> Result<PathBuf> {
    match fs::create_dir(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(error).at("making a folder", &folder);
        }
        Ok(()) | Err(_) => {}
    }
    let found = fs::symlink_metadata(&folder).at("looking at a folder", &folder)?;
    if !found.is_dir() || found.uid() != geteuid().as_raw() {
        return Err(Error::new(code::DEV0004)
            .with("folder", folder.display())
            .caused_by("it belongs to another user, or is no folder"));
    }
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))
        .at("opening a folder for PostgreSQL's user", &folder)?;
    if account.can_enter(&folder) {
        return Ok(folder);
    }
    Err(Error::new(code::DEV0004)
        .with("folder", folder.display())
        .caused_by("the user that runs PostgreSQL cannot enter it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_the_place_of_a_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        fs::write(&taken, "").unwrap();
        assert_eq!(ours(taken, &Account::Own).unwrap_err().code(), code::DEV0004);
        assert!(ours(folder.path().join("free"), &Account::Own).is_ok());
    }
}

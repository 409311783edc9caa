//! Programs on PATH.

use std::{
    env,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// The program of this name on PATH.
pub(super) fn on_path(program: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| executable(path))
}

/// The PATH of this process with the folder of a program that is not found on it; `None` where it is.
pub(crate) fn path_with(program: &Path) -> Option<String> {
    let (folder, name) = (program.parent()?, program.file_name()?.to_str()?);
    if on_path(name).is_some() {
        return None;
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain([folder.to_path_buf()]);
    env::join_paths(folders).ok()?.into_string().ok()
}

/// Whether this is a file that can be run.
pub(super) fn executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// First number triple of a text: `go1.26.8` → (1, 26, 8), `temporal version 1.8.2 (…` → (1, 8, 2).
pub(super) fn version_in(text: &str) -> Option<(u32, u32, u32)> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let digits = text.get(start..)?.split(|c: char| !c.is_ascii_digit() && c != '.').next()?;
    let mut numbers = digits.split('.').map(|number| number.parse().unwrap_or(0));
    Some((numbers.next()?, numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_beside_the_path_is_added_at_its_end() {
        let missing = Path::new("/opt/of-nobody/no-such-program");
        let path = path_with(missing).unwrap();
        assert!(path.ends_with(":/opt/of-nobody"), "{path}");
        assert_eq!(path_with(Path::new("/opt/of-nobody/sh")), None);
    }

    #[test]
    fn versions_are_read_from_what_programs_print() {
        assert_eq!(version_in("go1.26.8"), Some((1, 26, 8)));
        assert_eq!(version_in("temporal version 1.8.2 (Server 1.31.2)"), Some((1, 8, 2)));
        assert_eq!(version_in("postgres (PostgreSQL) 15.14 (Debian)"), Some((15, 14, 0)));
        assert_eq!(version_in("devel"), None);
    }
}

//! The user that the PostgreSQL servers run as: PostgreSQL refuses root.

use std::{
    os::unix::{fs::chown, process::CommandExt},
    path::Path,
    process::{Command, Stdio},
};

use nix::unistd::{User, geteuid};
use teal_model::{Error, Result};

use crate::{code, io::At};

/// Users that serve, best first. Both exist on a usual Linux; they must be in the passwd database,
/// as initdb looks its own user up.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// Who runs the PostgreSQL servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Account {
    /// The user of this process.
    Own,
    /// Another one, as this process is root.
    Other { name: String, uid: u32, gid: u32 },
}

impl Account {
    /// The user of this process; for root an unprivileged one.
    pub(crate) fn choose() -> Result<Self> {
        if !geteuid().is_root() {
            return Ok(Self::Own);
        }
        Self::among(&UNPRIVILEGED)
    }

    /// The first of these users that the machine has.
    fn among(names: &[&str]) -> Result<Self> {
        for name in names {
            if let Ok(Some(user)) = User::from_name(name) {
                let (uid, gid) = (user.uid.as_raw(), user.gid.as_raw());
                return Ok(Self::Other { name: user.name, uid, gid });
            }
        }
        Err(Error::new(code::DEV0006))
    }

    /// A command that runs as this user, free of the caller's PostgreSQL settings (`PGPORT`, …).
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.stdin(Stdio::null());
        for (name, _value) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        if let Self::Other { uid, gid, .. } = self {
            command.uid(*uid).gid(*gid).env("HOME", "/");
        }
        command
    }

    /// Makes a folder or file this user's.
    pub(crate) fn own(&self, path: &Path) -> Result<()> {
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid, .. } => {
                chown(path, Some(*uid), Some(*gid)).at("giving to PostgreSQL's user", path)
            }
        }
    }

    /// Whether this user gets into a folder: all the folders above it must let it pass.
    pub(crate) fn can_enter(&self, folder: &Path) -> bool {
        let mut command = self.command(Path::new("/bin/sh"));
        command.args(["-c", "cd -- \"$0\""]).arg(folder);
        command.current_dir("/").stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_without_an_unprivileged_user_is_told() {
        let error = Account::among(&["no-such-user-here"]).unwrap_err();
        assert_eq!(error.code(), code::DEV0006);
    }
}

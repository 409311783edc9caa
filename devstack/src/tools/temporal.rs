//! The Temporal CLI: its `server start-dev` is the dev server with the UI.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use teal_model::{Error, Result};

use super::{
    lock_cache,
    path::{executable, on_path, version_in},
    temporal_build,
};
use crate::{Progress, code, run::answer};

/// Server within the CLI; older ones lack updates or flags of the dev server.
const OLDEST_SERVER: (u32, u32, u32) = (1, 25, 0);

/// Finds the Temporal CLI, or gets it once into the cache.
///
/// # Errors
/// `DEV0001` with one line per way that was tried.
pub(crate) async fn temporal_cli(cache: &Path, progress: &Progress) -> Result<PathBuf> {
    if let Some(found) = on_machine(progress) {
        return Ok(found);
    }
    let folder = cache.join("temporal");
    let program = folder.join("temporal");
    if usable(&program) {
        return Ok(program);
    }
    let _lock = lock_cache(cache, progress).await?;
    if usable(&program) {
        return Ok(program); // somebody else built it while we waited
    }
    let mut failures = Vec::new();
    for way in temporal_build::WAYS {
        progress.say(format!("Temporal CLI: {}", way.describe()));
        match way.run(cache, &folder, progress).await {
            Ok(()) if usable(&program) => return Ok(program),
            Ok(()) => failures.push(format!("{}: the result does not run", way.describe())),
            Err(reason) => {
                progress.say(format!("  did not work: {reason}"));
                failures.push(format!("{}: {reason}", way.describe()));
            }
        }
    }
    Err(nothing_worked(&failures))
}

fn nothing_worked(failures: &[String]) -> Error {
    Error::new(code::DEV0001).caused_by(failures.join("; "))
}

fn on_machine(progress: &Progress) -> Option<PathBuf> {
    let named = env::var_os("TEMPORAL_CLI_PATH").map(PathBuf::from);
    for program in named.into_iter().chain(on_path("temporal")) {
        if usable(&program) {
            return Some(program);
        }
        progress.say(format!(
            "{} is no Temporal CLI with a server ≥ 1.25, passed over",
            program.display()
        ));
    }
    None
}

fn usable(program: &Path) -> bool {
    executable(program)
        && answer(Command::new(program).arg("--version"))
            .and_then(|text| server_version(&text))
            .is_some_and(|version| version >= OLDEST_SERVER)
}

/// `temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)`. One built from source says version 0.0.0-DEV,
/// so only the server's version counts.
fn server_version(text: &str) -> Option<(u32, u32, u32)> {
    let (_cli, server) = text.split_once("(Server ")?;
    version_in(server)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cli_built_from_source_counts_by_its_server() {
        let text = "temporal version 0.0.0-DEV (Server 1.31.2, UI 2.50.1)";
        assert_eq!(server_version(text), Some((1, 31, 2)));
        assert_eq!(server_version("temporal version 0.9.0"), None);
    }

    #[test]
    fn each_way_that_failed_is_told() {
        let error = nothing_worked(&["go: not found".to_owned(), "pip: no".to_owned()]);
        assert_eq!(error.code(), code::DEV0001);
        assert!(error.one_line().ends_with("go: not found; pip: no"), "{}", error.one_line());
    }
}

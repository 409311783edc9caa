//! Running other programs and saying what is done.

use std::{
    io::Write as _,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::Command,
};

/// Result of a command of `cargo x`: what failed, for a person.
pub(crate) type Result<T = ()> = std::result::Result<T, String>;

/// Prints one line on stderr.
pub(crate) fn say(line: &str) {
    // Nothing can be done about a closed stderr, and nothing depends on it.
    drop(writeln!(std::io::stderr().lock(), "{line}"));
}

/// The top folder of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// Runs a program in the top folder; its output goes to the terminal.
pub(crate) fn run(program: &str, arguments: &[&str], env: &[(&str, &str)]) -> Result {
    let mut command = command(program, arguments, env);
    let status = command.status().map_err(|error| format!("cannot start {program}: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{program} {}` failed ({status})", arguments.join(" ")))
    }
}

/// Lets a program take this one's place: whoever waits for us (make) waits for it, also when both
/// get a Ctrl-C and it has to clean up.
pub(crate) fn become_program(program: &str, arguments: &[&str]) -> Result {
    let error = command(program, arguments, &[]).exec();
    Err(format!("cannot start {program}: {error}"))
}

fn command(program: &str, arguments: &[&str], env: &[(&str, &str)]) -> Command {
    say(&format!("$ {program} {}", arguments.join(" ")));
    let mut command = Command::new(program);
    command.args(arguments).envs(env.iter().copied()).current_dir(root());
    // What cargo says of this package would count as a change for build scripts that look at it
    // (that of `ring`), and half of all dependencies would be built again.
    for (name, _value) in std::env::vars_os() {
        let of_this_package = |name: &str| {
            ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|start| name.starts_with(start))
        };
        if name.to_str().is_some_and(of_this_package) {
            command.env_remove(&name);
        }
    }
    command
}

/// The `cargo` that runs us.
pub(crate) fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// Files that git knows or would add.
pub(crate) fn tracked_files() -> Result<Vec<PathBuf>> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .map_err(|error| format!("cannot start git: {error}"))?;
    if !output.status.success() {
        return Err("git ls-files failed".to_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(PathBuf::from).collect())
}

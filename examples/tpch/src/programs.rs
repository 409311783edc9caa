//! The `teal` binary, run as a person would.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use teal_devstack::Stack;

use crate::{Result, say};

/// `teal`, built beside this program.
pub(crate) fn teal() -> Result<PathBuf> {
    let program = env::current_exe()?.with_file_name("teal");
    if program.exists() {
        return Ok(program);
    }
    Err(format!("{} is not built: cargo build -p teal-cli", program.display()).into())
}

/// Runs `teal …` against a stack and shows what it says.
pub(crate) async fn run(stack: &Stack, arguments: &[&str]) -> Result {
    say!("\n$ teal {}", shown(arguments));
    let mut command = Command::new(teal()?);
    command.args(arguments).current_dir(crate::model::project());
    stack.environment().give_to(&mut command);
    let mut command = tokio::process::Command::from(command);
    let status = command.kill_on_drop(true).status().await?;
    if status.success() {
        return Ok(());
    }
    Err(format!("`teal {}` ended with {status}", shown(arguments)).into())
}

/// The arguments as a shell would need them.
fn shown(arguments: &[&str]) -> String {
    let quoted = arguments.iter().map(|argument| {
        if argument.contains([' ', '*', '\'']) {
            format!("\"{argument}\"")
        } else {
            (*argument).into()
        }
    });
    quoted.collect::<Vec<String>>().join(" ")
}

/// A worker for all task queues of the example.
pub(crate) fn worker() -> Result<Command> {
    let mut command = Command::new(teal()?);
    command.args(["worker", "--all", "--metrics-addr", "127.0.0.1:0"]);
    Ok(command)
}

/// Where this program finds the source's URL: an argument would show its password to `ps`.
pub(crate) const SOURCE: &str = "TPCH_SOURCE";

/// This program as a change driver.
pub(crate) fn driver(source: &str, rate: f64) -> Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["drive", "--rate", &rate.to_string()]).env(SOURCE, source);
    Ok(command)
}

/// A path as short as the current folder allows.
pub(crate) fn short(path: &Path) -> String {
    let here = crate::model::project();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}

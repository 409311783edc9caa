//! A command and a private stack that lives as long as the command.

use std::{
    path::PathBuf,
    process::{Command, ExitCode, ExitStatus, Stdio},
    time::Duration,
};

use nix::sys::signal::Signal;
use teal_devstack::{
    Options, Progress, Stack,
    process::{Process, interrupted},
};
use teal_model::{Error, Result};
use tokio::io::{AsyncBufReadExt, BufReader};

/// After Ctrl-C the command may finish its own clean-up for this long.
const COMMAND_GRACE: Duration = Duration::from_secs(10);

/// Starts a private stack, runs the command with `TEAL_TEST_*` set, ends the stack whatever came.
/// The lines `test result: …` of the command are printed again at the very end.
pub(crate) async fn private_stack(project: PathBuf, command: Command) -> Result<ExitCode> {
    let progress = Progress::stderr();
    let options = Options::private(project, progress.clone());
    let mut closing = Vec::new();
    let outcome = tokio::select! {
        outcome = with_stack(&options, command, &mut closing) => outcome,
        () = interrupted() => {
            progress.say("interrupted");
            Ok(None)
        }
    };
    let removed = Stack::wipe(&options).await;
    progress.say("the private stack is stopped and removed");
    for line in closing {
        crate::println(&line);
    }
    let status = outcome?;
    removed?;
    let code = status.and_then(|status| status.code()).and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

async fn with_stack(
    options: &Options,
    command: Command,
    closing: &mut Vec<String>,
) -> Result<Option<ExitStatus>> {
    let stack = Stack::up(options).await?;
    let mut command = command;
    stack.test_environment().give_to(&mut command);
    let status = follow(command, closing).await;
    stack.end().await?;
    status.map(Some)
}

/// Runs the command; its stdout passes through, line by line.
async fn follow(mut command: Command, closing: &mut Vec<String>) -> Result<ExitStatus> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |error: std::io::Error| {
        Error::new(teal_devstack::code::DEV0005).with("command", &name).caused_by(error)
    };
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    forget_package(&mut command);
    let mut child =
        tokio::process::Command::from(command).kill_on_drop(true).spawn().map_err(failed)?;
    let _guard = child.id().and_then(Process::of_child).map(GentleEnd);
    if let Some(output) = child.stdout.take() {
        let mut lines = BufReader::new(output).lines();
        while let Some(line) = lines.next_line().await.map_err(failed)? {
            crate::println(&line);
            if line.starts_with("test result: ") {
                closing.push(line);
            }
        }
    }
    child.wait().await.map_err(failed)
}

/// `cargo run` says of which package this program is. A cargo below must not hear it: build scripts
/// that look at these variables (that of `ring`) would run anew, and half of all crates with them.
fn forget_package(command: &mut Command) {
    for (name, _value) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|start| text.starts_with(start)) {
            command.env_remove(&name);
        }
    }
}

/// Asks the command to end when it is left behind (Ctrl-C), before it is killed.
struct GentleEnd(Process);

impl Drop for GentleEnd {
    fn drop(&mut self) {
        self.0.signal(Signal::SIGTERM);
        let until = std::time::Instant::now() + COMMAND_GRACE;
        while self.0.is_running() && std::time::Instant::now() < until {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

//! Processes of `teal` that die.

use std::{
    fs::{self, File},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use teal_failpoint::{Point, VARIABLE};
use tokio::process::{Child, Command};

/// Longest wait for a death that has to come, or for the end of a process that was asked to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `teal`; killed when it is dropped.
pub(super) struct Process {
    child: Child,
    log: PathBuf,
    what: String,
}

impl Process {
    /// Starts it, armed with this text; what it says goes to `log`.
    pub(super) fn start(
        command: std::process::Command,
        armed: &str,
        log: &Path,
        what: impl Into<String>,
    ) -> Self {
        let output = File::options().create(true).append(true).open(log).expect("a log");
        let errors = output.try_clone().expect("a log");
        let mut command = Command::from(command);
        command.stdout(Stdio::from(output)).stderr(Stdio::from(errors)).kill_on_drop(true);
        if !armed.is_empty() {
            command.env(VARIABLE, armed);
        }
        let child = command.spawn().expect("the binary");
        Self { child, log: log.to_owned(), what: what.into() }
    }

    /// Its end, whichever.
    pub(super) async fn ended(&mut self) -> ExitStatus {
        match tokio::time::timeout(PATIENCE, self.child.wait()).await {
            Ok(status) => status.expect("its end"),
            Err(_elapsed) => panic!("{}: still running\n{}", self.what, self.said()),
        }
    }

    /// Waits until it was killed at its armed point.
    pub(super) async fn dies(&mut self, point: Point) {
        let began = Instant::now();
        let status = self.ended().await;
        assert_eq!(
            status.signal(),
            Some(9),
            "{}: was to die at {point}, {status} after {:?}\n{}",
            self.what,
            began.elapsed(),
            self.said()
        );
    }

    /// Whether it lives.
    pub(super) fn lives(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends it gently.
    pub(super) async fn end(mut self) {
        self.signal(Signal::SIGTERM);
        let status = self.ended().await;
        assert!(status.success(), "{}: {status}\n{}", self.what, self.said());
    }

    /// Sends it a signal.
    pub(super) fn signal(&self, signal: Signal) {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok()).expect("it runs");
        kill(Pid::from_raw(pid), signal).expect("a signal");
    }

    /// The last lines of what it said.
    pub(super) fn said(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines.iter().rev().take(40).rev().copied().collect::<Vec<_>>().join("\n")
    }
}

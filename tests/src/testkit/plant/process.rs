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

use crate::testkit::LIMIT;

/// A running `teal`; killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
    what: String,
}

impl Process {
    /// Starts it, armed with this text; what it says goes to `log`.
    pub(crate) fn start(
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

    /// Its end, whichever; of one that has to die, or was asked to end.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let ended = self.ended_within(LIMIT).await;
        ended.unwrap_or_else(|| panic!("{}: still running\n{}", self.what, self.said()))
    }

    /// Its end, if it comes so soon.
    pub(crate) async fn ended_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        let ended = tokio::time::timeout(limit, self.child.wait()).await;
        ended.ok().map(|status| status.expect("its end"))
    }

    /// Waits until it was killed at its armed point.
    pub(crate) async fn dies(&mut self, point: Point) {
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

    /// `kill -9`; its end is waited for.
    pub(crate) async fn kill(mut self) {
        self.dies_now().await;
    }

    /// As [`Self::kill`]; what it said is still there.
    pub(crate) async fn dies_now(&mut self) {
        self.child.kill().await.expect("it was ours to kill");
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("nobody waited for its end")
    }

    /// Whether it lives.
    pub(crate) fn lives(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Whether it was told to stand still.
    pub(crate) fn sleeps(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_name, rest)| rest.starts_with('T'))
    }

    /// Ends it gently.
    pub(crate) async fn end(mut self) {
        self.signal(Signal::SIGTERM);
        let status = self.ended().await;
        assert!(status.success(), "{}: {status}\n{}", self.what, self.said());
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok()).expect("it runs");
        kill(Pid::from_raw(pid), signal).expect("a signal");
    }

    /// The last lines of what it said.
    pub(crate) fn said(&self) -> String {
        let text = self.everything_said();
        let lines: Vec<&str> = text.lines().collect();
        lines.iter().rev().take(40).rev().copied().collect::<Vec<_>>().join("\n")
    }

    /// All of it.
    pub(crate) fn everything_said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

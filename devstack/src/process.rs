//! Processes by pid and start time: a pid alone may have been given to somebody else since.
//!
//! Linux: start time and boot from `/proc`. Elsewhere: from `ps`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{self, Signal},
    unistd::Pid,
};
use serde::{Deserialize, Serialize};
use tokio::signal::unix::{self, SignalKind};

/// One process, for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Process id.
    pub pid: i32,
    /// When it started, in the machine's own words.
    pub started: String,
}

impl Process {
    /// The process that has this pid now.
    pub fn of(pid: i32) -> Option<Self> {
        start_time(pid).map(|started| Self { pid, started })
    }

    /// The process that has this pid now, for pids of [`std::process::Child`].
    pub fn of_child(pid: u32) -> Option<Self> {
        i32::try_from(pid).ok().and_then(Self::of)
    }

    /// Whether it still runs (a zombie does not).
    pub fn is_running(&self) -> bool {
        start_time(self.pid).is_some_and(|started| started == self.started)
    }

    /// Sends a signal, if it still is the same process.
    pub fn signal(&self, signal: Signal) {
        if self.is_running() {
            // It may end between the look and the call: then nothing is left to do.
            signal::kill(Pid::from_raw(self.pid), signal).ok();
        }
    }

    /// Ends it: `gentle` first, SIGKILL when it is still there after `grace`.
    pub async fn end(&self, gentle: Signal, grace: Duration) {
        self.signal(gentle);
        if !self.gone_within(grace).await {
            self.signal(Signal::SIGKILL);
            self.gone_within(Duration::from_secs(10)).await;
        }
    }

    /// Waits for its end; `false` when it still runs after `limit`.
    pub async fn gone_within(&self, limit: Duration) -> bool {
        let started = Instant::now();
        while self.is_running() {
            if started.elapsed() > limit {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        true
    }
}

/// Waits until somebody asks this process to end: Ctrl-C, or SIGTERM.
pub async fn interrupted() {
    let streams = (unix::signal(SignalKind::interrupt()), unix::signal(SignalKind::terminate()));
    let (Ok(mut interrupt), Ok(mut terminate)) = streams else {
        return std::future::pending().await; // no handlers: the default action ends this process
    };
    tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
}

/// All processes whose working directory is `folder`: servers and backends of one data folder.
pub(crate) fn working_in(folder: &Path) -> Vec<Process> {
    processes()
        .filter(|(_pid, path)| same_place(path, folder))
        .filter_map(|(pid, _)| Process::of(pid))
        .collect()
}

/// All processes whose command line has each of these arguments.
pub(crate) fn with_arguments(wanted: &[&str]) -> Vec<Process> {
    let matches = |path: &Path| {
        let line = fs::read(path.join("cmdline")).unwrap_or_default();
        let has = |text: &&str| line.split(|byte| *byte == 0).any(|word| word == text.as_bytes());
        wanted.iter().all(has)
    };
    processes()
        .filter(|(_pid, path)| matches(path))
        .filter_map(|(pid, _)| Process::of(pid))
        .collect()
}

fn same_place(process: &Path, folder: &Path) -> bool {
    fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd == folder)
}

fn processes() -> impl Iterator<Item = (i32, PathBuf)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        Some((pid, entry.path()))
    })
}

fn start_time(pid: i32) -> Option<String> {
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => from_stat(&stat),
        Err(_) if Path::new("/proc/self/stat").exists() => None,
        Err(_) => from_ps(pid),
    }
}

/// The name in the second field may hold spaces and parentheses; the rest starts after the last `)`.
/// Field 3 is the state, field 22 the start in clock ticks since boot.
fn from_stat(stat: &str) -> Option<String> {
    let (_name, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    let ticks = fields.nth(18)?;
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    Some(format!("{}:{ticks}", boot.get(..8).unwrap_or_default()))
}

fn from_ps(pid: i32) -> Option<String> {
    let output =
        Command::new("ps").args(["-o", "lstart=", "-p", &pid.to_string()]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pid_of_another_start_is_another_process() {
        let me = Process::of_child(std::process::id()).unwrap();
        assert!(me.is_running());
        let other = Process { started: "0:1".into(), ..me };
        assert!(!other.is_running());
    }

    #[tokio::test]
    async fn end_kills_what_ignores_the_gentle_signal() {
        let script = "trap '' TERM; while :; do sleep 0.1; done";
        let mut child = Command::new("/bin/sh").args(["-c", script]).spawn().unwrap();
        let process = Process::of_child(child.id()).unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        process.end(Signal::SIGTERM, Duration::from_millis(200)).await;
        assert!(!process.is_running());
        child.wait().unwrap();
    }
}

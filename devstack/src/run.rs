//! Runs a helper program to its end: output into a log, a line of progress every ten seconds.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::Progress;

/// A silent step longer than this makes a person wonder.
const TICK: Duration = Duration::from_secs(10);

/// One long command.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    /// Such as `building the Temporal CLI`.
    pub(crate) doing: &'a str,
    /// When it counts as stuck.
    pub(crate) limit: Duration,
    /// Where its output goes.
    pub(crate) log: PathBuf,
    /// Who hears of it.
    pub(crate) progress: &'a Progress,
}

impl Step<'_> {
    /// Runs it; an error is one line that tells why, with the last words of the program.
    pub(crate) async fn run(&self, mut command: Command) -> Result<(), String> {
        let name = command.get_program().to_string_lossy().into_owned();
        let log =
            File::create(&self.log).map_err(|error| format!("{}: {error}", self.log.display()))?;
        let log_too = log.try_clone().map_err(|error| error.to_string())?;
        command.stdin(Stdio::null()).stdout(log).stderr(log_too);
        let mut command = tokio::process::Command::from(command);
        let mut child =
            command.kill_on_drop(true).spawn().map_err(|error| format!("{name}: {error}"))?;
        let started = Instant::now();
        let status = loop {
            match tokio::time::timeout(TICK, child.wait()).await {
                Ok(status) => break status.map_err(|error| format!("{name}: {error}"))?,
                Err(_tick) if started.elapsed() > self.limit => {
                    return Err(format!("{name}: no end after {} s", self.limit.as_secs()));
                }
                Err(_tick) => self.tick(started),
            }
        };
        if status.success() {
            return Ok(());
        }
        let words = last_words(&self.log);
        let said = words.strip_prefix(name.as_str()).unwrap_or(&words);
        Err(format!("{name}: {}", said.trim_start_matches([':', ' '])))
    }

    fn tick(&self, started: Instant) {
        let seconds = started.elapsed().as_secs();
        self.progress.say(format!("{}: {seconds} s, {}", self.doing, last_words(&self.log)));
    }
}

/// The last line of a log that says something, cut to a readable length.
pub(crate) fn last_words(log: &Path) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let line =
        text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no output");
    line.chars().take(160).collect()
}

/// Output of a short command, `None` when it fails.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

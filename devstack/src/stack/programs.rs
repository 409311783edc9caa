//! Programs that run beside the servers: a worker, a change driver.

use std::{
    fs::{self, File},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use nix::sys::signal::Signal;
use teal_model::{Error, Result};

use super::{NEWEST, SERVERS, Stack};
use crate::{code, io::At, process::Process, record::Record};

impl Stack {
    /// Starts a program in the background with this stack's environment; [`Stack::down`] ends it.
    /// One that runs under this name already is ended first.
    ///
    /// # Errors
    /// `DEV0005` when it cannot be started.
    pub async fn spawn(&self, name: &str, mut command: Command) -> Result<Process> {
        self.stop(name, Duration::from_secs(20)).await?;
        let path = self.log(name);
        let log =
            File::options().create(true).append(true).open(&path).at("writing a log", &path)?;
        let errors = log.try_clone().at("writing a log", &path)?;
        self.environment().give_to(&mut command);
        command.stdin(Stdio::null()).stdout(log).stderr(errors).process_group(0);
        let program = PathBuf::from(command.get_program());
        let child = command.spawn().at("starting a program", &program)?;
        let process = Process::of_child(child.id()).ok_or_else(|| {
            Error::new(code::DEV0003).with("program", name).with("log", path.display())
        })?;
        let mut record = Record::load(self.folder());
        record.processes.insert(name.to_owned(), process.clone());
        record.save(self.folder())?;
        Ok(process)
    }

    /// Ends a background program, if it runs.
    ///
    /// # Errors
    /// `DEV0005` when the state cannot be written.
    pub async fn stop(&self, name: &str, grace: Duration) -> Result<()> {
        let mut record = Record::load(self.folder());
        if let Some(process) = record.processes.remove(name) {
            process.end(Signal::SIGTERM, grace).await;
            record.save(self.folder())?;
        }
        Ok(())
    }

    /// The background programs that run.
    pub fn programs(&self) -> Vec<(String, Process)> {
        let processes = Record::load(self.folder()).processes.into_iter();
        processes.filter(|(name, process)| !is_server(name) && process.is_running()).collect()
    }
}

/// Servers have folders of their own, programs have a file.
pub(super) fn log(folder: &Path, name: &str) -> PathBuf {
    if is_server(name) {
        folder.join(name).join("log")
    } else {
        let logs = folder.join("logs");
        // Where it cannot be made, opening the log says why.
        fs::create_dir_all(&logs).ok();
        logs.join(format!("{name}.log"))
    }
}

/// Whether this is a server of the stack, not a program beside it.
pub(super) fn is_server(name: &str) -> bool {
    SERVERS.contains(&name) || name == NEWEST
}

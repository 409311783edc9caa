//! One PostgreSQL cluster: initialise, configure, start or adopt, stop.

mod accounts;
mod settings;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use nix::sys::signal::Signal;
use teal_model::{Error, Result};

pub(crate) use accounts::{MERGE_ROLE, SOURCE_ROLE, prepare_merge, prepare_source, url};

use crate::{
    Progress,
    account::Account,
    code,
    io::At,
    process::{Process, working_in},
    run::{Step, last_words},
    tools::Postgres,
};

/// Recovery after a crash may take its time.
const START_LIMIT: Duration = Duration::from_secs(300);
/// Fast shutdown (SIGINT) ends sessions and writes one checkpoint.
const STOP_GRACE: Duration = Duration::from_secs(60);

/// One data folder and what is needed to run it.
#[derive(Debug, Clone)]
pub(crate) struct Cluster<'a> {
    /// `source`, `merge` or `newest`.
    pub(crate) name: &'static str,
    /// Folder of this cluster: `data/`, `log`.
    pub(crate) folder: PathBuf,
    pub(crate) programs: &'a Postgres,
    pub(crate) account: &'a Account,
    pub(crate) progress: &'a Progress,
}

impl Cluster<'_> {
    /// Makes sure that the cluster exists and runs at `port`; returns its postmaster.
    ///
    /// # Errors
    /// `DEV0003` with the log's last words.
    pub(crate) async fn up(&self, port: u16, password: &str) -> Result<Process> {
        self.initialise(password).await?;
        if let Some(running) = running(&self.data()) {
            return Ok(running);
        }
        clear(&self.data()).await?;
        settings::write(&self.data(), self.name, port, self.account)?;
        match self.start(port).await {
            Ok(running) => Ok(running),
            // A crash while an unlogged table was made or dropped may fail the recovery that follows
            // ("File exists"), and only that one: PostgreSQL's bug 17731.
            Err(_first) => {
                clear(&self.data()).await?;
                self.start(port).await
            }
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// Runs initdb aside and moves the result to its place, so that a crash leaves no half of one.
    async fn initialise(&self, password: &str) -> Result<()> {
        let (data, aside) = (self.data(), self.folder.join("data.new"));
        if data.join("PG_VERSION").exists() {
            return self.same_major(&data);
        }
        self.progress
            .say(format!("preparing PostgreSQL {} ({})", self.programs.version.0, self.name));
        fs::create_dir_all(&self.folder).at("making a folder", &self.folder)?;
        self.account.own(&self.folder)?;
        for leftover in [&data, &aside] {
            fs::remove_dir_all(leftover).ok();
        }
        let secret = self.folder.join("password");
        fs::write(&secret, password).at("writing a password for initdb", &secret)?;
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o600))
            .at("closing a file", &secret)?;
        self.account.own(&secret)?;
        let mut initdb = self.command("initdb");
        initdb.args(["--username=postgres", "--auth=password", "--encoding=UTF8", "--locale=C"]);
        initdb.args(["--no-sync", "--no-instructions"]).arg("--pwfile").arg(&secret);
        initdb.arg("--pgdata").arg(&aside);
        let made = self.run("preparing PostgreSQL", "initdb.log", initdb).await;
        fs::remove_file(&secret).at("removing a password file", &secret)?;
        made?;
        settings::include(&aside)?;
        fs::rename(&aside, &data).at("putting a data folder to its place", &data)
    }

    /// A data folder runs with its own major version only.
    fn same_major(&self, data: &Path) -> Result<()> {
        let version = fs::read_to_string(data.join("PG_VERSION")).at("reading", data)?;
        if version.trim() == self.programs.version.0.to_string() {
            return Ok(());
        }
        Err(Error::new(code::DEV0003)
            .with("server", self.name)
            .with("data_folder_of", version.trim())
            .with("postgresql", self.programs.version.0)
            .hint("`teal dev down --wipe` starts from an empty stack"))
    }

    async fn start(&self, port: u16) -> Result<Process> {
        self.progress.say(format!("starting PostgreSQL ({}) at port {port}", self.name));
        let mut pg_ctl = self.command("pg_ctl");
        pg_ctl.args(["start", "--wait", "--silent", "--timeout"]);
        pg_ctl.arg(START_LIMIT.as_secs().to_string());
        pg_ctl.arg("--pgdata").arg(self.data()).arg("--log").arg(self.log());
        self.run("starting PostgreSQL", "start.log", pg_ctl).await?;
        running(&self.data()).ok_or_else(|| {
            Error::new(code::DEV0003).with("server", self.name).with("log", self.log().display())
        })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = self.account.command(&self.programs.program(program));
        command.current_dir(&self.folder);
        command
    }

    async fn run(&self, doing: &str, log: &str, command: Command) -> Result<()> {
        let log = self.folder.join(log);
        let step = Step { doing, limit: START_LIMIT, log, progress: self.progress };
        step.run(command).await.map_err(|reason| {
            Error::new(code::DEV0003)
                .with("server", self.name)
                .with("log", self.log().display())
                .caused_by(format!("{reason}; {}", last_words(&self.log())))
        })
    }
}

/// The postmaster of a data folder, if one runs: named in `postmaster.pid` and at home there.
pub(crate) fn running(data: &Path) -> Option<Process> {
    let file = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let pid: i32 = file.lines().next()?.trim().parse().ok()?;
    working_in(data).into_iter().find(|process| process.pid == pid)
}

/// Ends whatever runs in a data folder: the postmaster gently, orphaned backends of a killed one
/// after a moment.
pub(crate) async fn stop(data: &Path) {
    if let Some(postmaster) = running(data) {
        postmaster.end(Signal::SIGINT, STOP_GRACE).await;
    }
    for orphan in working_in(data) {
        orphan.end(Signal::SIGTERM, Duration::from_secs(5)).await;
    }
}

/// After a crash: no process is left in the folder, and the stale pid file, whose number may belong
/// to another program by now, is gone.
async fn clear(data: &Path) -> Result<()> {
    stop(data).await;
    let file = data.join("postmaster.pid");
    match fs::remove_file(&file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).at("removing a stale pid file", &file)
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_folder_of_another_major_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("PG_VERSION"), "15\n").unwrap();
        let programs = Postgres { bin: PathBuf::new(), version: (18, 1, 0) };
        let cluster = Cluster {
            name: "merge",
            folder: folder.path().to_owned(),
            programs: &programs,
            account: &Account::Own,
            progress: &Progress::silent(),
        };
        let error = cluster.same_major(folder.path()).unwrap_err();
        assert_eq!(error.code(), code::DEV0003);
        assert!(error.to_string().contains("data_folder_of: 15"), "{error}");
    }
}

//! The Temporal dev server: file database, UI, our search attributes.

use std::{
    fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;
use teal_model::{Error, Result};

use crate::{
    Progress, code,
    io::At,
    ports::Ports,
    process::{Process, with_arguments},
    run::{answer, last_words},
};

/// What `teal` upserts on its workflows (DESIGN §3).
const SEARCH_ATTRIBUTES: [&str; 5] =
    ["TealPlatform", "TealStore", "TealKind", "TealState", "TealTeam"];
/// The first start creates the schema; on a busy machine that takes a while.
const START_LIMIT: Duration = Duration::from_secs(120);
const STOP_GRACE: Duration = Duration::from_secs(10);
/// Starts with the database that is there: the server's inner services take ports that were free a
/// moment before, and another program may have been faster. Only then is the database to blame.
const STARTS: u32 = 3;

/// One dev server.
#[derive(Debug)]
pub(crate) struct Server<'a> {
    pub(crate) program: &'a Path,
    pub(crate) folder: PathBuf,
    pub(crate) progress: &'a Progress,
}

impl Server<'_> {
    /// Makes sure that it runs and answers; returns its process.
    ///
    /// # Errors
    /// `DEV0003` with the log's last words.
    pub(crate) async fn up(&self, ports: Ports) -> Result<Process> {
        fs::create_dir_all(&self.folder).at("making a folder", &self.folder)?;
        if let Some(running) = running(&self.folder) {
            if self.answers(ports.temporal, &running).await {
                return Ok(running);
            }
            stop(&self.folder).await;
        }
        let said = format!("starting Temporal at port {}, its UI at {}", ports.temporal, ports.ui);
        self.progress.say(said);
        for _ in 0..STARTS {
            let process = self.start(ports)?;
            if self.answers(ports.temporal, &process).await {
                return Ok(process);
            }
            stop(&self.folder).await;
        }
        self.anew(ports).await
    }

    /// A database that Temporal refuses goes aside: what it held is workflows, and `teal apply`
    /// starts those again from the catalog.
    async fn anew(&self, ports: Ports) -> Result<Process> {
        let database = database(&self.folder);
        let refused = last_words(&self.log());
        self.progress.say(format!("Temporal did not start ({refused}); trying a new database"));
        for suffix in ["", "-wal", "-shm"] {
            let file = PathBuf::from(format!("{}{suffix}", database.display()));
            let aside = PathBuf::from(format!("{}.old{suffix}", database.display()));
            fs::rename(file, aside).ok();
        }
        let process = self.start(ports)?;
        if self.answers(ports.temporal, &process).await {
            return Ok(process);
        }
        stop(&self.folder).await;
        Err(Error::new(code::DEV0003)
            .with("server", "temporal")
            .with("log", self.log().display())
            .caused_by(last_words(&self.log())))
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn start(&self, ports: Ports) -> Result<Process> {
        let log = fs::File::create(self.log()).at("writing a log", &self.folder)?;
        let errors = log.try_clone().at("writing a log", &self.folder)?;
        let mut command = Command::new(self.program);
        command.args(["server", "start-dev", "--ip", "127.0.0.1", "--log-level", "warn"]);
        command.args(["--port", &ports.temporal.to_string(), "--ui-port", &ports.ui.to_string()]);
        command.arg("--db-filename").arg(database(&self.folder));
        // With SQLite's defaults the server syncs each write: a third of the throughput.
        command.args(["--sqlite-pragma", "journal_mode=WAL"]);
        command.args(["--sqlite-pragma", "synchronous=OFF"]);
        for attribute in SEARCH_ATTRIBUTES {
            command.args(["--search-attribute", &format!("{attribute}=Keyword")]);
        }
        command.stdin(Stdio::null()).stdout(log).stderr(errors);
        // A group of its own: a Ctrl-C at the terminal is not meant for the server.
        let child = command.process_group(0).spawn().at("starting Temporal", self.program)?;
        Process::of_child(child.id()).ok_or_else(|| {
            Error::new(code::DEV0003).with("server", "temporal").with("log", self.log().display())
        })
    }

    /// Waits until the server says that it serves; `false` when it died or took too long.
    async fn answers(&self, port: u16, process: &Process) -> bool {
        let started = Instant::now();
        while process.is_running() && started.elapsed() < START_LIMIT {
            let mut ask = Command::new(self.program);
            ask.args(["operator", "cluster", "health", "--address", &format!("127.0.0.1:{port}")]);
            ask.stderr(Stdio::null());
            if answer(&mut ask).is_some_and(|text| text.contains("SERVING")) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
        false
    }
}

/// The dev server that has this folder's database open, known by its command line.
pub(crate) fn running(folder: &Path) -> Option<Process> {
    let database = database(folder);
    with_arguments(&["start-dev", database.to_str()?]).into_iter().next()
}

/// Ends it.
pub(crate) async fn stop(folder: &Path) {
    if let Some(process) = running(folder) {
        process.end(Signal::SIGTERM, STOP_GRACE).await;
    }
}

fn database(folder: &Path) -> PathBuf {
    folder.join("temporal.db")
}

//! The servers that are measured: a private stack of this process, gone at the end. Another benchmark
//! has others, and what one that was killed left behind goes when the next one starts.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    str::FromStr,
};

use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgConnectOptions};
use teal_activities::Io;
use teal_devstack::{Options, Progress, Stack, process::Process, project_root};
use teal_model::release::CredentialStore;

use crate::Outcome;

/// Which servers those are.
pub(crate) fn options() -> Options {
    let progress = Progress::to(|line| println!("  {line}"));
    Options::benchmark(project_root(Path::new(env!("CARGO_MANIFEST_DIR"))), progress)
}

/// Stops the servers, and removes what they kept unless somebody may want to look at it.
pub(crate) async fn end(options: &Options, keep: bool) -> Outcome {
    if !keep {
        return Ok(Stack::wipe(options).await?);
    }
    Stack::down(options).await?;
    if let Some(stack) = Stack::find(options)? {
        println!("what they kept is in {} until the next benchmark", stack.folder().display());
    }
    Ok(())
}

pub(crate) struct Servers {
    options: Options,
    pub(crate) stack: Stack,
    /// Credentials of the superusers as files: `source`, `merge`.
    secrets: tempfile::TempDir,
}

impl Servers {
    /// Two PostgreSQL servers and Temporal with a file database.
    pub(crate) async fn start(options: &Options) -> Outcome<Self> {
        let stack = Stack::up(options).await?;
        let secrets = tempfile::tempdir()?;
        for (name, url) in [("source", stack.source_url()), ("merge", stack.merge_url())] {
            let folder = secrets.path().join(name);
            std::fs::create_dir(&folder)?;
            let login = PgConnectOptions::from_str(&url)?;
            std::fs::write(folder.join("username"), login.get_username())?;
            let (_, rest) = url.split_once(':').ok_or("a URL without password")?;
            let (_, rest) = rest.split_once(':').ok_or("a URL without password")?;
            let (password, _) = rest.split_once('@').ok_or("a URL without password")?;
            std::fs::write(folder.join("password"), password)?;
        }
        Ok(Self { options: options.clone(), stack, secrets })
    }

    /// Folder of the credentials.
    pub(crate) fn secrets(&self) -> String {
        self.secrets.path().display().to_string()
    }

    /// The engine without Temporal, on the merge store.
    pub(crate) fn io(&self) -> Outcome<Io> {
        let catalog = PgConnectOptions::from_str(&self.stack.merge_url())?;
        Ok(Io::new(catalog, CredentialStore::Files { dir: self.secrets() }, "bench", 4))
    }

    /// Runs statements at the source.
    pub(crate) async fn at_source(&self, statements: &str) -> Outcome {
        sql(&self.stack.source_url(), statements).await
    }

    /// Runs statements at the merge store.
    pub(crate) async fn at_merge(&self, statements: &str) -> Outcome {
        sql(&self.stack.merge_url(), statements).await
    }

    /// Process of a server: `source`, `merge`, `temporal`.
    pub(crate) fn process(&self, name: &str) -> Outcome<i32> {
        let status = Stack::status(&self.options)?;
        let server = status.servers.iter().find(|server| server.name == name);
        Ok(server.and_then(|server| server.pid).ok_or_else(|| format!("{name} does not run"))?)
    }

    /// Starts a worker for everything.
    pub(crate) async fn worker(&self) -> Outcome<Process> {
        let mut worker = Command::new(teal()?);
        worker.args(["worker", "--all", "--metrics-addr", "127.0.0.1:0"]);
        worker.env("RUST_LOG", "warn");
        Ok(self.stack.spawn("worker", worker).await?)
    }

    /// Runs `teal …` and waits for it.
    pub(crate) async fn teal(&self, arguments: &[&str], folder: &Path) -> Outcome {
        let mut command = Command::new(teal()?);
        self.stack.environment().give_to(&mut command);
        command.args(arguments).current_dir(folder);
        let mut command = tokio::process::Command::from(command);
        let output = command.kill_on_drop(true).output().await?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(format!("`teal {}` ended with {}: {said}", arguments.join(" "), output.status).into())
    }
}

/// `teal`, built beside this program.
fn teal() -> Outcome<PathBuf> {
    let program = env::current_exe()?.with_file_name("teal");
    if program.exists() {
        return Ok(program);
    }
    Err(format!("{} is not built: cargo build --release -p teal-cli", program.display()).into())
}

async fn sql(url: &str, statements: &str) -> Outcome {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

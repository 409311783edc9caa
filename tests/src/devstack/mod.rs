//! The development stack under what people do to it. Each test has a stack of its own.

mod benchmarks;
mod survives;
mod with;

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use teal_devstack::{Options, Progress, Stack};
use tempfile::TempDir;

/// A project of its own and the options of its stack; what runs is ended with the test.
pub(crate) struct Project {
    folder: TempDir,
    pub(crate) options: Options,
}

impl Project {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // PostgreSQL's user must get in when the tests run as root.
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(folder.path(), open).expect("opening the folder");
        let mut options = Options::named(folder.path(), "dev", Progress::silent());
        options.usual_ports = false;
        Self { folder, options }
    }

    fn state(&self) -> PathBuf {
        self.folder.path().canonicalize().expect("the folder").join(".teal/dev")
    }

    /// Pids of the three servers, in the order source, merge, temporal.
    fn pids(&self) -> Vec<Option<i32>> {
        let status = Stack::status(&self.options).expect("a status");
        status.servers.into_iter().map(|server| server.pid).collect()
    }

    pub(crate) async fn end(self) {
        Stack::wipe(&self.options).await.expect("the stack ends");
    }
}

impl Drop for Project {
    /// A failed test leaves no server behind either.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let options = self.options.clone();
            let end = move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.map(|runtime| runtime.block_on(Stack::down(&options)))
            };
            std::thread::spawn(end).join().ok();
        }
    }
}

/// A number from a database of the stack.
async fn number(url: &str, query: &'static str) -> i64 {
    use sqlx::Connection;
    let mut connection = sqlx::PgConnection::connect(url).await.expect("a connection");
    sqlx::query_scalar(query).fetch_one(&mut connection).await.expect("a number")
}

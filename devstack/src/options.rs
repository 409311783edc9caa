//! Which stack, where, and who hears of its progress.

use std::path::{Path, PathBuf};

use crate::Progress;

/// What to start and where it lives.
#[derive(Debug, Clone)]
pub struct Options {
    /// Folder of the project; the stack's state lies in its `.teal/<name>`.
    pub project: PathBuf,
    /// Name of the stack within the project: `dev`, `demo`, `test-<pid>`, `bench-<pid>`.
    pub name: String,
    /// Whether the well-known ports (15432, 15433, 7233, 8233) are tried first.
    pub usual_ports: bool,
    /// Of which version source and merge store are.
    pub version: Version,
    /// Whether a PostgreSQL of the newest version runs beside the pair: tests need it.
    pub newest: bool,
    /// Who hears of it.
    pub progress: Progress,
}

/// Which PostgreSQL is meant, of those that a machine has or can get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// That of the machine, as `TEAL_DEV_POSTGRES` says.
    Usual,
    /// The newest that Teal works with, as `TEAL_DEV_POSTGRES_NEWEST` says.
    Newest,
}

impl Options {
    /// The stack that `teal dev up` keeps running for a project.
    pub fn dev(project: impl Into<PathBuf>, progress: Progress) -> Self {
        Self::named(project, "dev", progress)
    }

    /// Another stack of the project, with a name of its own.
    pub fn named(project: impl Into<PathBuf>, name: &str, progress: Progress) -> Self {
        let (project, name) = (project.into(), name.into());
        let version = Version::Usual;
        Self { project, name, usual_ports: true, version, newest: false, progress }
    }

    /// A private stack of this process: own state, ports that nobody expects anything at, and a
    /// PostgreSQL of the newest version.
    pub fn private(project: impl Into<PathBuf>, progress: Progress) -> Self {
        let name = format!("{TEST}{}", std::process::id());
        Self { usual_ports: false, newest: true, ..Self::named(project, &name, progress) }
    }

    /// As [`Options::private`], for a benchmark: the pair alone. What one that failed keeps stays until
    /// the next benchmark.
    pub fn benchmark(project: impl Into<PathBuf>, progress: Progress) -> Self {
        let name = format!("{BENCHMARK}{}", std::process::id());
        Self { name, newest: false, ..Self::private(project, progress) }
    }

    /// How the names of all stacks of its kind begin when it is one that ends with its owner.
    pub(crate) fn private_kind(&self) -> Option<&'static str> {
        [TEST, BENCHMARK].into_iter().find(|kind| self.name.starts_with(kind))
    }
}

/// Private stacks are named by their kind and `<pid>`. Those whose owner died are swept away when the
/// next one of their kind starts.
const TEST: &str = "test-";
const BENCHMARK: &str = "bench-";

/// The project that a folder belongs to: the nearest one upwards that has `.teal` or `.git`, else
/// the folder itself.
pub fn project_root(from: &Path) -> PathBuf {
    let marked = |folder: &&Path| folder.join(".teal").is_dir() || folder.join(".git").exists();
    from.ancestors().find(marked).unwrap_or(from).to_path_buf()
}

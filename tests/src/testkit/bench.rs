//! A source, a merge store and an `Io` that opens both.

use std::{fs, path::Path, sync::Arc};

use teal_activities::{Io, source::Lens};
use teal_model::release::{CredentialStore, PostgresEndpoint};
use tempfile::TempDir;

use super::{Db, merge_db, source_db};

/// What one engine test works on: two databases and the connections of one "worker".
#[derive(Debug)]
pub(crate) struct Bench {
    /// The producer's database.
    pub(crate) source: Db,
    /// The merge store, which also holds the control catalog.
    pub(crate) merge: Db,
    /// Connections of one process; credentials `source` and `merge` are known to it.
    pub(crate) io: Arc<Io>,
    /// Where those credentials lie.
    pub(crate) credentials: Credentials,
}

impl Bench {
    /// Two new databases named after the test.
    pub(crate) async fn new(test: &str) -> Self {
        Self::over(source_db(test).await, merge_db(test).await)
    }

    /// Over databases of any server.
    pub(crate) fn over(source: Db, merge: Db) -> Self {
        let credentials = Credentials::new(&[("source", &source), ("merge", &merge)]);
        let io = Arc::new(Io::new(merge.options(), credentials.store(), "test-worker", 4));
        Self { source, merge, io, credentials }
    }

    /// The source as a model names it.
    pub(crate) fn source_endpoint(&self) -> PostgresEndpoint {
        self.source.endpoint("source")
    }

    /// The merge store as a model names it.
    pub(crate) fn merge_endpoint(&self) -> PostgresEndpoint {
        self.merge.endpoint("merge")
    }

    /// As `io`, whose batches see the source through a lens.
    pub(crate) fn io_through(&self, lens: Arc<dyn Lens>) -> Arc<Io> {
        let io = Io::new(self.merge.options(), self.credentials.store(), "test-worker", 4);
        Arc::new(io.through(lens))
    }

    /// Another process on the same databases: for tests with two workers.
    pub(crate) fn another_io(&self, worker: &str) -> Arc<Io> {
        Arc::new(Io::new(self.merge.options(), self.credentials.store(), worker, 4))
    }
}

/// A folder of credentials, as Kubernetes mounts them; gone with this value. (The variables of the
/// store `env` cannot be set within a test: they are the whole process's.)
#[derive(Debug)]
pub(crate) struct Credentials(TempDir);

impl Credentials {
    /// Names and the databases whose superuser they open.
    pub(crate) fn new(logins: &[(&str, &Db)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, db) in logins {
            write(folder.path(), name, db.user(), db.password().as_deref());
        }
        Self(folder)
    }

    /// Adds or replaces one.
    pub(crate) fn set(&self, name: &str, user: &str, password: Option<&str>) {
        write(self.0.path(), name, user, password);
    }

    /// For a release or an `Io`.
    pub(crate) fn store(&self) -> CredentialStore {
        CredentialStore::Files { dir: self.dir() }
    }

    /// The folder, for a model's `credentials: {files: {dir: …}}`.
    pub(crate) fn dir(&self) -> String {
        self.0.path().to_str().expect("a temporary folder of plain name").to_owned()
    }
}

fn write(folder: &Path, name: &str, user: &str, password: Option<&str>) {
    let folder = folder.join(name);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("username"), user).expect("a file");
    if let Some(password) = password {
        fs::write(folder.join("password"), password).expect("a file");
    }
}

#[tokio::test]
async fn the_bench_opens_both_databases_by_credential() {
    let bench = Bench::new("the_bench_opens_both_databases_by_credential").await;
    for endpoint in [bench.source_endpoint(), bench.merge_endpoint()] {
        let pool = bench.io.ledger(&endpoint).await.unwrap();
        let name: String =
            sqlx::query_scalar("select current_database()::text").fetch_one(&pool).await.unwrap();
        assert_eq!(name, endpoint.database);
    }
}

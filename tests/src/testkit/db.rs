//! A database per test.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    str::FromStr,
};

use sqlx::{
    AssertSqlSafe, Connection, Executor, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use teal_model::release::PostgresEndpoint;

use super::{Proxy, newest_server, required};

/// Names of databases end at 63 bytes; prefix, underscore and 8 hex digits take the rest.
const TEST_NAME_BYTES: usize = 48;

/// A database that belongs to one test.
#[derive(Debug)]
pub(crate) struct Db {
    /// For libraries and programs that take a URL.
    pub(crate) url: String,
    /// For the test's own statements.
    pub(crate) pool: PgPool,
    /// Its name.
    pub(crate) name: String,
    server: PgConnectOptions,
    host: String,
    port: u16,
}

/// A new, empty database at the source server. `test`: name of the test.
pub(crate) async fn source_db(test: &str) -> Db {
    Db::create("src", &required("TEAL_TEST_SOURCE"), test).await
}

/// A new, empty database at the server of the merge store. `test`: name of the test.
pub(crate) async fn merge_db(test: &str) -> Db {
    Db::create("mrg", &required("TEAL_TEST_MERGE"), test).await
}

/// A new, empty database at the server of the newest PostgreSQL version, to be a source or a merge
/// store. `test`: name of the test.
pub(crate) async fn newest_db(test: &str) -> Db {
    Db::create("new", &newest_server(), test).await
}

impl Db {
    /// A new, empty database at a server of the test's own.
    pub(crate) async fn at(server_url: &str, prefix: &str, test: &str) -> Self {
        Self::create(prefix, server_url, test).await
    }

    async fn create(prefix: &str, server_url: &str, test: &str) -> Self {
        let server = PgConnectOptions::from_str(server_url).expect("a PostgreSQL URL");
        let name = database_name(prefix, test);
        let mut connection = PgConnection::connect_with(&server).await.expect("the test server");
        for statement in [
            format!("drop database if exists \"{name}\" with (force)"),
            format!("create database \"{name}\" template template0 encoding 'UTF8'"),
        ] {
            connection.execute(AssertSqlSafe(statement)).await.expect("a new database");
        }
        connection.close().await.expect("closing");
        let options = server.clone().database(&name);
        let pool = PgPoolOptions::new().max_connections(5).connect_lazy_with(options);
        let (host, port) = (server.get_host().to_owned(), server.get_port());
        Self { url: with_database(server_url, &name), pool, name, server, host, port }
    }

    /// The database as a model names it.
    pub(crate) fn endpoint(&self, credential: &str) -> PostgresEndpoint {
        PostgresEndpoint {
            host: self.host.clone(),
            port: self.port,
            database: self.name.clone(),
            credential: credential.to_owned(),
            user: None,
            tls: None,
            max_sessions: 4,
        }
    }

    /// Where its server is: `host:port`.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.server.get_host(), self.server.get_port())
    }

    /// From now on models name it by this proxy; the test's own statements go past it.
    pub(crate) fn behind(&mut self, proxy: &Proxy) {
        "127.0.0.1".clone_into(&mut self.host);
        self.port = proxy.port();
    }

    /// Options of a connection of its own, as the server's superuser.
    pub(crate) fn options(&self) -> PgConnectOptions {
        self.server.clone().database(&self.name)
    }

    /// The superuser's name, for credentials.
    pub(crate) fn user(&self) -> &str {
        self.server.get_username()
    }

    /// The superuser's password, where the URL has one.
    pub(crate) fn password(&self) -> Option<String> {
        let (_scheme, rest) = self.url.split_once("://")?;
        let (login, _place) = rest.split_once('@')?;
        login.split_once(':').map(|(_user, password)| password.to_owned())
    }

    /// Runs statements, separated by semicolons: `db.run("create table t (id int primary key)")`.
    pub(crate) async fn run(&self, statements: &str) {
        let result = sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&self.pool).await;
        result.unwrap_or_else(|error| panic!("{error} in: {statements}"));
    }

    /// Rows of a query as text, columns joined by `|`, NULL as `-`: easy to compare in a test.
    pub(crate) async fn rows(&self, query: &str) -> Vec<String> {
        self.try_rows(query).await.unwrap_or_else(|error| panic!("{error} in: {query}"))
    }

    /// As [`Db::rows`], of a server that may be away.
    pub(crate) async fn try_rows(&self, query: &str) -> sqlx::Result<Vec<String>> {
        let text = format!(
            "select coalesce((select string_agg(coalesce(value, '-'), '|' order by place)
               from json_each_text(row_to_json(q)) with ordinality as c(name, value, place)), '')
             from ({query}) q"
        );
        sqlx::query_scalar(AssertSqlSafe(text)).fetch_all(&self.pool).await
    }

    /// One number: `db.number("select count(*) from t")`.
    pub(crate) async fn number(&self, query: &str) -> i64 {
        let text = format!("select ({query})::bigint");
        let result = sqlx::query_scalar(AssertSqlSafe(text)).fetch_one(&self.pool).await;
        result.unwrap_or_else(|error| panic!("{error} in: {query}"))
    }
}

impl Drop for Db {
    /// A passed test takes its database away; a failed one leaves it for inspection.
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("kept for inspection: {}", self.url);
            return;
        }
        let (server, name) = (self.server.clone(), self.name.clone());
        // A thread with a runtime of its own, as a destructor cannot await in the test's.
        let dropped = std::thread::spawn(move || drop_database(&server, &name)).join();
        if !matches!(dropped, Ok(Ok(()))) {
            eprintln!("could not drop {}: {dropped:?}", self.url);
        }
    }
}

fn drop_database(server: &PgConnectOptions, name: &str) -> Result<(), sqlx::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut connection = PgConnection::connect_with(server).await?;
        let statement = format!("drop database if exists \"{name}\" with (force)");
        connection.execute(AssertSqlSafe(statement)).await?;
        connection.close().await
    })
}

/// `src_<test>_<hash>`: the hash tells work trees apart that share a server, and long names.
fn database_name(prefix: &str, test: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (env!("CARGO_MANIFEST_DIR"), test).hash(&mut hasher);
    let hash = hasher.finish() & 0xffff_ffff;
    let plain: String =
        test.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let short: String = plain.to_lowercase().chars().take(TEST_NAME_BYTES).collect();
    format!("{prefix}_{short}_{hash:08x}")
}

/// The URL with another database: `postgres://u@h:1/postgres?x=y` → `postgres://u@h:1/name?x=y`.
fn with_database(url: &str, database: &str) -> String {
    let (address, parameters) = url.split_once('?').map_or((url, None), |(a, p)| (a, Some(p)));
    let start = address.find("://").map_or(0, |at| at + 3);
    let end =
        address.get(start..).and_then(|rest| rest.find('/')).map_or(address.len(), |at| start + at);
    let place = address.get(..end).unwrap_or(address);
    match parameters {
        Some(parameters) => format!("{place}/{database}?{parameters}"),
        None => format!("{place}/{database}"),
    }
}

#[tokio::test]
async fn a_database_lives_as_long_as_its_test() {
    let db = source_db("a_database_lives_as_long_as_its_test").await;
    db.run("create table t (a int, b text); insert into t values (1, null), (2, 'x|y')").await;
    assert_eq!(db.rows("select a, b from t order by a").await, ["1|-", "2|x|y"]);
    let (name, server) = (db.name.clone(), db.server.clone());
    drop(db);
    let mut connection = PgConnection::connect_with(&server).await.unwrap();
    let left: i64 = sqlx::query_scalar("select count(*) from pg_database where datname = $1")
        .bind(&name)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn the_newest_server_is_a_postgresql_18() {
    let db = newest_db("the_newest_server_is_a_postgresql_18").await;
    let version = db.number("select current_setting('server_version_num')::int / 10000").await;
    assert_eq!(version, 18);
}

#[test]
fn the_url_gets_the_new_database() {
    assert_eq!(with_database("postgres://u:p@h:1/old?a=b", "new"), "postgres://u:p@h:1/new?a=b");
    assert_eq!(with_database("postgres://u@h:1", "new"), "postgres://u@h:1/new");
}

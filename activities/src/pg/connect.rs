//! Connections: options from an endpoint and a login, pools with a name for the server's own views.

use std::time::Duration;

use sqlx::{
    ConnectOptions, Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use teal_model::{
    Error, Result,
    release::{CredentialStore, PostgresEndpoint},
};

use super::{
    PgResultExt,
    meaning::{Moment, meaning},
    tls,
};
use crate::{code, credentials::Login};

/// Longest wait for a connection of a pool; above it the server counts as out of reach.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest wait for a new connection to a server that does not answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
const CONNECTING: &str = "connecting";

/// Options for an endpoint. `application` shows in `pg_stat_activity` (cut at 63 bytes by the
/// server); relative paths of certificates may start at the folder of `store`.
///
/// # Errors
/// `PG0022` for a file of certificates that cannot be read.
pub fn options(
    endpoint: &PostgresEndpoint,
    login: &Login,
    store: &CredentialStore,
    application: &str,
) -> Result<PgConnectOptions> {
    // PGPASSWORD of the environment is meant for another server: without a password of its own a
    // login sends none.
    let password = login.password.as_ref().map_or("", |password| password.reveal());
    let options = PgConnectOptions::new_without_pgpass()
        .host(&endpoint.host)
        .port(endpoint.port)
        .database(&endpoint.database)
        .username(&login.user)
        .password(password)
        .application_name(application);
    tls::with_tls(settled(options), endpoint, login, store)
}

/// What every session of Teal has. No statement is logged: a merge of minutes is no slow query, and
/// its text no log line. In debug builds only what was begun to write may write: see `durable.rs`.
pub(super) fn settled(options: PgConnectOptions) -> PgConnectOptions {
    let options = options
        .options([("client_encoding", "UTF8"), ("datestyle", "ISO"), ("extra_float_digits", "3")])
        .disable_statement_logging();
    if cfg!(debug_assertions) {
        options.options([("default_transaction_read_only", "on")])
    } else {
        options
    }
}

/// Settings of a pool's sessions: theirs are short transactions, and one whose client is gone without a
/// word must not hold its locks until TCP gives up, which takes hours. Set, not sent along at the start,
/// as a pooler in between refuses starts with options that it does not know.
const SHORT: &str = "set idle_in_transaction_session_timeout = '20s';
    set tcp_keepalives_idle = 30;
    set tcp_keepalives_interval = 10;
    set tcp_keepalives_count = 3";

/// A pool of control connections: few, idle ones are closed, checked before use.
pub fn pool(options: PgConnectOptions, size: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(Duration::from_secs(300))
        .after_connect(|connection, _metadata| Box::pin(keep_short(connection)))
        .after_release(|connection, _age| Box::pin(still_answers(connection)))
        .connect_lazy_with(options.disable_statement_logging())
}

async fn keep_short(connection: &mut PgConnection) -> std::result::Result<(), sqlx::Error> {
    sqlx::raw_sql(SHORT).execute(connection).await.map(drop)
}

/// A connection that was left in the middle of an answer is asked before it goes back to its pool, which
/// itself would wait for ever, and hold its place meanwhile. An error makes the pool drop it.
async fn still_answers(connection: &mut PgConnection) -> std::result::Result<bool, sqlx::Error> {
    match tokio::time::timeout(CONNECT_TIMEOUT, connection.ping()).await {
        Ok(answered) => answered.map(|()| true),
        Err(_elapsed) => Err(sqlx::Error::PoolTimedOut),
    }
}

/// One connection of its own, outside of any pool.
///
/// # Errors
/// As classified in [`super::error`]; `PG0024` for another program that answers; `PG0002` after 15 s
/// without an answer.
pub async fn connect(options: &PgConnectOptions) -> Result<PgConnection> {
    match tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect_with(options)).await {
        Ok(Err(error)) if is_stranger(&error) => Err(Error::new(code::PG0024)
            .with("while", CONNECTING)
            .caused_by("its first answer is none that PostgreSQL gives")),
        Ok(connection) => connection.during(CONNECTING),
        Err(_elapsed) => {
            Err(Error::new(code::PG0002).with("while", CONNECTING).caused_by(format!(
                "no answer within {} s: it is slow, cut off, or no PostgreSQL server",
                CONNECT_TIMEOUT.as_secs()
            )))
        }
    }
}

fn is_stranger(error: &sqlx::Error) -> bool {
    meaning(error, Moment::Greeting).code == code::PG0024
}

//! Connections: options from an endpoint and a login, pools with a name for the server's own views.

use std::time::Duration;

use sqlx::{
    ConnectOptions, Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use teal_model::{Result, release::PostgresEndpoint};

use super::PgResultExt;
use crate::credentials::Login;

/// Longest wait for a connection of a pool; above it the server counts as out of reach.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest wait for a new connection to a server that does not answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// Options for an endpoint. `application` shows in `pg_stat_activity` (cut at 63 bytes by the server).
pub fn options(endpoint: &PostgresEndpoint, login: &Login, application: &str) -> PgConnectOptions {
    let options = PgConnectOptions::new_without_pgpass()
        .host(&endpoint.host)
        .port(endpoint.port)
        .database(&endpoint.database)
        .username(&login.user)
        .application_name(application)
        .options([("client_encoding", "UTF8"), ("datestyle", "ISO"), ("extra_float_digits", "3")])
        .disable_statement_logging(); // a merge of minutes is no slow query, and its text no log line
    match &login.password {
        Some(password) => options.password(password.reveal()),
        None => options,
    }
}

/// A pool of control connections: few, idle ones are closed, checked before use.
pub fn pool(options: PgConnectOptions, size: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(Duration::from_secs(300))
        .connect_lazy_with(options.disable_statement_logging())
}

/// One connection of its own, outside of any pool.
///
/// # Errors
/// As classified in [`super::error`]; `PG0002` after 15 s without an answer.
pub async fn connect(options: &PgConnectOptions) -> Result<PgConnection> {
    match tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect_with(options)).await {
        Ok(connection) => connection.during("connecting"),
        Err(_elapsed) => Err(sqlx::Error::PoolTimedOut).during("connecting"),
    }
}

//! Transactions that end under the name of their boundary.
//!
//! Invariant: nothing becomes durable but by [`commit`], so that a test can let the process die on
//! either side of it (`failpoint/src/boundary.rs`). Lints forbid sqlx's own `begin` and `commit`; and
//! in debug builds sessions are read-only outside of [`begin`] (`connect.rs`), so that a statement that
//! commits by itself fails in the first test that runs it.

use sqlx::{
    Connection, PgConnection, PgPool, Postgres, Transaction,
    postgres::{PgArguments, PgQueryResult},
    query::Query,
};
use teal_failpoint::{self as failpoint, Boundary};
use teal_model::Result;

use super::PgResultExt;

/// Begins a transaction that writes; [`commit`] ends it. Dropped, it is rolled back.
///
/// # Errors
/// Those of PostgreSQL; a transaction within a transaction is one.
#[expect(clippy::disallowed_methods, reason = "the one place that begins")]
pub async fn begin<'c>(
    connection: &'c mut PgConnection,
    attempted: &'static str,
) -> Result<Transaction<'c, Postgres>> {
    connection.begin_with(BEGIN).await.during(attempted)
}

/// As [`begin`], on a connection of a pool.
///
/// # Errors
/// As [`begin`].
#[expect(clippy::disallowed_methods, reason = "the one place that begins")]
pub async fn begin_in(
    pool: &PgPool,
    attempted: &'static str,
) -> Result<Transaction<'static, Postgres>> {
    pool.begin_with(BEGIN).await.during(attempted)
}

const BEGIN: &str = "begin read write";

/// Commits. An error says what was being done, as the boundary calls it.
///
/// # Errors
/// Those of PostgreSQL: nobody knows then whether it is committed, and whoever tries again has to
/// find out. `FAIL0001` at an armed failpoint.
pub async fn commit(transaction: Transaction<'_, Postgres>, boundary: Boundary) -> Result<()> {
    failpoint::before(boundary)?;
    #[expect(clippy::disallowed_methods, reason = "the one place that commits")]
    transaction.commit().await.during(boundary.doing())?;
    failpoint::after(boundary)
}

/// Runs one statement as a transaction of its own.
///
/// # Errors
/// As [`commit`].
pub async fn alone(
    connection: &mut PgConnection,
    statement: Query<'_, Postgres, PgArguments>,
    boundary: Boundary,
) -> Result<PgQueryResult> {
    let mut transaction = begin(connection, boundary.doing()).await?;
    let done = statement.execute(&mut *transaction).await.during(boundary.doing())?;
    commit(transaction, boundary).await?;
    Ok(done)
}

/// As [`alone`], on a connection of a pool.
///
/// # Errors
/// As [`commit`].
pub async fn alone_in(
    pool: &PgPool,
    statement: Query<'_, Postgres, PgArguments>,
    boundary: Boundary,
) -> Result<PgQueryResult> {
    let mut connection = pool.acquire().await.during(boundary.doing())?;
    alone(&mut connection, statement, boundary).await
}

/// A savepoint of the open transaction, or where none is open a transaction that only looks: it is
/// dropped, or, as a savepoint, kept by [`release`].
///
/// # Errors
/// Those of PostgreSQL.
#[expect(clippy::disallowed_methods, reason = "nothing of it is ever committed")]
pub async fn aside<'c>(
    connection: &'c mut PgConnection,
    attempted: &'static str,
) -> Result<Transaction<'c, Postgres>> {
    connection.begin().await.during(attempted)
}

/// Keeps what was done since the savepoint, as part of the transaction around it.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn release(savepoint: Transaction<'_, Postgres>, attempted: &'static str) -> Result<()> {
    #[expect(clippy::disallowed_methods, reason = "a savepoint commits nothing")]
    savepoint.commit().await.during(attempted)
}

/// A transaction that sees one moment throughout, and writes to nothing but temporary tables of its
/// session. They stay when it ends by [`leave`].
///
/// # Errors
/// Those of PostgreSQL.
#[expect(clippy::disallowed_methods, reason = "nothing of it is durable")]
pub async fn visit<'c>(
    connection: &'c mut PgConnection,
    attempted: &'static str,
) -> Result<Transaction<'c, Postgres>> {
    connection
        .begin_with("begin isolation level repeatable read read write")
        .await
        .during(attempted)
}

/// Ends what [`visit`] began.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn leave(visit: Transaction<'_, Postgres>, attempted: &'static str) -> Result<()> {
    #[expect(clippy::disallowed_methods, reason = "temporary tables end with their session")]
    visit.commit().await.during(attempted)
}

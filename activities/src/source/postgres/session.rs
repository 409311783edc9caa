//! The session and the transaction of a snapshot.

use sqlx::{Executor, PgConnection};
use teal_model::{Error, Result};

use super::{Limits, contract::Relation};
use crate::{
    code,
    pg::{PgResultExt, Sql, literal, sql},
    source::SnapshotFacts,
};

/// First version with `bit_xor` and TID range scans.
const OLDEST_SERVER: i32 = 140_000;

/// Settings of the session. `row_security = off` makes hidden rows an error instead of a silently
/// smaller table; the keep-alives and the connection check let the server end a snapshot whose
/// reader is gone; no just-in-time compilation, as it costs more than a scan gains. Types of users
/// travel as text, which must not follow what the source's administrator likes to see.
pub(super) async fn settle(connection: &mut PgConnection, limits: Limits) -> Result<()> {
    let (age, lock_wait) = (milliseconds(limits.age), milliseconds(limits.lock_wait));
    let settings = sql!(
        "set row_security = off;
         set jit = off;
         set timezone = 'UTC';
         set intervalstyle = 'postgres';
         set bytea_output = 'hex';
         set lock_timeout = {lock_wait};
         set statement_timeout = {age};
         set idle_in_transaction_session_timeout = '15min';
         set tcp_keepalives_idle = 30;
         set tcp_keepalives_interval = 10;
         set tcp_keepalives_count = 3;
         do $$ begin set client_connection_check_interval = '10s';
         exception when others then null; -- a platform without it
         end $$",
        lock_wait,
        age,
    );
    sqlx::raw_sql(&settings).execute(&mut *connection).await.during("preparing the session")?;
    let version: i32 = sqlx::query_scalar("select current_setting('server_version_num')::int4")
        .fetch_one(connection)
        .await
        .during("asking for the server's version")?;
    new_enough(version)
}

fn new_enough(version: i32) -> Result<()> {
    if version < OLDEST_SERVER {
        return Err(Error::new(code::SOURCE0016).with("server_version", version / 10_000));
    }
    Ok(())
}

fn milliseconds(duration: std::time::Duration) -> Sql {
    let ms = i32::try_from(duration.as_millis()).unwrap_or(i32::MAX);
    literal(&ms.to_string())
}

/// Opens the transaction, locks the tables, and only then takes the snapshot: LOCK TABLE takes
/// none, the first query does. From there on nobody can truncate or rewrite what we read.
pub(super) async fn take_snapshot(
    connection: &mut PgConnection,
    relations: &[Relation],
) -> Result<SnapshotFacts> {
    let lockable: Vec<_> = relations.iter().filter(|r| r.lockable).map(|r| &r.table).collect();
    let begin = Sql::text("begin transaction isolation level repeatable read, read only");
    let statement = if lockable.is_empty() {
        begin
    } else {
        let tables = Sql::join(lockable, ", ");
        sql!("{begin}; lock table {tables} in access share mode", begin, tables)
    };
    let executed = connection.execute(sqlx::raw_sql(&statement)).await;
    executed.during("locking the source's tables")?;
    let (snapshot, read_at_ms): (String, i64) = sqlx::query_as(
        "select pg_current_snapshot()::text,
                (extract(epoch from statement_timestamp()) * 1000)::int8",
    )
    .fetch_one(connection)
    .await
    .during("taking the snapshot")?;
    Ok(SnapshotFacts { read_at_ms, snapshot: Some(snapshot) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_before_14_are_refused() {
        assert!(new_enough(140_000).is_ok());
        let error = new_enough(130_022).unwrap_err();
        assert_eq!(error.code(), code::SOURCE0016);
        assert!(error.to_string().contains("server_version: 13"), "{error}");
    }
}

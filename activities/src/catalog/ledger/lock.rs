//! One writer per stream: an advisory lock that lives as long as its transaction.

use sqlx::PgConnection;
use teal_model::{Epoch, Result, StreamId};

use super::terminate_older_backends;
use crate::pg::PgResultExt;

/// First half of the lock's key, "teal" in ASCII; the second half is the stream's id.
const LOCK_SPACE: i64 = 0x7465_616c_0000_0000;

/// Longest wait for the lock. Its holder is either a short statement or a zombie that was ended
/// just before; who waits longer tries again as after any transient failure.
const LOCK_TIMEOUT: &str = "30s";

/// Longest pause of the lock's holder between two statements; then the server ends its session. A
/// frozen process cannot hang up, and where its session has no attempt's name nobody ends it: its
/// stream would stand still for as long as it is frozen. Shorter than the wait for the lock.
const LONGEST_PAUSE: &str = "20s";

/// Takes the stream's lock until the end of the transaction.
///
/// # Errors
/// Those of PostgreSQL; `PG0005` after 30 s.
pub async fn lock_stream(connection: &mut PgConnection, stream_id: i64) -> Result<()> {
    let earlier: String = sqlx::query_scalar(
        "select current_setting('lock_timeout'), set_config('lock_timeout', $2, true),
                set_config('idle_in_transaction_session_timeout', $3, true),
                pg_advisory_xact_lock($1)",
    )
    .bind(LOCK_SPACE | (stream_id & 0xffff_ffff))
    .bind(LOCK_TIMEOUT)
    .bind(LONGEST_PAUSE)
    .fetch_one(&mut *connection)
    .await
    .during("locking the stream")?;
    set_lock_timeout(connection, &earlier).await
}

/// Sets how long the rest of the transaction waits for a lock.
pub(super) async fn set_lock_timeout(connection: &mut PgConnection, timeout: &str) -> Result<()> {
    sqlx::query("select set_config('lock_timeout', $1, true)")
        .bind(timeout)
        .execute(connection)
        .await
        .during("limiting the wait for locks")?;
    Ok(())
}

/// Ends whatever earlier attempts still do at this server, then takes the stream's lock: a zombie in
/// the middle of a long merge holds the lock and would else keep its successor out. Returns the
/// epochs that were ended here and may still live elsewhere, newest first.
pub(crate) async fn seize(
    connection: &mut PgConnection,
    stream: &StreamId,
    stream_id: i64,
) -> Result<Vec<Epoch>> {
    let before = epochs(connection, stream_id).await?;
    terminate_older_backends(connection, stream, &before).await?;
    lock_stream(connection, stream_id).await?;
    let older = epochs(connection, stream_id).await?;
    if older != before {
        // another attempt began while we waited for the lock; it is an older one now
        terminate_older_backends(connection, stream, &older).await?;
    }
    Ok(older)
}

/// Epochs of the stream's last attempts, newest first.
async fn epochs(connection: &mut PgConnection, stream_id: i64) -> Result<Vec<Epoch>> {
    let epochs: Option<Vec<i64>> = sqlx::query_scalar(
        "select array_prepend(epoch, older_epochs) from teal.stream_state where stream_id = $1",
    )
    .bind(stream_id)
    .fetch_optional(connection)
    .await
    .during("reading the stream's epochs")?;
    Ok(epochs.unwrap_or_default().into_iter().filter(|epoch| *epoch != 0).map(Epoch).collect())
}

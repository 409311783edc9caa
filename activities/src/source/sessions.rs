//! Leases of sessions at a source: all workers together hold `max_sessions` at most.
//!
//! Slot i of a source is a session-level advisory lock at the merge store, where all workers meet. The
//! attempt's own connection there holds it: it is free as soon as that closes, however its process
//! ended, and a successor that ends the attempt's backends ends the lease too.
//! Read first: [`lease`].

use std::time::Duration;

use sqlx::PgConnection;
use teal_model::{Error, Result, release::PostgresEndpoint};

use crate::{
    Pulse, code,
    pg::PgResultExt,
    pulse::{Progress, while_beating},
};

/// Longest wait for a slot. A source that is busy for this long has too many streams.
pub const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

/// Time between two tries, in milliseconds; random within it, so that waiters do not march in step.
const PAUSE_MS: std::ops::Range<u64> = 200..600;

/// Waits for a session at `source`, with a beat every two seconds, and holds it until `connection`
/// (the attempt's own, at the merge store) closes. Answers with the slot, from 0.
///
/// # Errors
/// `SOURCE0050` when none became free for `longest`; `ENGINE0001` when cancelled; those of the merge
/// store.
pub async fn lease(
    connection: &mut PgConnection,
    source: &PostgresEndpoint,
    longest: Duration,
    pulse: &dyn Pulse,
) -> Result<i32> {
    let progress = Progress {
        doing: format!("waiting for a session at {}:{}", source.host, source.port),
        ..Progress::default()
    };
    let waiting = async {
        let slot = tokio::time::timeout(longest, wait_for_slot(connection, source)).await;
        slot.unwrap_or_else(|_elapsed| {
            Err(Error::new(code::SOURCE0050)
                .with("source", address(source))
                .with("max_sessions", source.max_sessions)
                .with("waited_seconds", longest.as_secs()))
        })
    };
    while_beating(pulse, &progress, waiting).await
}

async fn wait_for_slot(connection: &mut PgConnection, source: &PostgresEndpoint) -> Result<i32> {
    loop {
        let slot: Option<i32> = sqlx::query_scalar(
            "select slot from generate_series(0, $2 - 1) slot where pg_try_advisory_lock($1, slot)
             limit 1",
        )
        .bind(key(source))
        .bind(i32::from(source.max_sessions.max(1)))
        .fetch_optional(&mut *connection)
        .await
        .during("asking for a session at the source")?;
        if let Some(slot) = slot {
            return Ok(slot);
        }
        tokio::time::sleep(Duration::from_millis(rand::random_range(PAUSE_MS))).await;
    }
}

fn address(source: &PostgresEndpoint) -> String {
    format!("{}:{}/{}", source.host.to_lowercase(), source.port, source.database)
}

/// First key of the source's locks. Two sources with one key would share their slots: harmless.
fn key(source: &PostgresEndpoint) -> i32 {
    let hash = blake3::hash(address(source).as_bytes());
    hash.as_bytes().first_chunk().map_or(0, |head: &[u8; 4]| i32::from_le_bytes(*head))
}

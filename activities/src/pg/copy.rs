//! A binary COPY into a table: bytes pass from a source untouched, in constant memory.
//!
//! Read first: [`pipe`].

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{TryStreamExt, stream::BoxStream};
use sqlx::PgConnection;
use teal_model::{Error, Result};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{PgResultExt, Sql};
use crate::code;

/// Bytes that are gathered before each send. A server sends one message per row; what costs on the
/// way in is the number of messages, and above 200 KB larger ones gain nothing.
const SEND_BYTES: usize = 200 * 1024;
/// How often the watcher is asked; well below the smallest heartbeat timeout.
const TICK_EVERY: Duration = Duration::from_secs(2);

/// Rows of a dataset as the bytes of one binary COPY, header and trailer included.
#[allow(missing_debug_implementations, reason = "a stream has nothing to show")]
pub struct RowStream<'a> {
    /// The bytes, cut anywhere.
    pub bytes: BoxStream<'a, Result<Bytes>>,
    /// Rows that have passed so far; exact when the stream has ended.
    pub rows: Arc<AtomicU64>,
    /// Whose turn it is while they are copied.
    pub turn: Arc<Turn>,
}

/// Whom a copy waits for: its source, or (as before and after it) its target.
#[derive(Debug, Default)]
pub struct Turn {
    of_source: AtomicBool,
    /// Messages of the source and sends to the target so far.
    moves: AtomicU64,
}

impl Turn {
    /// How far the copy is, while it waits for its source.
    pub fn of_source(&self) -> Option<u64> {
        self.of_source.load(Ordering::Relaxed).then(|| self.moves.load(Ordering::Relaxed))
    }

    /// How far the copy is, while it waits for its target.
    pub fn of_target(&self) -> Option<u64> {
        (!self.of_source.load(Ordering::Relaxed)).then(|| self.moves.load(Ordering::Relaxed))
    }

    fn goes_to_source(&self) {
        self.of_source.store(true, Ordering::Relaxed);
    }

    fn goes_to_target(&self) {
        self.of_source.store(false, Ordering::Relaxed);
        self.moves.fetch_add(1, Ordering::Relaxed);
    }
}

/// What a copy moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Rows, as the target counted them.
    pub rows: u64,
    /// Bytes of COPY data.
    pub bytes: u64,
}

/// What a [`Watcher`] wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watched {
    /// All is well.
    GoOn,
    /// The target no longer takes part (it met an error): stop sending and hear what it says.
    Finish,
}

/// Looks at a running copy every two seconds: beats, shows progress, asks whether the target still
/// listens (the protocol lets a failed COPY swallow all that is sent, and tells at the end).
#[async_trait]
pub trait Watcher: Send {
    /// `rows` and `bytes` have passed so far.
    ///
    /// # Errors
    /// Whatever should stop the copy.
    async fn look(&mut self, rows: u64, bytes: u64) -> Result<Watched>;
}

/// Copies all of `rows` by the statement `into` (`copy … from stdin (format binary)`).
///
/// # Errors
/// Those of the stream, of the target (`STAGE0001` for NULL in a column that must hold a value) and
/// of the watcher; `ENGINE0001` when cancelled; `SOURCE0015` when the target counts other rows than
/// the source sent. After an error the connection is to be dropped.
pub async fn pipe(
    rows: RowStream<'_>,
    target: &mut PgConnection,
    into: &Sql,
    watcher: &mut dyn Watcher,
    cancelled: CancellationToken,
) -> Result<Copied> {
    let (sent, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let passed = Arc::clone(&rows.rows);
    let mut copying = std::pin::pin!(copy_all(rows, target, into, &sent, &stop));
    // Not at once: the target must have had time to start.
    let mut tick = tokio::time::interval_at(Instant::now() + TICK_EVERY, TICK_EVERY);
    loop {
        tokio::select! {
            copied = &mut copying => return copied,
            () = cancelled.cancelled() => {
                return Err(Error::new(code::ENGINE0001).with("while", "copying"));
            }
            _ = tick.tick() => {}
        }
        let (rows, bytes) = (passed.load(Ordering::Relaxed), sent.load(Ordering::Relaxed));
        // The copy goes on while it is looked at; a look is left in the middle only when it hangs.
        let mut looking = std::pin::pin!(watcher.look(rows, bytes));
        let watched = tokio::select! {
            copied = &mut copying => {
                let _late = tokio::time::timeout(TICK_EVERY, looking).await;
                return copied;
            }
            () = cancelled.cancelled() => {
                let _late = tokio::time::timeout(TICK_EVERY, looking).await;
                return Err(Error::new(code::ENGINE0001).with("while", "copying"));
            }
            watched = &mut looking => watched?,
        };
        if watched == Watched::Finish {
            stop.store(true, Ordering::Relaxed);
        }
    }
}

async fn copy_all(
    mut rows: RowStream<'_>,
    target: &mut PgConnection,
    into: &Sql,
    sent: &AtomicU64,
    stop: &AtomicBool,
) -> Result<Copied> {
    let mut copy = target.copy_in_raw(into.as_str()).await.during("starting a copy")?;
    let mut cut = false;
    let mut gathered = Vec::with_capacity(2 * SEND_BYTES);
    loop {
        rows.turn.goes_to_source();
        let next = rows.bytes.try_next().await;
        rows.turn.goes_to_target();
        match next {
            Ok(Some(chunk)) => gathered.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => {
                // The target only hears that the copy failed; what it answers adds nothing.
                let _answer = copy.abort("the source failed").await;
                return Err(error);
            }
        }
        if gathered.len() >= SEND_BYTES {
            copy.send(gathered.as_slice()).await.during("copying rows in")?;
            sent.fetch_add(gathered.len() as u64, Ordering::Relaxed);
            gathered.clear();
            gathered.shrink_to(8 * SEND_BYTES); // one huge row must not keep its memory
        }
        if stop.load(Ordering::Relaxed) {
            cut = true;
            break;
        }
    }
    copy.send(gathered.as_slice()).await.during("copying rows in")?;
    let bytes = sent.fetch_add(gathered.len() as u64, Ordering::Relaxed) + gathered.len() as u64;
    let counted = copy.finish().await.map_err(|error| refused(&error))?;
    let expected = rows.rows.load(Ordering::Relaxed);
    if counted != expected || cut {
        return Err(Error::new(code::SOURCE0015)
            .with("rows_sent", expected)
            .with("rows_taken", counted));
    }
    Ok(Copied { rows: counted, bytes })
}

/// A refused row, in words of the model where they exist.
fn refused(error: &sqlx::Error) -> Error {
    const NOT_NULL_VIOLATION: &str = "23502";
    if super::error::has_state(error, NOT_NULL_VIOLATION)
        && let sqlx::Error::Database(database) = error
        && let Some(refusal) = database.try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
        && let Some(column) = refusal.column()
    {
        return Error::new(code::STAGE0001).with("column", column);
    }
    super::error::from_sqlx("copying rows in", error)
}

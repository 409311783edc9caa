//! Whether a silent session still works: asked from another connection, as a wait for an answer that was
//! lost on its way would never end. (TCP does not tell: who stands in between keeps a connection open, and
//! a half that says nothing is no error.)
//!
//! A session that works is left alone, however long it takes. One that waits for us while we wait for it,
//! that is gone, or whose server cannot be reached any more, at each look for the whole of the patience, is
//! given up: its connection is dropped, which rolls back what it did, and the work is tried again.
//! Read first: [`Lifeline::guard`].

use sqlx::{Connection, PgConnection, Postgres, pool::PoolConnection};
use teal_model::{Error, Result, release::PostgresEndpoint};
use tokio::time::Instant;

use super::{PgResultExt, copy::Turn};
use crate::{Io, code};

/// Looks within the patience: one alone may meet the moment between two statements.
const LOOKS: u32 = 3;
/// Name of a look in `pg_stat_activity`.
const LOOKING: &str = "teal/lifeline";

/// How to look at the session of a connection.
#[derive(Debug, Clone)]
pub struct Lifeline<'a> {
    io: &'a Io,
    endpoint: PostgresEndpoint,
    backend: i32,
    /// When the server was started, and the session taken: one name may lead to several servers.
    server_started: i64,
    began: i64,
}

/// What a session does, seen from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// It works, or nobody could say.
    Busy,
    /// It waits for us.
    Waiting,
    /// It is gone.
    Gone,
    /// Its server does not answer.
    Unreachable,
}

impl<'a> Lifeline<'a> {
    /// Of a connection that [`Io::connect`] opened to `endpoint`.
    ///
    /// # Errors
    /// Those of PostgreSQL; `PG0002` without an answer for the whole of the patience.
    pub async fn of(
        connection: &mut PgConnection,
        io: &'a Io,
        endpoint: &PostgresEndpoint,
    ) -> Result<Self> {
        let asking = sqlx::query_as(
            "select pg_backend_pid(),
                    (extract(epoch from pg_postmaster_start_time()) * 1000000)::int8,
                    (extract(epoch from clock_timestamp()) * 1000000)::int8",
        )
        .fetch_one(connection);
        let (backend, server_started, began) =
            match tokio::time::timeout(io.patience(), asking).await {
                Ok(answer) => answer.during("asking for the backend's number")?,
                Err(_elapsed) => return Err(lost(endpoint, "it never answered")),
            };
        Ok(Self { io, endpoint: endpoint.clone(), backend, server_started, began })
    }

    /// A connection of the pool of short statements at a merge store, with its lifeline: for work that
    /// may wait there for locks, or read a lot.
    ///
    /// # Errors
    /// As [`Io::ledger`] and [`Self::of`].
    pub async fn pooled(
        io: &'a Io,
        endpoint: &PostgresEndpoint,
    ) -> Result<(PoolConnection<Postgres>, Self)> {
        const CONNECTING: &str = "connecting to the merge store";
        let connecting = async { io.ledger(endpoint).await?.acquire().await.during(CONNECTING) };
        let mut connection = answered(io, CONNECTING, Box::pin(connecting)).await?;
        let line = Self::of(&mut connection, io, endpoint).await?;
        Ok((connection, line))
    }

    /// Process id of the server's backend.
    pub const fn backend(&self) -> i32 {
        self.backend
    }

    /// Does the work, which waits for this session alone (or asks it something again and again).
    ///
    /// # Errors
    /// Those of the work; `PG0002` when the session no longer takes part.
    pub async fn guard<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.guard_while(|| Some(0), work).await
    }

    /// Does work that waits for this session now and then. `waits`: how far the work is, while it
    /// waits for it.
    ///
    /// # Errors
    /// As [`Self::guard`].
    pub async fn guard_while<T>(
        &self,
        waits: impl Fn() -> Option<u64>,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        tokio::select! {
            done = work => done,
            error = self.given_up(waits) => Err(error),
        }
    }

    /// Ends when the session has not taken part for the whole of the patience.
    async fn given_up(&self, waits: impl Fn() -> Option<u64>) -> Error {
        let pause = self.io.patience() / LOOKS;
        let mut silent: Option<Silent> = None;
        loop {
            tokio::time::sleep(pause).await;
            let Some(moves) = waits() else {
                silent = None;
                continue;
            };
            let (seen, changed_at) = self.look().await;
            match &silent {
                _ if seen == Seen::Busy => silent = None,
                Some(known) if known.is(moves, changed_at) => {
                    if known.since.elapsed() >= self.io.patience() && waits() == Some(moves) {
                        return lost(&self.endpoint, seen.words());
                    }
                }
                // something has come or gone between two looks
                _ => silent = Some(Silent { since: Instant::now(), moves, changed_at }),
            }
        }
    }

    /// What it does, and when it last changed what it does.
    async fn look(&self) -> (Seen, Option<i64>) {
        match Box::pin(self.ask()).await {
            // another server of this name, which knows nothing of the session
            Ok((started, _)) if started != self.server_started && started <= self.began => {
                (Seen::Busy, None)
            }
            Ok((started, Some(session))) if started == self.server_started => {
                (if session.0 { Seen::Waiting } else { Seen::Busy }, Some(session.1))
            }
            Ok(_) => (Seen::Gone, None),
            Err(error) if error.code() == code::PG0002 && !was_said(&error) => {
                (Seen::Unreachable, None)
            }
            Err(error) => {
                tracing::debug!(%error, "a silent session could not be looked at");
                (Seen::Busy, None)
            }
        }
    }

    /// When the server that answers was started; whether the session waits, and since when.
    async fn ask(&self) -> Result<(i64, Option<(bool, i64)>)> {
        let looking = async {
            let mut connection = self.io.connect(&self.endpoint, LOOKING).await?;
            // a server that does not track activities cannot say
            let (started, waits, moved_at): (i64, Option<bool>, Option<i64>) = sqlx::query_as(
                "select (extract(epoch from pg_postmaster_start_time()) * 1000000)::int8,
                        case when pid is not null then state is distinct from 'disabled'
                          and coalesce(state like 'idle%' or wait_event_type = 'Client', false) end,
                        case when pid is not null
                          then coalesce((extract(epoch from state_change) * 1000000)::int8, 0) end
                 from (values (1)) one left join pg_stat_activity on pid = $1",
            )
            .bind(self.backend)
            .fetch_one(&mut connection)
            .await
            .during("looking at a silent session")?;
            connection.close().await.ok(); // it only looked
            Ok((started, waits.zip(moved_at)))
        };
        match tokio::time::timeout(self.io.patience(), looking).await {
            Ok(found) => found,
            Err(_elapsed) => Err(Error::new(code::PG0002)),
        }
    }
}

/// Ways to see whether both sessions of a comparison or a copy still work.
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    /// At the merge store.
    pub here: Lifeline<'a>,
    /// At the source.
    pub there: Lifeline<'a>,
}

impl Lines<'_> {
    /// Copies from there to here; whose turn it is must take part.
    ///
    /// # Errors
    /// As [`Lifeline::guard`].
    pub async fn guard_copy<T>(
        &self,
        turn: &Turn,
        copying: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let copying = self.here.guard_while(|| turn.of_target(), copying);
        Box::pin(self.there.guard_while(|| turn.of_source(), copying)).await
    }
}

/// Whether the server itself said it: one that takes no new sessions may still work for the old ones.
fn was_said(error: &Error) -> bool {
    error.context().iter().any(|(key, _value)| *key == "sqlstate")
}

/// Since when a session does not take part.
struct Silent {
    since: Instant,
    moves: u64,
    changed_at: Option<i64>,
}

impl Silent {
    /// Whether it is the same silence still.
    fn is(&self, moves: u64, changed_at: Option<i64>) -> bool {
        let is_known = self.changed_at.is_some() && changed_at.is_some();
        self.moves == moves && (!is_known || self.changed_at == changed_at)
    }
}

impl Seen {
    const fn words(self) -> &'static str {
        match self {
            Self::Busy => "it works",
            Self::Waiting => {
                "the server waits for us while we wait for it: what one of both said was lost"
            }
            Self::Gone => "the server has ended the session, and nothing of that arrived",
            Self::Unreachable => "it fell silent, and the server does not answer a new connection",
        }
    }
}

/// Short work on connections of a pool, which have no lifeline: an answer that does not come within
/// twice the patience (it may have waited for a lock) is given up.
///
/// # Errors
/// Those of the work; `PG0002` without an answer.
pub async fn answered<T>(
    io: &Io,
    attempted: &'static str,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    match tokio::time::timeout(2 * io.patience(), work).await {
        Ok(done) => done,
        Err(_elapsed) => Err(Error::new(code::PG0002)
            .with("while", attempted)
            .caused_by("there was no answer in time")),
    }
}

fn lost(endpoint: &PostgresEndpoint, why: &'static str) -> Error {
    Error::new(code::PG0002)
        .with("while", "waiting for an answer")
        .with("server", format!("{}:{}/{}", endpoint.host, endpoint.port, endpoint.database))
        .caused_by(why)
}

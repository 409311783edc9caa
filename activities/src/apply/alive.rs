//! Who is at work on a plan: by signs of life, or by a session.
//!
//! Steps on workers have nothing in common that ends with them: their apply counts as alive for a
//! minute after its last sign. An apply in one process holds a lock of its plan, and is over as soon as
//! that process is gone, however it went. (One whose machine vanished still counts for its minute.)

use std::time::Duration;

use sqlx::{Connection, PgConnection, PgPool};
use teal_model::{Error, Result};
use tokio::task::JoinSet;

use crate::{
    code,
    pg::{self, PgResultExt},
};

/// How an apply says that it is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alive {
    /// Each of its steps says so.
    BySigns,
    /// As [`Self::BySigns`], and not without its [`Session`].
    BySession,
}

/// Holds the lock of a plan until it is dropped, in another session where one was ended.
pub(super) struct Session {
    _keeper: JoinSet<()>,
}

/// How often the session is looked at, and how long it may take to answer. Whoever begins another apply
/// in a moment without one takes over; that is rare, and the next step of ours is refused then.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Longest wait for another session.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
const HOLDING: &str = "saying who applies";

impl Session {
    /// Several processes may apply one plan: each helps the others.
    ///
    /// # Errors
    /// Those of PostgreSQL.
    pub(super) async fn open(control: &PgPool, plan: &str) -> Result<Self> {
        let first = hold(control, plan).await?;
        let (control, plan) = (control.clone(), plan.to_owned());
        let mut keeper = JoinSet::new();
        keeper.spawn(async move { keep(first, &control, &plan).await });
        Ok(Self { _keeper: keeper })
    }
}

async fn hold(control: &PgPool, plan: &str) -> Result<PgConnection> {
    match tokio::time::timeout(LONGEST_WAIT, hold_lock(control, plan)).await {
        Ok(held) => held,
        Err(_elapsed) => {
            Err(Error::new(code::PG0002).with("while", HOLDING).caused_by("no answer in time"))
        }
    }
}

async fn hold_lock(control: &PgPool, plan: &str) -> Result<PgConnection> {
    // it says nothing for as long as the apply takes
    let options = (*control.connect_options()).clone().options([("idle_session_timeout", "0")]);
    let mut connection = pg::connect(&options).await?;
    sqlx::query("select pg_advisory_lock_shared(hashtextextended('teal/apply/' || $1, 0))")
        .bind(plan)
        .execute(&mut connection)
        .await
        .during(HOLDING)?;
    Ok(connection)
}

async fn keep(mut holds: PgConnection, control: &PgPool, plan: &str) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let answer = tokio::time::timeout(LOOK_EVERY, holds.ping()).await;
        if matches!(answer, Ok(Ok(()))) {
            continue;
        }
        match hold(control, plan).await {
            Ok(another) => holds = another,
            Err(error) => {
                tracing::warn!(error = %error.one_line(), "nobody can see that the apply is alive");
            }
        }
    }
}

/// Another plan that somebody alive applies: its hash, and who began it. `$2`: silence after which an
/// apply is over.
///
/// # Errors
/// Those of PostgreSQL.
pub(super) async fn other(
    conn: &mut PgConnection,
    plan: &str,
    silence: &str,
) -> Result<Option<(String, String)>> {
    sqlx::query_as(
        "select hash, created_by from teal.plan
         where state = 'applying' and hash <> $1
           and touched_at > clock_timestamp() - $2::interval
           and not (by_session
             and pg_try_advisory_xact_lock(hashtextextended('teal/apply/' || hash, 0)))
         limit 1",
    )
    .bind(plan)
    .bind(silence)
    .fetch_optional(conn)
    .await
    .during("looking for another apply")
}

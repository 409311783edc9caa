//! Who is at work on a plan: by signs of life, or by a session.
//!
//! Steps on workers have nothing in common that ends with them: their apply counts as alive for a
//! minute after its last sign. An apply in one process holds a lock of its plan, and is over as soon as
//! that process is gone, however it went. (One whose machine vanished still counts for its minute.)

use std::time::Duration;

use sqlx::{Connection, PgConnection, PgPool, postgres::PgConnectOptions};
use teal_model::Result;
use tokio::task::JoinSet;

use crate::pg::{self, PgResultExt};

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

impl Session {
    /// Several processes may apply one plan: each helps the others.
    ///
    /// # Errors
    /// Those of PostgreSQL.
    pub(super) async fn open(control: &PgPool, plan: &str) -> Result<Self> {
        // it says nothing for as long as the apply takes
        let options = (*control.connect_options()).clone().options([("idle_session_timeout", "0")]);
        let (first, plan) = (hold(&options, plan).await?, plan.to_owned());
        let mut keeper = JoinSet::new();
        keeper.spawn(async move { keep(first, &options, &plan).await });
        Ok(Self { _keeper: keeper })
    }
}

async fn hold(options: &PgConnectOptions, plan: &str) -> Result<PgConnection> {
    let mut connection = pg::connect(options).await?;
    sqlx::query("select pg_advisory_lock_shared(hashtextextended('teal/apply/' || $1, 0))")
        .bind(plan)
        .execute(&mut connection)
        .await
        .during("saying who applies")?;
    Ok(connection)
}

async fn keep(mut holds: PgConnection, options: &PgConnectOptions, plan: &str) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let answer = tokio::time::timeout(LOOK_EVERY, holds.ping()).await;
        if matches!(answer, Ok(Ok(()))) {
            continue;
        }
        match hold(options, plan).await {
            Ok(another) => holds = another,
            Err(error) => tracing::debug!(%error, "nobody can see that the apply is alive"),
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

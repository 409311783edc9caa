//! Which plan is being applied, and by whom: one at a time.

use serde_json::json;
use sqlx::{PgConnection, PgPool};
use teal_failpoint::Boundary;
use teal_model::{Error, Result, plan::Plan};

use super::alive::{self, Alive};
use crate::{
    Io,
    catalog::control::{Audit, audit},
    code,
    pg::{self, PgResultExt},
    plan::Stored,
};

/// An apply that gave no sign of life for so long is over: six times the interval of its touches.
const SILENCE: &str = "60 seconds";

/// Marks the plan as being applied.
pub(super) async fn take(
    control: &PgPool,
    hash: &str,
    plan: &Plan,
    by: &str,
    alive: Alive,
) -> Result<()> {
    let mut tx = pg::begin_in(control, "beginning the apply").await?;
    one_at_a_time(&mut tx).await?;
    let (installed, ours): (Option<String>, bool) = sqlx::query_as(
        "select r.hash, p.state in ('applied', 'applying') and r.id is not distinct from p.release_id
         from teal.plan p left join teal.installed i on true left join teal.release r on r.id = i.release_id
         where p.hash = $1",
    )
    .bind(hash)
    .fetch_one(&mut *tx)
    .await
    .during("beginning the apply")?;
    // A plan that is installed already is true as well: who lost the last answer asks again.
    if installed != plan.base && !ours {
        return Err(Error::new(code::APPLY0001)
            .with("plan", short(hash))
            .with("made_on", plan.base.as_deref().map_or("nothing", short))
            .with("installed", installed.as_deref().map_or("nothing", short)));
    }
    if let Some((other, owner)) = alive::other(&mut tx, hash, SILENCE).await? {
        return Err(Error::new(code::APPLY0002).with("plan", short(&other)).with("by", owner));
    }
    sqlx::query("update teal.plan set state = 'failed' where state = 'applying' and hash <> $1")
        .bind(hash)
        .execute(&mut *tx)
        .await
        .during("beginning the apply")?;
    // Who joins an apply that lives by signs does not make it live by a session.
    sqlx::query(
        "update teal.plan set touched_at = clock_timestamp(), applied_at = null,
           started_at = case when state = 'applying' and started_at is not null then started_at
                             else clock_timestamp() end,
           by_session = $2 and (by_session or state <> 'applying'
             or touched_at is null or touched_at <= clock_timestamp() - $3::interval),
           state = 'applying'
         where hash = $1",
    )
    .bind(hash)
    .bind(alive == Alive::BySession)
    .bind(SILENCE)
    .execute(&mut *tx)
    .await
    .during("beginning the apply")?;
    tell(&mut tx, "apply", hash, plan, by).await?;
    pg::commit(tx, Boundary::ApplyBegin).await
}

/// Gives a sign of life.
pub(super) async fn touch(control: &PgPool, hash: &str) -> Result<()> {
    let touch = sqlx::query(
        "update teal.plan set touched_at = clock_timestamp() where hash = $1 and state = 'applying'",
    );
    let touched = pg::alone_in(control, touch.bind(hash), Boundary::ApplyTouch).await?;
    if touched.rows_affected() == 0 {
        return Err(Error::new(code::APPLY0003).with("plan", short(hash)));
    }
    Ok(())
}

/// Says that nobody is at work on the plan: it may go on, and another one need not wait.
pub(super) async fn stopped(io: &Io, hash: &str) {
    let note = sqlx::query(
        "update teal.plan set touched_at = null where hash = $1 and state = 'applying'",
    );
    let noting =
        async { pg::alone_in(io.control(), note.bind(hash), Boundary::ApplyStop).await.map(drop) };
    if let Err(error) = pg::answered(io, "noting that the apply stopped", noting).await {
        // The step's own error matters more; the silence will tell.
        tracing::warn!(%error, "could not note that the apply stopped");
    }
}

/// Makes the release the installed one; returns the milliseconds since the apply began.
pub(super) async fn finish(control: &PgPool, hash: &str, stored: &Stored, by: &str) -> Result<u64> {
    let mut tx = pg::begin_in(control, "finishing the apply").await?;
    one_at_a_time(&mut tx).await?;
    let (state, milliseconds, installed): (String, Option<i64>, bool) = sqlx::query_as(
        "select p.state,
           (extract(epoch from coalesce(p.applied_at, clock_timestamp()) - p.started_at) * 1000)::bigint,
           exists (select from teal.installed i where i.release_id = p.release_id)
         from teal.plan p where p.hash = $1",
    )
    .bind(hash)
    .fetch_one(&mut *tx)
    .await
    .during("finishing the apply")?;
    let milliseconds = u64::try_from(milliseconds.unwrap_or_default()).unwrap_or_default();
    if state == "applied" && installed {
        return Ok(milliseconds);
    }
    if state != "applying" {
        return Err(Error::new(code::APPLY0003).with("plan", short(hash)).with("state", state));
    }
    sqlx::query(
        "insert into teal.installed (release_id, applied_by)
         select release_id, $2 from teal.plan where hash = $1
         on conflict (only_row) do update set release_id = excluded.release_id,
           applied_by = excluded.applied_by, applied_at = clock_timestamp()",
    )
    .bind(hash)
    .bind(by)
    .execute(&mut *tx)
    .await
    .during("finishing the apply")?;
    sqlx::query(
        "update teal.plan set state = 'applied', applied_at = clock_timestamp() where hash = $1",
    )
    .bind(hash)
    .execute(&mut *tx)
    .await
    .during("finishing the apply")?;
    sqlx::query("delete from teal.workspace where leaving")
        .execute(&mut *tx)
        .await
        .during("finishing the apply")?;
    tell(&mut tx, "applied", hash, &stored.plan, by).await?;
    pg::commit(tx, Boundary::ApplyFinish).await?;
    Ok(milliseconds)
}

async fn tell(
    conn: &mut PgConnection,
    verb: &str,
    hash: &str,
    plan: &Plan,
    by: &str,
) -> Result<()> {
    let details = json!({
        "plan": hash,
        "release": plan.release,
        "base": plan.base,
        "steps": plan.steps.len(),
    });
    let object = format!("apply/{}", plan.ecosystem);
    let line = Audit { by, verb, object: &object, reason: "", details: Some(details) };
    audit(conn, &line).await
}

/// Begin and finish take turns.
async fn one_at_a_time(conn: &mut PgConnection) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('teal/apply', 0))")
        .execute(conn)
        .await
        .during("waiting for another apply")?;
    Ok(())
}

/// The first digits of a hash, as people see it.
fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

//! Plans and releases in the catalog, under their content address.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sqlx::{PgPool, types::Json};
use teal_failpoint::Boundary;
use teal_model::{Error, Result, plan::Plan, release::Release};

use crate::{
    code,
    pg::{self, PgResultExt},
};

/// A plan of the catalog, with the release that it makes true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// What to do.
    pub plan: Plan,
    /// What it leads to.
    pub release: Release,
}

/// The plan that this process read last. An apply of a thousand streams is thousands of steps of one
/// plan of some megabytes; what a hash names never changes.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<Option<(String, Arc<Stored>)>>);

impl Recent {
    /// The plan, read where it is not the last one.
    ///
    /// # Errors
    /// Those of [`load`].
    pub(crate) async fn get(&self, control: &PgPool, hash: &str) -> Result<Arc<Stored>> {
        if let Some((known, stored)) = &*self.lock()
            && known == hash
        {
            return Ok(Arc::clone(stored));
        }
        let stored = Arc::new(load(control, hash).await?);
        *self.lock() = Some((hash.to_owned(), Arc::clone(&stored)));
        Ok(stored)
    }

    /// Lets go of the memory: the plan is applied.
    pub(crate) fn forget(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> MutexGuard<'_, Option<(String, Arc<Stored>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps a plan and its release, so that `apply` can run it. A plan that is there already is planned
/// again, unless it is being applied.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn store(control: &PgPool, plan: &Plan, release: &Release, by: &str) -> Result<String> {
    let mut tx = pg::begin_in(control, "storing the plan").await?;
    sqlx::query(
        "insert into teal.release (hash, body, created_by) values ($1, $2, $3)
         on conflict (hash) do nothing",
    )
    .bind(&plan.release)
    .bind(Json(release))
    .bind(by)
    .execute(&mut *tx)
    .await
    .during("storing the release")?;
    let hash = plan.hash();
    sqlx::query(
        "insert into teal.plan (hash, release_id, base_release, body, created_by)
         select $1, id, $3, $4, $5 from teal.release where hash = $2
         on conflict (hash) do update set state = 'planned', created_by = excluded.created_by,
           created_at = clock_timestamp(), applied_at = null
         where teal.plan.state <> 'applying'",
    )
    .bind(&hash)
    .bind(&plan.release)
    .bind(&plan.base)
    .bind(Json(plan))
    .bind(by)
    .execute(&mut *tx)
    .await
    .during("storing the plan")?;
    pg::commit(tx, Boundary::PlanStore).await?;
    Ok(hash)
}

/// Reads a plan.
///
/// # Errors
/// `PLAN0002` when there is none, `PLAN0003` when this program cannot read it.
pub async fn load(control: &PgPool, hash: &str) -> Result<Stored> {
    let row: Option<(serde_json::Value, serde_json::Value)> = sqlx::query_as(
        "select p.body, r.body from teal.plan p join teal.release r on r.id = p.release_id
         where p.hash = $1",
    )
    .bind(hash)
    .fetch_optional(control)
    .await
    .during("reading the plan")?;
    let Some((plan, release)) = row else {
        return Err(Error::new(code::PLAN0002).with("plan", hash));
    };
    read(hash, plan, release)
}

fn read(hash: &str, plan: serde_json::Value, release: serde_json::Value) -> Result<Stored> {
    let unreadable =
        |error: serde_json::Error| Error::new(code::PLAN0003).with("plan", hash).caused_by(error);
    Ok(Stored {
        plan: serde_json::from_value(plan).map_err(unreadable)?,
        release: serde_json::from_value(release).map_err(unreadable)?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_plan_of_another_form_is_refused() {
        let error = read("abc", json!({"steps": 1}), json!({})).unwrap_err();
        assert_eq!(error.code(), code::PLAN0003);
    }
}

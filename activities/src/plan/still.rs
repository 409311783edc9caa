//! Whether a plan of a file is what would be done now.

use sqlx::PgPool;
use teal_model::{Error, Result, plan::Plan};

use crate::{code, pg::PgResultExt};

/// Most differences that are named.
const NAMED: usize = 10;

/// Compares a plan with one that was just made. `begun`: an apply of it was started before, so that
/// some of its steps may be done.
///
/// # Errors
/// `PLAN0006` naming what is different.
pub fn still_true(planned: &Plan, now: &Plan, begun: bool) -> Result<()> {
    let refused = Error::new(code::PLAN0006).with("plan", short(&planned.hash()));
    if planned.base != now.base {
        return Err(refused
            .with("made_on", planned.base.as_deref().map_or("nothing", short))
            .with("installed", now.base.as_deref().map_or("nothing", short)));
    }
    if begun && planned.covers(now) {
        return Ok(());
    }
    let differences = planned.differences(now);
    if differences.is_empty() {
        return Ok(());
    }
    let count = differences.len();
    let named = differences.into_iter().take(NAMED);
    let refused = named.fold(refused, |error, difference| error.with("different", difference));
    Err(if count > NAMED { refused.with("and_more", count - NAMED) } else { refused })
}

/// Whether an apply of the plan with this hash was begun and did not end well.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn was_begun(control: &PgPool, hash: &str) -> Result<bool> {
    sqlx::query_scalar(
        "select exists (select from teal.plan where hash = $1 and started_at is not null
           and state in ('applying', 'failed', 'planned'))",
    )
    .bind(hash)
    .fetch_one(control)
    .await
    .during("looking for an earlier apply of the plan")
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

//! Who did what, when and why, newest first.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sqlx::{PgPool, Row, postgres::PgRow};
use teal_model::Result;

use super::timestamp;
use crate::pg::PgResultExt;

const READING: &str = "reading the audit";

/// Which lines are wanted. All conditions must hold; an empty one always does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// About any of these: streams, platforms, `apply/…`; `*` stands for any text.
    pub objects: Vec<String>,
    /// By this person: `ann`, or `ann@desk`.
    pub by: Option<String>,
    /// One of these verbs.
    pub verbs: Vec<String>,
    /// At or after this.
    pub since: Option<Timestamp>,
    /// Most of them.
    pub limit: u32,
}

/// One line of the audit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditRow {
    /// Rises with time.
    pub id: i64,
    /// When.
    pub at: Option<Timestamp>,
    /// Who: `user@host`; empty for somebody who did not say.
    pub by: String,
    /// What: apply, applied, pause, resume, …
    pub verb: String,
    /// To what: `stream/live/shop`, `apply/acme`.
    pub object: String,
    /// Why.
    pub reason: String,
    /// Names, ids and counts.
    pub details: Value,
}

/// Lines of the audit. `control`: the control catalog.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn audit(control: &PgPool, filter: &AuditFilter) -> Result<Vec<AuditRow>> {
    let objects: Vec<String> = filter.objects.iter().flat_map(|object| patterns(object)).collect();
    let by = filter.by.as_deref().map(escaped);
    let rows = sqlx::query(
        "select id, (extract(epoch from at) * 1000)::bigint as at, by_whom, verb, object, reason,
                details
         from teal.audit
         where (cardinality($1::text[]) = 0 or object like any($1))
           and ($2::text is null or by_whom like $2 or by_whom like $2 || '@%')
           and (cardinality($3::text[]) = 0 or verb = any($3))
           and ($4::bigint is null or at >= to_timestamp($4 / 1000.0))
         order by id desc limit $5",
    )
    .bind(&objects)
    .bind(by)
    .bind(&filter.verbs)
    .bind(filter.since.map(Timestamp::as_millisecond))
    .bind(i64::from(filter.limit))
    .fetch_all(control)
    .await
    .during(READING)?;
    rows.iter().map(|row| read(row).during(READING)).collect()
}

fn read(row: &PgRow) -> Result<AuditRow, sqlx::Error> {
    Ok(AuditRow {
        id: row.try_get("id")?,
        at: timestamp(row.try_get("at")?),
        by: row.try_get("by_whom")?,
        verb: row.try_get("verb")?,
        object: row.try_get("object")?,
        reason: row.try_get("reason")?,
        details: row.try_get("details")?,
    })
}

/// Patterns of `like` for an object as a person writes it: itself, as a stream, and all below.
fn patterns(object: &str) -> [String; 4] {
    let pattern = escaped(object).replace('*', "%");
    [
        pattern.clone(),
        format!("{pattern}/%"),
        format!("stream/{pattern}"),
        format!("stream/{pattern}/%"),
    ]
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_meant_with_or_without_its_prefix() {
        assert_eq!(
            patterns("live/a_*"),
            ["live/a\\_%", "live/a\\_%/%", "stream/live/a\\_%", "stream/live/a\\_%/%"]
        );
    }
}

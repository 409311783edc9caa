//! Control catalog: what is wanted of each stream, by whom, and the audit of it.

use serde_json::{Value, json};
use sqlx::{PgConnection, PgPool};
use teal_failpoint::Boundary;
use teal_model::{Error, Result, StreamId, release::StreamSpec};

use crate::{
    Io, code,
    pg::{self, PgResultExt},
};

/// Intent of a stream that is meant to run.
pub const RUN: &str = "run";
/// Intent of a stream that a person paused.
pub const PAUSED: &str = "paused";
/// Intent of a stream that nobody needs any more.
pub const RETIRED: &str = "retired";

/// A stream that is not retired, as the control catalog holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogStream {
    /// Surrogate id: renames keep it.
    pub id: i64,
    /// Its newest configuration.
    pub spec: StreamSpec,
    /// Hash of [`Self::spec`].
    pub config_hash: String,
}

impl CatalogStream {
    /// The datasets that were asked for, each once; none: all of the stream.
    ///
    /// # Errors
    /// `LEDGER0041` when the stream has no dataset of some name.
    pub fn datasets(&self, asked: &[String]) -> Result<Vec<String>> {
        let mut datasets = asked.to_vec();
        datasets.sort_unstable();
        datasets.dedup();
        match datasets.iter().find(|name| self.spec.dataset(name).is_none()) {
            None => Ok(datasets),
            Some(unknown) => {
                let known: Vec<&str> =
                    self.spec.datasets.iter().map(|dataset| dataset.name.as_str()).collect();
                Err(Error::new(code::LEDGER0041)
                    .with("stream", &self.spec.id)
                    .with("dataset", unknown)
                    .with("datasets", known.join(", ")))
            }
        }
    }
}

/// What a person wants of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// [`RUN`], [`PAUSED`] or [`RETIRED`].
    pub wanted: String,
    /// Why.
    pub reason: String,
    /// Who said so.
    pub by: String,
}

impl Intent {
    /// `paused by ann@desk: month end`.
    pub fn words(&self) -> String {
        let by = if self.by.is_empty() { "somebody" } else { &self.by };
        let reason =
            if self.reason.is_empty() { String::new() } else { format!(": {}", self.reason) };
        format!("{} by {by}{reason}", self.wanted)
    }
}

/// Reads a stream's name as messages carry it.
///
/// # Errors
/// `LEDGER0001`: a name of another form names no stream.
pub fn parse(stream: &str) -> Result<StreamId> {
    stream.parse().map_err(|bad| Error::new(code::LEDGER0001).caused_by(bad))
}

/// Finds a stream that is not retired.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn find(control: &PgPool, stream: &StreamId) -> Result<Option<CatalogStream>> {
    let row: Option<(i64, sqlx::types::Json<StreamSpec>, String)> = sqlx::query_as(
        "select id, config, config_hash from teal.stream where name = $1 and retired_at is null",
    )
    .bind(stream.to_string())
    .fetch_optional(control)
    .await
    .during("reading the stream's configuration")?;
    Ok(row.map(|(id, spec, config_hash)| CatalogStream { id, spec: spec.0, config_hash }))
}

/// As [`find`], for work that makes no sense without the stream.
///
/// # Errors
/// `LEDGER0001` when there is none.
pub async fn require(control: &PgPool, stream: &StreamId) -> Result<CatalogStream> {
    find(control, stream).await?.ok_or_else(|| Error::new(code::LEDGER0001).with("stream", stream))
}

/// As [`require`], for work that may take long: a catalog that says nothing is given up.
///
/// # Errors
/// As [`require`]; `PG0002` without an answer.
pub async fn asked(io: &Io, stream: &StreamId) -> Result<CatalogStream> {
    pg::answered(io, ASKING, require(io.control(), stream)).await
}

/// What is being done meanwhile.
pub const ASKING: &str = "asking for the stream";

/// The intent of a stream; one that nobody spoke about is meant to run.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn intent(control: &PgPool, stream_id: i64) -> Result<Intent> {
    let row: Option<(String, String, String)> =
        sqlx::query_as("select wanted, reason, by_whom from teal.intent where stream_id = $1")
            .bind(stream_id)
            .fetch_optional(control)
            .await
            .during("reading the stream's intent")?;
    Ok(row.map_or_else(
        || Intent { wanted: RUN.to_owned(), reason: String::new(), by: String::new() },
        |(wanted, reason, by)| Intent { wanted, reason, by },
    ))
}

/// Writes an intent. The caller adds the audit row in the same transaction.
///
/// # Errors
/// `LEDGER0008` when the word is none of the three.
pub async fn put_intent(
    connection: &mut PgConnection,
    stream_id: i64,
    intent: &Intent,
) -> Result<()> {
    if ![RUN, PAUSED, RETIRED].contains(&intent.wanted.as_str()) {
        return Err(Error::new(code::LEDGER0008).with("wanted", &intent.wanted));
    }
    sqlx::query(
        "insert into teal.intent (stream_id, wanted, reason, by_whom) values ($1, $2, $3, $4)
         on conflict (stream_id) do update
         set wanted = excluded.wanted, reason = excluded.reason, by_whom = excluded.by_whom,
             at = clock_timestamp()",
    )
    .bind(stream_id)
    .bind(&intent.wanted)
    .bind(&intent.reason)
    .bind(&intent.by)
    .execute(connection)
    .await
    .during("writing the stream's intent")?;
    Ok(())
}

/// One line of the audit: who did what to which object, and why.
#[derive(Debug, Clone, Default)]
pub struct Audit<'a> {
    /// Who.
    pub by: &'a str,
    /// apply, pause, resume, run, retire, reload, …
    pub verb: &'a str,
    /// `stream/live/shop`, `apply/acme`, …
    pub object: &'a str,
    /// Why.
    pub reason: &'a str,
    /// Names, ids and counts.
    pub details: Option<Value>,
}

/// Writes it by itself: what it tells about lies in another database.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn audit_alone(control: &PgPool, line: &Audit<'_>, boundary: Boundary) -> Result<()> {
    let mut transaction = pg::begin_in(control, boundary.doing()).await?;
    audit(&mut transaction, line).await?;
    pg::commit(transaction, boundary).await
}

/// Writes it, in the transaction of what it tells about.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn audit(connection: &mut PgConnection, line: &Audit<'_>) -> Result<()> {
    sqlx::query(
        "insert into teal.audit (by_whom, verb, object, reason, details)
         values ($1, $2, $3, $4, $5)",
    )
    .bind(line.by)
    .bind(line.verb)
    .bind(line.object)
    .bind(line.reason)
    .bind(line.details.clone().unwrap_or_else(|| json!({})))
    .execute(connection)
    .await
    .during("writing the audit")?;
    Ok(())
}

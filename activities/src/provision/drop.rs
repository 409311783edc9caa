//! The end of retired tables: they wait in `teal_retired` until somebody drops them.
//!
//! Invariant: a table goes in one transaction with its mark in the ledger, only while it is retired,
//! and nothing of others goes with it. Its row in `teal.merge_table` stays: batches name it.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use sqlx::{PgConnection, Row, postgres::PgRow, types::Json};
use teal_failpoint::Boundary;
use teal_model::{
    Error, Result, StreamId,
    release::{DatasetSpec, PostgresEndpoint, TableName},
};

use super::dependants;
use crate::{
    Io,
    catalog::{
        control::{self, Audit},
        number::count,
    },
    code,
    pg::{self, Ident, PgResultExt, sql},
};

/// Longest wait for somebody who reads the table.
const LOCK_TIMEOUT: &str = "set local lock_timeout = '5s'";
const READING: &str = "reading retired tables";
const DROPPING: &str = "dropping a retired table";

/// A table that no stream writes to any more, kept for its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Retired {
    /// Its id in the ledger.
    #[serde(skip)]
    pub id: i64,
    /// The stream that wrote it; `None` when the catalog has forgotten it.
    pub stream: Option<StreamId>,
    /// The dataset it held.
    pub dataset: String,
    /// Its name while it was in use.
    #[serde(serialize_with = "as_text")]
    pub was: TableName,
    /// Its name now.
    #[serde(serialize_with = "as_text")]
    pub table: TableName,
    /// Rows that were current when it retired; older versions come on top.
    pub current_rows: u64,
    /// With indexes; `None`: somebody dropped it by hand.
    pub bytes: Option<u64>,
    /// When it retired.
    pub retired_at: Timestamp,
    /// From when on it may be dropped.
    pub drop_after: Timestamp,
    /// Whether that is over, by the clock of its server.
    pub is_due: bool,
}

fn as_text<S: serde::Serializer>(table: &TableName, to: S) -> std::result::Result<S::Ok, S::Error> {
    to.collect_str(table)
}

impl Retired {
    /// `past/shop/orders`: platform, store and dataset.
    pub fn label(&self) -> String {
        self.stream.as_ref().map_or_else(
            || self.was.to_string(),
            |stream| format!("{}/{}/{}", stream.platform(), stream.store(), self.dataset),
        )
    }

    /// Refuses a table that is still kept. `now`: a person wants it gone all the same.
    ///
    /// # Errors
    /// `DDL0006`.
    pub fn check_age(&self, now: bool) -> Result<()> {
        if now || self.is_due {
            return Ok(());
        }
        Err(Error::new(code::DDL0006)
            .with("table", self.label())
            .with("droppable_from", self.drop_after))
    }
}

/// Who drops, and why.
#[derive(Debug, Clone, Default)]
pub struct Request<'a> {
    /// `user@host`.
    pub by: &'a str,
    /// For the audit.
    pub reason: &'a str,
    /// Also when its days are not over.
    pub now: bool,
}

/// What became of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is gone.
    Dropped,
    /// Somebody had dropped it by hand; the ledger knows now.
    Recorded,
    /// Somebody else dropped it in the meantime.
    AlreadyGone,
}

/// All retired tables of a merge store that were not dropped yet, by stream, dataset and age.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn retired(io: &Io, merge: &PostgresEndpoint) -> Result<Vec<Retired>> {
    let pool = io.ledger(merge).await?;
    let mut ledger = pool.acquire().await.during("connecting to the merge store")?;
    let mut found = read(&mut ledger, None).await?;
    let ids: Vec<i64> = found.iter().map(|(stream_id, _)| *stream_id).collect();
    let names: Vec<(i64, String)> =
        sqlx::query_as("select id, name from teal.stream where id = any($1)")
            .bind(&ids)
            .fetch_all(io.control())
            .await
            .during(READING)?;
    let names: HashMap<i64, String> = names.into_iter().collect();
    for (stream_id, table) in &mut found {
        table.stream = names.get(stream_id).and_then(|name| name.parse().ok());
    }
    let mut tables: Vec<Retired> = found.into_iter().map(|(_, table)| table).collect();
    tables.sort_by_cached_key(|table| (table.label(), table.retired_at, table.id));
    Ok(tables)
}

/// Retired tables with the ids of their streams, whose names stand in the control catalog.
async fn read(ledger: &mut PgConnection, id: Option<i64>) -> Result<Vec<(i64, Retired)>> {
    let rows = sqlx::query(
        "select id, stream_id, dataset, layout, schema_name, table_name, rows,
                pg_total_relation_size(to_regclass(format('%I.%I', schema_name, table_name)))
                  as bytes,
                (extract(epoch from retired_at) * 1000)::bigint as retired_at,
                (extract(epoch from coalesce(drop_after, retired_at)) * 1000)::bigint as drop_after,
                coalesce(drop_after, retired_at) <= statement_timestamp() as is_due
         from teal.merge_table
         where retired_at is not null and dropped_at is null and successor is null
           and ($1::bigint is null or id = $1)",
    )
    .bind(id)
    .fetch_all(ledger)
    .await
    .during(READING)?;
    rows.iter().map(|row| table(row).during(READING)).collect()
}

fn table(row: &PgRow) -> Result<(i64, Retired), sqlx::Error> {
    let at = |column: &str| {
        Timestamp::from_millisecond(row.try_get(column)?)
            .map_err(|error| sqlx::Error::Decode(error.into()))
    };
    let table = Retired {
        id: row.try_get("id")?,
        stream: None,
        dataset: row.try_get("dataset")?,
        was: row.try_get::<Json<DatasetSpec>, _>("layout")?.0.table,
        table: TableName { schema: row.try_get("schema_name")?, name: row.try_get("table_name")? },
        current_rows: count(row.try_get("rows")?),
        bytes: row.try_get::<Option<i64>, _>("bytes")?.map(count),
        retired_at: at("retired_at")?,
        drop_after: at("drop_after")?,
        is_due: row.try_get("is_due")?,
    };
    Ok((row.try_get("stream_id")?, table))
}

/// Drops one of them for good and writes it to the audit.
///
/// # Errors
/// `DDL0006` when it is still kept, `DDL0001` when objects of others depend on it, `PG0005` when
/// somebody reads it for long. Nothing was changed then.
pub async fn drop_retired(
    io: &Io,
    merge: &PostgresEndpoint,
    table: &Retired,
    request: &Request<'_>,
) -> Result<Fate> {
    let pool = io.ledger(merge).await?;
    let mut ledger = pool.acquire().await.during("connecting to the merge store")?;
    let mut control = io.control().acquire().await.during("connecting to the catalog")?;
    let mut transaction = pg::begin(&mut ledger, DROPPING).await?;
    let fate = take_away(&mut transaction, table, request.now)
        .await
        .map_err(|error| error.with("retired_table", table.label()))?;
    if fate == Fate::AlreadyGone {
        return Ok(fate);
    }
    // Written before the table goes, seen once it is gone: nothing goes that cannot be written down.
    let mut audited = pg::begin(&mut control, DROPPING).await?;
    // A large table takes its time to go, and this one rests meanwhile.
    sqlx::query("set local idle_in_transaction_session_timeout = 0")
        .execute(&mut *audited)
        .await
        .during(DROPPING)?;
    audit(&mut audited, table, request, fate).await?;
    pg::commit(transaction, Boundary::DropTable).await?;
    pg::commit(audited, Boundary::DropAudit).await?;
    Ok(fate)
}

/// Under the lock of its row, then of the table itself, so that nobody builds on it meanwhile.
async fn take_away(ledger: &mut PgConnection, table: &Retired, now: bool) -> Result<Fate> {
    sqlx::query(LOCK_TIMEOUT).execute(&mut *ledger).await.during(DROPPING)?;
    sqlx::query("select from teal.merge_table where id = $1 for update")
        .bind(table.id)
        .execute(&mut *ledger)
        .await
        .during(DROPPING)?;
    let Some((_, found)) = read(ledger, Some(table.id)).await?.pop() else {
        return Ok(Fate::AlreadyGone);
    };
    found.check_age(now)?;
    let fate = if found.bytes.is_some() {
        let name = Ident::from(&found.table);
        sqlx::query(sql!("lock table {name} in access exclusive mode", name))
            .execute(&mut *ledger)
            .await
            .during(DROPPING)?;
        dependants::none(ledger, &found.table, None).await.map_err(|error| {
            error.hint("drop or move them yourself (Teal never drops what it did not make), then `teal drop` again")
        })?;
        sqlx::query(sql!("drop table {name}", name))
            .execute(&mut *ledger)
            .await
            .during(DROPPING)?;
        Fate::Dropped
    } else {
        Fate::Recorded
    };
    record(ledger, table.id).await?;
    Ok(fate)
}

/// Says in the ledger that it is gone, and forgets what only its batches needed.
async fn record(ledger: &mut PgConnection, id: i64) -> Result<()> {
    for statement in [
        "update teal.merge_table set dropped_at = statement_timestamp() where id = $1",
        "delete from teal.chunk where merge_table_id = $1",
        "delete from teal.digest where merge_table_id = $1",
    ] {
        sqlx::query(statement).bind(id).execute(&mut *ledger).await.during(DROPPING)?;
    }
    Ok(())
}

async fn audit(
    control: &mut PgConnection,
    table: &Retired,
    request: &Request<'_>,
    fate: Fate,
) -> Result<()> {
    let object = table
        .stream
        .as_ref()
        .map_or_else(|| format!("table/{}", table.was), |stream| format!("stream/{stream}"));
    let details = json!({
        "dataset": table.dataset,
        "table": table.table.to_string(),
        "current_rows": table.current_rows,
        "bytes": table.bytes,
        "retired_at": table.retired_at,
        "now": request.now && !table.is_due,
        "was_missing": fate == Fate::Recorded,
    });
    let line = Audit {
        by: request.by,
        verb: "drop",
        object: &object,
        reason: request.reason,
        details: Some(details),
    };
    control::audit(control, &line).await
}

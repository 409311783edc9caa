//! All streams at one moment.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::{PgPool, Row, postgres::PgRow, types::Json};
use teal_model::{
    Result, StreamId,
    release::{StreamSpec, TableName},
    schedule::Schedule,
};
use teal_proto::v1::Failure;

use super::{
    BatchRow, DatasetRow, Filter, ProgressRow, ResyncRow, StreamStatusRow,
    batches::{COLUMNS, read_batch},
    left::{Speed, left_to_merge, left_to_read},
    timestamp,
};
use crate::{
    catalog::{
        control::{Intent, RUN},
        number::{count, small},
        resync::{self, Resync, Wish},
    },
    pg::{PgResultExt, Sql, sql},
};

const READING: &str = "reading the state of the streams";

/// Streams that are not retired, by name. `pool`: a database that holds both the control catalog and
/// the ledger.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn streams(pool: &PgPool, filter: &Filter) -> Result<Vec<StreamStatusRow>> {
    streams_of(pool, pool, filter).await
}

/// As [`streams`], where the control catalog lives in another database than the ledger.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn streams_of(
    control: &PgPool,
    ledger: &PgPool,
    filter: &Filter,
) -> Result<Vec<StreamStatusRow>> {
    let mut wanted = wanted(control).await?;
    wanted.retain(|stream| filter.takes(&stream.spec));
    let ids: Vec<i64> = wanted.iter().map(|stream| stream.id).collect();
    let mut states = states(ledger, &ids).await?;
    let mut tables = tables(ledger, &ids).await?;
    let mut batches = batches(ledger, &ids).await?;
    let mut speeds = speeds(ledger, &ids).await?;
    let served: Vec<(i64, u64)> =
        ids.iter().map(|id| (*id, states.get(id).map_or(0, |state| state.resync_served))).collect();
    let mut wishes = resync::open_of(control, &served).await?;
    let rows = wanted.into_iter().map(|stream| {
        let id = stream.id;
        let state = states.remove(&id).unwrap_or_default();
        let tables = tables.remove(&id).unwrap_or_default();
        let (batches, speed) =
            (batches.remove(&id).unwrap_or_default(), speeds.remove(&id).unwrap_or_default());
        let row = status_row(stream, state, tables, batches, speed);
        StreamStatusRow { resync: wishes.remove(&id).and_then(resync_row), ..row }
    });
    Ok(rows.filter(|row| filter.takes_state(&row.state)).collect())
}

/// Names of the streams that a filter takes, sorted; states are not looked at.
///
/// # Errors
/// Those of PostgreSQL.
pub async fn names(control: &PgPool, filter: &Filter) -> Result<Vec<StreamId>> {
    let wanted = wanted(control).await?.into_iter();
    Ok(wanted.filter(|stream| filter.takes(&stream.spec)).map(|stream| stream.spec.id).collect())
}

/// What the control catalog says of a stream.
struct Wanted {
    id: i64,
    spec: StreamSpec,
    config_hash: String,
    intent: Intent,
    intent_at: Option<i64>,
}

async fn wanted(control: &PgPool) -> Result<Vec<Wanted>> {
    let rows = sqlx::query(
        "select s.id, s.config, s.config_hash, i.wanted, i.reason, i.by_whom,
                (extract(epoch from i.at) * 1000)::bigint as at
         from teal.stream s left join teal.intent i on i.stream_id = s.id
         where s.retired_at is null order by s.name collate \"C\"",
    )
    .fetch_all(control)
    .await
    .during(READING)?;
    rows.iter().map(|row| read_wanted(row).during(READING)).collect()
}

fn read_wanted(row: &PgRow) -> Result<Wanted, sqlx::Error> {
    let text =
        |column: &str| row.try_get::<Option<String>, _>(column).map(Option::unwrap_or_default);
    let wanted = text("wanted")?;
    Ok(Wanted {
        id: row.try_get("id")?,
        spec: row.try_get::<Json<StreamSpec>, _>("config")?.0,
        config_hash: row.try_get("config_hash")?,
        intent: Intent {
            wanted: if wanted.is_empty() { RUN.to_owned() } else { wanted },
            reason: text("reason")?,
            by: text("by_whom")?,
        },
        intent_at: row.try_get("at")?,
    })
}

/// What the ledger says of a stream; by default, of one that no workflow has touched yet.
#[derive(Default)]
struct StateRow {
    state: String,
    since_at: Option<i64>,
    reconciled_hash: String,
    incarnation: u32,
    resync_served: u64,
    source_read_at: Option<i64>,
    now: i64,
    next_due_at: Option<i64>,
    failures: u32,
    failure: Option<Failure>,
    failed_at: Option<i64>,
    progress: Option<ProgressRow>,
}

async fn states(ledger: &PgPool, ids: &[i64]) -> Result<BTreeMap<i64, StateRow>> {
    let rows = sqlx::query(
        "select stream_id, state, reconciled_hash, incarnation, failures, last_failure,
                resync_served,
                progress_doing, progress_rows, progress_bytes, progress_total_rows,
                (extract(epoch from state_since) * 1000)::bigint as since_at,
                (extract(epoch from source_read_at) * 1000)::bigint as source_read_at,
                (extract(epoch from clock_timestamp()) * 1000)::bigint as now,
                (extract(epoch from next_due_at) * 1000)::bigint as next_due_at,
                (extract(epoch from last_failure_at) * 1000)::bigint as failed_at,
                case when epoch <> 0 then (extract(epoch from progress_at) * 1000)::bigint end
                    as progress_at
         from teal.stream_state where stream_id = any($1)",
    )
    .bind(ids)
    .fetch_all(ledger)
    .await
    .during(READING)?;
    rows.iter()
        .map(|row| {
            Ok((row.try_get("stream_id").during(READING)?, read_state(row).during(READING)?))
        })
        .collect()
}

fn read_state(row: &PgRow) -> Result<StateRow, sqlx::Error> {
    let progress = match timestamp(row.try_get("progress_at")?) {
        Some(at) => Some(ProgressRow {
            doing: row.try_get("progress_doing")?,
            rows: count(row.try_get("progress_rows")?),
            bytes: count(row.try_get("progress_bytes")?),
            total_rows: row.try_get::<Option<i64>, _>("progress_total_rows")?.map(count),
            at,
            left: None,
        }),
        None => None,
    };
    Ok(StateRow {
        state: row.try_get("state")?,
        since_at: row.try_get("since_at")?,
        reconciled_hash: row.try_get("reconciled_hash")?,
        incarnation: small(row.try_get("incarnation")?),
        resync_served: count(row.try_get("resync_served")?),
        source_read_at: row.try_get("source_read_at")?,
        now: row.try_get("now")?,
        next_due_at: row.try_get("next_due_at")?,
        failures: small(row.try_get("failures")?),
        failure: row.try_get::<Option<Json<Failure>>, _>("last_failure")?.map(|failure| failure.0),
        failed_at: row.try_get("failed_at")?,
        progress,
    })
}

async fn tables(ledger: &PgPool, ids: &[i64]) -> Result<BTreeMap<i64, Vec<DatasetRow>>> {
    let rows: Vec<(i64, String, String, String, i64, bool)> = sqlx::query_as(
        "select stream_id, dataset, schema_name, table_name, rows, loaded from teal.merge_table
         where stream_id = any($1) and retired_at is null order by stream_id, dataset collate \"C\"",
    )
    .bind(ids)
    .fetch_all(ledger)
    .await
    .during(READING)?;
    let mut tables: BTreeMap<i64, Vec<DatasetRow>> = BTreeMap::new();
    for (stream_id, dataset, schema, name, rows, loaded) in rows {
        let table = TableName { schema, name }.to_string();
        let row = DatasetRow { dataset, table, rows: count(rows), loaded };
        tables.entry(stream_id).or_default().push(row);
    }
    Ok(tables)
}

/// The last committed batch and the open one.
type LastAndOpen = (Option<BatchRow>, Option<BatchRow>);

async fn batches(ledger: &PgPool, ids: &[i64]) -> Result<BTreeMap<i64, LastAndOpen>> {
    let query = sql!(
        "select b.stream_id, {columns}
         from (select stream_id, last_batch as batch from teal.stream_state
               where stream_id = any($1)
               union
               select stream_id, batch from teal.batch
               where stream_id = any($1) and status in ('started', 'ingested')) k
         join teal.batch b using (stream_id, batch)",
        columns = Sql::text(COLUMNS)
    );
    let rows = sqlx::query(query).bind(ids).fetch_all(ledger).await.during(READING)?;
    let mut batches: BTreeMap<i64, LastAndOpen> = BTreeMap::new();
    for row in &rows {
        let stream_id = row.try_get("stream_id").during(READING)?;
        let batch = read_batch(row).during(READING)?;
        let (last, open) = batches.entry(stream_id).or_default();
        let place = if batch.status == "committed" { last } else { open };
        *place = Some(batch);
    }
    Ok(batches)
}

/// What the last batches of the same kind as an open one did; the last 200 are looked at.
async fn speeds(ledger: &PgPool, ids: &[i64]) -> Result<BTreeMap<i64, Speed>> {
    let rows: Vec<(i64, i64, i64, i64)> = sqlx::query_as(
        "select o.stream_id, sum(b.staged_rows)::bigint, coalesce(sum(b.ingest_ms), 0)::bigint,
                coalesce(sum(b.merge_ms), 0)::bigint
         from teal.batch o cross join lateral (
             select staged_rows, ingest_ms, merge_ms from teal.batch
             where stream_id = o.stream_id and batch between o.batch - 200 and o.batch - 1
               and status = 'committed' and staged_rows > 0 and first_load = o.first_load
             order by batch desc limit 5) b
         where o.stream_id = any($1) and o.status in ('started', 'ingested') group by 1",
    )
    .bind(ids)
    .fetch_all(ledger)
    .await
    .during(READING)?;
    let speed = |(id, rows, ingest_ms, merge_ms)| {
        (id, Speed { rows: count(rows), ingest_ms: count(ingest_ms), merge_ms: count(merge_ms) })
    };
    Ok(rows.into_iter().map(speed).collect())
}

/// How far the open batch is: what its reading said of itself, or what there is to merge.
fn progress(state: &StateRow, open: Option<&BatchRow>, speed: Speed) -> Option<ProgressRow> {
    let open = open?;
    let since = |at: Option<Timestamp>| {
        at.map(|at| count(state.now.saturating_sub(at.as_millisecond()))).unwrap_or(0)
    };
    if open.status == "ingested" {
        let elapsed_ms = since(open.ingested_at);
        return Some(ProgressRow {
            doing: "merging".to_owned(),
            rows: 0,
            bytes: 0,
            total_rows: Some(open.staged_rows),
            at: open.ingested_at?,
            left: left_to_merge(open.staged_rows, elapsed_ms, speed),
        });
    }
    let progress = state.progress.clone()?;
    // a worker of before, which did not write down when its attempt began, may have tried twice
    let began = open.attempted_at.or_else(|| open.started_at.filter(|_| open.attempts == 1));
    let left = began.and_then(|began| {
        left_to_read(progress.rows, progress.total_rows, since(Some(began)), speed)
    });
    Some(ProgressRow { left, ..progress })
}

fn status_row(
    wanted: Wanted,
    state: StateRow,
    datasets: Vec<DatasetRow>,
    (last_batch, open_batch): LastAndOpen,
    speed: Speed,
) -> StreamStatusRow {
    let progress = progress(&state, open_batch.as_ref(), speed);
    let Wanted { id, spec, config_hash, intent, intent_at } = wanted;
    let (ingest_queue, merge_queue) = (spec.ingest_queue(), spec.merge_queue());
    let lag_ms = state.source_read_at.map(|read_at| count(state.now.saturating_sub(read_at)));
    StreamStatusRow {
        stream: spec.id.to_string(),
        stream_id: id,
        workflow: spec.id.workflow_id(),
        style: spec.style.as_str().to_owned(),
        team: spec.team,
        schedule: in_words(&spec.schedule),
        ingest_queue,
        merge_queue,
        services: spec.services,
        ingest_class: spec.ingest_size.class,
        merge_class: spec.merge_size.class,
        state: if state.state.is_empty() { "waiting".to_owned() } else { state.state },
        since_at: timestamp(state.since_at),
        wanted: intent.wanted,
        wanted_reason: intent.reason,
        wanted_by: intent.by,
        wanted_at: timestamp(intent_at),
        reconciled: state.reconciled_hash == config_hash,
        incarnation: state.incarnation.max(1),
        rows: datasets.iter().map(|table| table.rows).sum(),
        datasets,
        last_batch,
        progress,
        open_batch,
        source_read_at: timestamp(state.source_read_at),
        lag_ms,
        next_due_at: timestamp(state.next_due_at),
        resync: None,
        failures: state.failures,
        failure: state.failure,
        failed_at: timestamp(state.failed_at),
    }
}

fn resync_row(wishes: Vec<Wish>) -> Option<ResyncRow> {
    let resync = Resync::of(wishes);
    let newest = resync.wishes.last()?;
    Some(ResyncRow {
        number: resync.number,
        what: resync.words(),
        reason: newest.reason.clone(),
        by: newest.by.clone(),
        at: timestamp(Some(newest.at_ms)),
    })
}

fn in_words(schedule: &Schedule) -> String {
    match schedule {
        Schedule::Every { seconds } => match (seconds % 3_600, seconds % 60) {
            (0, _) => format!("every {}h", seconds / 3_600),
            (_, 0) => format!("every {}m", seconds / 60),
            _ => format!("every {seconds}s"),
        },
        Schedule::Cron { expression, timezone } => format!("cron {expression} {timezone}"),
        Schedule::External => "external".to_owned(),
    }
}

//! Looking at the streams through the control catalog: the table on the screen, and waiting.

use std::{
    io::{IsTerminal, Write},
    time::{Duration, Instant},
};

use comfy_table::{CellAlignment, Table, presets::NOTHING};
use sqlx::{FromRow, PgPool, Row, postgres::PgRow};

use crate::Result;

/// One stream as it is now.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    pub(crate) name: String,
    pub(crate) state: String,
    pub(crate) last_batch: i32,
    pub(crate) rows: i64,
    pub(crate) changes: i64,
    pub(crate) rows_per_second: Option<f64>,
    pub(crate) lag_seconds: Option<f64>,
    pub(crate) failure: Option<String>,
}

impl FromRow<'_, PgRow> for Stream {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            name: row.try_get("name")?,
            state: row.try_get("state")?,
            last_batch: row.try_get("last_batch")?,
            rows: row.try_get("rows")?,
            changes: row.try_get("changes")?,
            rows_per_second: row.try_get("rows_per_second")?,
            lag_seconds: row.try_get("lag_seconds")?,
            failure: row.try_get("failure")?,
        })
    }
}

/// All running streams by name. `rows_per_second`: of the last batch that moved rows, over ingest
/// and merge. Lag: since the last committed batch read the source.
pub(crate) async fn streams(catalog: &PgPool) -> Result<Vec<Stream>> {
    let query = "
        select s.name, st.state, st.last_batch,
               coalesce((select sum(t.rows) from teal.merge_table t
                         where t.stream_id = s.id and t.retired_at is null), 0)::bigint as rows,
               coalesce((select sum(b.inserted + b.updated + b.deleted) from teal.batch b
                         where b.stream_id = s.id and b.status = 'committed'), 0)::bigint as changes,
               (select b.staged_rows * 1000.0 / greatest(b.ingest_ms + b.merge_ms, 1)
                from teal.batch b
                where b.stream_id = s.id and b.status = 'committed' and b.staged_rows > 0
                order by b.batch desc limit 1)::float8 as rows_per_second,
               extract(epoch from clock_timestamp() - st.source_read_at)::float8 as lag_seconds,
               case when st.failures > 0 then st.last_failure ->> 'message' end as failure
        from teal.stream s join teal.stream_state st on st.stream_id = s.id
        where s.retired_at is null
        order by s.name";
    Ok(sqlx::query_as(query).fetch_all(catalog).await?)
}

/// Draws the table again and again, in place where a person watches, every few seconds elsewhere.
#[derive(Debug)]
pub(crate) struct Screen {
    catalog: PgPool,
    drawn_lines: usize,
    drawn_at: Option<Instant>,
}

impl Screen {
    pub(crate) fn new(catalog: PgPool) -> Self {
        Self { catalog, drawn_lines: 0, drawn_at: None }
    }

    /// Draws now.
    pub(crate) async fn draw(&mut self, below: &str) -> Result<Vec<Stream>> {
        let streams = streams(&self.catalog).await?;
        let moving = std::io::stdout().is_terminal();
        if !moving && self.drawn_at.is_some_and(|at| at.elapsed() < Duration::from_secs(5)) {
            return Ok(streams);
        }
        let text = format!("{}\n{below}\n", table(&streams));
        let mut out = std::io::stdout().lock();
        if moving && self.drawn_lines > 0 {
            write!(out, "\x1b[{}A\x1b[J", self.drawn_lines)?;
        }
        write!(out, "{text}")?;
        out.flush()?;
        self.drawn_lines = text.lines().count();
        self.drawn_at = Some(Instant::now());
        Ok(streams)
    }

    /// What follows stays below the table.
    pub(crate) fn leave(&mut self) {
        self.drawn_lines = 0;
        self.drawn_at = None;
    }

    /// Draws until `done` says so. An error after `limit`.
    pub(crate) async fn until(
        &mut self,
        limit: Duration,
        below: impl Fn() -> String,
        done: impl Fn(&[Stream]) -> bool,
    ) -> Result<Vec<Stream>> {
        let started = Instant::now();
        loop {
            let streams = self.draw(&below()).await?;
            if done(&streams) {
                self.drawn_at = None;
                let streams = self.draw(&below()).await?;
                self.leave();
                return Ok(streams);
            }
            if started.elapsed() > limit {
                return Err(format!("the streams did not get there within {limit:?}").into());
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

fn table(streams: &[Stream]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(["STREAM", "STATE", "LAST BATCH", "ROWS", "CHANGES", "ROWS/S", "LAG"]);
    for stream in streams {
        table.add_row([
            stream.name.clone(),
            stream.state.clone(),
            stream.last_batch.to_string(),
            stream.rows.to_string(),
            stream.changes.to_string(),
            stream.rows_per_second.map_or_else(|| "-".into(), |rate| format!("{rate:.0}")),
            stream.lag_seconds.map_or_else(|| "-".into(), |lag| format!("{lag:.1} s")),
        ]);
    }
    for index in 2..7 {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = table.trim_fmt();
    for stream in streams {
        if let Some(failure) = &stream.failure {
            text.push_str(&format!("\n  {}: {failure}", stream.name));
        }
    }
    text
}

/// A batch in the middle of its life.
#[derive(Debug, Clone)]
pub(crate) struct OpenBatch {
    pub(crate) stream: String,
    pub(crate) batch: i32,
}

impl FromRow<'_, PgRow> for OpenBatch {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self { stream: row.try_get("stream")?, batch: row.try_get("batch")? })
    }
}

/// Waits for a batch of a `tpch_orders` stream that was begun, but is not committed.
pub(crate) async fn open_batch(catalog: &PgPool) -> Result<OpenBatch> {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(60) {
        let query = "
            select s.name as stream, b.batch
            from teal.batch b join teal.stream s on s.id = b.stream_id
            where b.status in ('started', 'ingested') and s.name like '%/tpch_orders'
              and b.started_at < clock_timestamp() - interval '100 ms'
            order by b.started_at limit 1";
        if let Some(batch) = sqlx::query_as(query).fetch_optional(catalog).await? {
            return Ok(batch);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Err("no batch was seen in the middle of its life".into())
}

/// Status and attempts of one batch.
pub(crate) async fn batch(catalog: &PgPool, batch: &OpenBatch) -> Result<(String, i32)> {
    let query = "
        select b.status, b.attempts from teal.batch b join teal.stream s on s.id = b.stream_id
        where s.name = $1 and b.batch = $2";
    Ok(sqlx::query_as(query).bind(&batch.stream).bind(batch.batch).fetch_one(catalog).await?)
}

/// Waits until every stream has committed a batch that read the source after now.
pub(crate) async fn caught_up(
    screen: &mut Screen,
    below: impl Fn() -> String,
) -> Result<Vec<Stream>> {
    let since = Instant::now();
    let read_since =
        |stream: &Stream| stream.lag_seconds.is_some_and(|lag| lag < since.elapsed().as_secs_f64());
    let done = |streams: &[Stream]| !streams.is_empty() && streams.iter().all(read_since);
    screen.until(Duration::from_secs(180), below, done).await
}

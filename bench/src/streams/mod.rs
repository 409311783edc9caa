//! Many small streams at a steady pace: do they start when they are due, and what does a tick cost?
//!
//! One table each, one row of it changed between two ticks. Everything runs on this machine: the
//! worker, Temporal (dev server, file database, WAL), the merge store and the source.

mod model;
mod ticks;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use ticks::Ticks;

use crate::{Outcome, servers::Servers, usage};

/// How many streams for how long.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Number of streams, each with one table
    #[arg(long, default_value_t = 1_000)]
    streams: u32,
    /// Minutes that are measured
    #[arg(long, default_value_t = 10)]
    minutes: u32,
    /// Seconds between two ticks of a stream
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    every: u32,
}

/// Longest wait for all first loads.
const LOAD_LIMIT: Duration = Duration::from_secs(900);
/// From the end of the window to the latest start that is waited for: a tick of each stream.
const LATE_LIMIT: Duration = Duration::from_secs(60);
/// From the last first load to the beginning of what is measured.
const SETTLE: Duration = Duration::from_secs(60);

/// Measures and prints.
pub(crate) async fn run(servers: &Servers, arguments: &Arguments) -> Outcome {
    let Arguments { streams, minutes, every } = *arguments;
    servers.at_source(&model::tables(streams)).await?;
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("model.yaml"), model::model(servers, streams, every)?)?;
    let worker = servers.worker().await?.pid;
    let started = Instant::now();
    servers.teal(&["apply", "--yes"], folder.path()).await?;
    println!("{streams} streams applied in {:.0} s", started.elapsed().as_secs_f64());
    let merge = PgPool::connect(&servers.stack.merge_url()).await?;
    loaded(&merge, streams).await?;
    println!("all loaded after {:.0} s", started.elapsed().as_secs_f64());
    let writer = tokio::spawn(write(servers.stack.source_url(), streams, every));
    tokio::time::sleep(SETTLE).await;

    let parts = Parts {
        worker,
        temporal: servers.process("temporal")?,
        merge: servers.process("merge")?,
        source: servers.process("source")?,
    };
    let begin = now(&merge).await?;
    let before = parts.look(servers, &merge).await?;
    let window = Duration::from_secs(60) * minutes;
    tokio::time::sleep(window).await;
    let after = parts.look(servers, &merge).await?;
    let ticks = begun(&merge, begin, window).await?;
    if writer.is_finished() {
        writer.await??;
        return Err("the writer ended".into());
    }
    writer.abort();
    ticks.print(streams);
    let count = f64::from(streams) * f64::from(minutes) * 60.0 / f64::from(every);
    print_usage(&before, &after, count, window);
    println!(
        "worker: {} MB before, {} MB after, {} MB at most",
        before.worker_bytes / 1_048_576,
        after.worker_bytes / 1_048_576,
        usage::peak_mb(&worker.to_string())
    );
    Ok(())
}

/// Waits for the first batch of each stream.
async fn loaded(merge: &PgPool, streams: u32) -> Outcome {
    let started = Instant::now();
    loop {
        let done: i64 =
            sqlx::query_scalar("select count(*) from teal.stream_state where last_batch > 0")
                .fetch_one(merge)
                .await?;
        if done >= i64::from(streams) {
            return Ok(());
        }
        if started.elapsed() > LOAD_LIMIT {
            return Err(format!("{done} of {streams} streams are loaded").into());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Waits for the batches of the window's last ticks: late starts are late, not missing.
async fn begun(merge: &PgPool, begin: Timestamp, window: Duration) -> Outcome<Ticks> {
    let ended = Instant::now();
    loop {
        let ticks = Ticks::read(merge, begin, window).await?;
        if ticks.all_began() || ended.elapsed() > LATE_LIMIT {
            return Ok(ticks);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Changes one row of each table between two ticks, spread over the time, until it is told to stop.
async fn write(source: String, streams: u32, every: u32) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(&source).await?;
    let pause = Duration::from_secs(every.into()) / streams;
    let mut next = tokio::time::Instant::now();
    for number in (0..streams).cycle() {
        let change = model::change(number);
        sqlx::raw_sql(AssertSqlSafe(change)).execute(&mut connection).await?;
        next += pause;
        tokio::time::sleep_until(next).await;
    }
    Ok(())
}

async fn now(merge: &PgPool) -> Outcome<Timestamp> {
    let ms: i64 =
        sqlx::query_scalar("select (extract(epoch from clock_timestamp()) * 1000)::bigint")
            .fetch_one(merge)
            .await?;
    Ok(Timestamp::from_millisecond(ms)?)
}

/// Processes of what is measured.
struct Parts {
    worker: i32,
    temporal: i32,
    merge: i32,
    source: i32,
}

/// What all parts have used so far.
struct Look {
    worker: f64,
    temporal: f64,
    merge: f64,
    source: f64,
    worker_bytes: u64,
    temporal_bytes: u64,
    merge_bytes: u64,
    wal_bytes: u64,
}

impl Parts {
    async fn look(&self, servers: &Servers, merge: &PgPool) -> Outcome<Look> {
        let (database, wal): (i64, i64) = sqlx::query_as(
            "select pg_database_size(current_database()),
                    (pg_current_wal_lsn() - '0/0')::bigint",
        )
        .fetch_one(merge)
        .await?;
        let temporal: &Path = &servers.stack.folder().join("temporal");
        Ok(Look {
            worker: usage::cpu_seconds(self.worker),
            temporal: usage::cpu_seconds(self.temporal),
            merge: usage::cpu_seconds(self.merge),
            source: usage::cpu_seconds(self.source),
            worker_bytes: usage::resident_bytes(self.worker),
            temporal_bytes: usage::bytes_of(temporal),
            merge_bytes: u64::try_from(database)?,
            wal_bytes: u64::try_from(wal)?,
        })
    }
}

fn print_usage(before: &Look, after: &Look, ticks: f64, window: Duration) {
    println!("\n| part | CPU ms per tick | cores |");
    println!("|---|---|---|");
    let mut sum = 0.0;
    for (name, seconds) in [
        ("worker", after.worker - before.worker),
        ("Temporal", after.temporal - before.temporal),
        ("PostgreSQL, merge store", after.merge - before.merge),
        ("PostgreSQL, source", after.source - before.source),
    ] {
        sum += seconds;
        row(name, seconds, ticks, window);
    }
    row("all", sum, ticks, window);
    println!("\n| files | bytes per tick |");
    println!("|---|---|");
    for (name, before, after) in [
        ("Temporal's database", before.temporal_bytes, after.temporal_bytes),
        ("merge store, tables", before.merge_bytes, after.merge_bytes),
        ("merge store, WAL written", before.wal_bytes, after.wal_bytes),
    ] {
        println!("| {name} | {:.0} |", float(after.saturating_sub(before)) / ticks);
    }
}

fn row(name: &str, seconds: f64, ticks: f64, window: Duration) {
    let cores = seconds / window.as_secs_f64();
    println!("| {name} | {:.1} | {cores:.2} |", seconds * 1_000.0 / ticks);
}

/// Exact up to 2⁵³, which is enough for bytes.
#[expect(clippy::cast_precision_loss, reason = "figures are rounded when they are printed")]
fn float(number: u64) -> f64 {
    number as f64
}

//! First load of one table against a plain `psql` pipe, in the same run.

mod pipe;
mod stage;

use std::time::Instant;

use stage::Stage;
use teal_model::release::Style;

use crate::{Outcome, servers::Servers, usage};

/// How much to load.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Rows of the table, of twelve mixed columns, about 180 bytes each
    #[arg(long, default_value_t = 5_000_000)]
    rows: u64,
    /// Loads of each kind, alternating; the best of each counts
    #[arg(long, default_value_t = 3)]
    rounds: u32,
}

/// Measures and prints.
pub(crate) async fn run(servers: &Servers, arguments: &Arguments) -> Outcome {
    let Arguments { rows, rounds } = *arguments;
    let stage = Stage::set_up(servers, rows).await?;
    let (mut pipe_best, mut teal_best, mut client) = (f64::MAX, f64::MAX, f64::MAX);
    for round in 1..=rounds {
        let pipe_seconds = pipe::run(&stage).await?;
        let before = usage::own_cpu_seconds();
        let started = Instant::now();
        stage.first_load(round, Style::Live).await?;
        let teal_seconds = started.elapsed().as_secs_f64();
        client = client.min(usage::own_cpu_seconds() - before);
        println!("round {round}: psql pipe {pipe_seconds:.2} s, Teal {teal_seconds:.2} s");
        pipe_best = pipe_best.min(pipe_seconds);
        teal_best = teal_best.min(teal_seconds);
    }
    println!("first load: {:.2} of the speed of the pipe (aim: 0.75)", pipe_best / teal_best);
    let micros = client * 1e6 / rows_as_f64(rows);
    let peak = usage::peak_mb("self");
    println!("client: {micros:.2} µs of CPU per row, {peak} MB at most (aim: below 200 MB)");
    refreshes(&stage, rounds, rows, pipe_best).await
}

/// Batches of a loaded stream.
async fn refreshes(stage: &Stage<'_>, round: u32, rows: u64, pipe: f64) -> Outcome {
    stage.batch(round).await?; // also computes the digest that the first load left for later
    let started = Instant::now();
    stage.batch(round).await?;
    let unchanged = started.elapsed().as_secs_f64();
    stage.change(rows / 100).await?;
    let started = Instant::now();
    let report = stage.batch(round).await?;
    let changed = started.elapsed().as_secs_f64();
    stage.change(1).await?;
    let started = Instant::now();
    stage.batch(round).await?;
    let one = started.elapsed().as_secs_f64();
    for (what, seconds) in [
        ("nothing changed".to_owned(), unchanged),
        (format!("{} rows changed", report.updated), changed),
        ("one row changed".to_owned(), one),
    ] {
        println!("refresh, {what}: {seconds:.2} s, {:.2} of the time of the pipe", seconds / pipe);
    }
    Ok(())
}

fn rows_as_f64(rows: u64) -> f64 {
    u32::try_from(rows).map_or(f64::MAX, f64::from)
}

//! First load of one table against a plain `psql` pipe, in the same run. See `README.md`.
#![allow(clippy::print_stdout, reason = "the figures are the output")]

mod pipe;
mod stage;
mod usage;

use std::{env, error::Error, time::Instant};

use stage::Stage;
use teal_model::release::Style;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut arguments = env::args().skip(1);
    let rows: u64 = arguments.next().map_or(Ok(5_000_000), |text| text.parse())?;
    let rounds: u32 = arguments.next().map_or(Ok(3), |text| text.parse())?;
    let stage = Stage::set_up(rows).await?;
    let (mut pipe_best, mut teal_best, mut client) = (f64::MAX, f64::MAX, 0.0);
    for round in 1..=rounds {
        let pipe_seconds = pipe::run(&stage).await?;
        let before = usage::cpu_seconds();
        let started = Instant::now();
        stage.first_load(round, Style::Live).await?;
        let teal_seconds = started.elapsed().as_secs_f64();
        client = usage::cpu_seconds() - before;
        println!("round {round}: psql pipe {pipe_seconds:.2} s, Teal {teal_seconds:.2} s");
        pipe_best = pipe_best.min(pipe_seconds);
        teal_best = teal_best.min(teal_seconds);
    }
    println!("first load: {:.2} of the speed of the pipe (aim: 0.75)", pipe_best / teal_best);
    let micros = |seconds: f64| seconds * 1e6 / rows_as_f64(rows);
    println!("client: {:.2} µs of CPU per row, {} MB at most", micros(client), usage::peak_mb());
    refreshes(&stage, rounds, rows).await?;
    stage.tear_down().await
}

/// Batches of a loaded stream.
async fn refreshes(stage: &Stage, round: u32, rows: u64) -> Outcome<()> {
    stage.batch(round).await?; // also computes the digest that the first load left for later
    let started = Instant::now();
    stage.batch(round).await?;
    let unchanged = started.elapsed().as_secs_f64();
    stage.change(rows / 100).await?;
    let started = Instant::now();
    let report = stage.batch(round).await?;
    let changed = started.elapsed().as_secs_f64();
    println!("refresh: unchanged {unchanged:.2} s, {} rows changed {changed:.2} s", report.updated);
    stage.change(1).await?;
    let started = Instant::now();
    stage.batch(round).await?;
    println!("refresh: one row changed {:.2} s", started.elapsed().as_secs_f64());
    Ok(())
}

fn rows_as_f64(rows: u64) -> f64 {
    u32::try_from(rows).map_or(f64::MAX, f64::from)
}

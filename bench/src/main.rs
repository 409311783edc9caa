//! Figures of Teal, each as a ratio against something measured in the same run. See `README.md`.
#![allow(clippy::print_stdout, reason = "the figures are the output")]
#![allow(
    clippy::disallowed_types,
    reason = "statements of this program, no name comes from a model"
)]

mod first_load;
mod servers;
mod streams;
mod usage;

use std::{error::Error, process::ExitCode};

use clap::{Parser, Subcommand};
use servers::Servers;
use teal_devstack::{Options, process::interrupted};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Measures Teal on servers of its own.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// First load and refreshes of one table against a plain `psql` pipe
    FirstLoad(first_load::Arguments),
    /// Many small streams at a steady pace: punctuality, CPU and growth of each part
    Streams(streams::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Cli::parse().bench).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(bench: &Bench) -> Outcome {
    let options = servers::options();
    let (measured, keep) = tokio::select! {
        biased;
        () = interrupted() => (Err("interrupted".into()), false),
        measured = measure(bench, &options) => {
            let failed = measured.is_err();
            (measured, failed)
        }
    };
    servers::end(&options, keep).await?;
    measured
}

async fn measure(bench: &Bench, options: &Options) -> Outcome {
    let servers = Servers::start(options).await?;
    match bench {
        Bench::FirstLoad(arguments) => first_load::run(&servers, arguments).await,
        Bench::Streams(arguments) => streams::run(&servers, arguments).await,
    }
}

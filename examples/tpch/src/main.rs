//! The example of Teal: TPC-H tables that change, kept live and with history, and the proof.
//!
//! `make demo` runs [`demo`], `make up` and `make down` run [`keep`]. The pieces stand alone too:
//! [`load`] fills the source, [`drive`] changes it.
#![allow(
    clippy::disallowed_types,
    reason = "statements of this program, no name comes from a model"
)]

mod demo;
mod drive;
mod keep;
mod load;
mod model;
mod programs;
mod stop;
mod tables;
mod watch;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Results of the example: an example needs no codes, a sentence is enough.
pub(crate) type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Prints one line for the person who watches.
macro_rules! say {
    ($($words:tt)*) => { anstream::println!($($words)*) };
}
pub(crate) use say;

/// TPC-H tables that change, kept live and with history by Teal
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// The whole story: load, apply, change, kill, heal, prove; stops everything at the end
    Demo(demo::Arguments),
    /// Start the stack, a worker and the change driver, and leave them running
    Up(keep::Arguments),
    /// Stop what `up` started
    Down {
        /// Remove the data too
        #[arg(long)]
        wipe: bool,
    },
    /// Load TPC-H tables into a source database
    Load {
        /// URL of the source database
        #[arg(env = programs::SOURCE, hide_env_values = true)]
        source: String,
        /// 1.0 is 6 million lines
        #[arg(long, default_value_t = 0.1)]
        scale: f64,
    },
    /// Change a loaded source until Ctrl-C
    Drive {
        /// URL of the source database
        #[arg(env = programs::SOURCE, hide_env_values = true)]
        source: String,
        /// Changed rows per second
        #[arg(long, default_value_t = 200.0)]
        rate: f64,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse().verb).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("error: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                anstream::eprintln!("  caused by: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(verb: Verb) -> Result {
    match verb {
        Verb::Demo(arguments) => demo::run(&arguments).await,
        Verb::Up(arguments) => keep::up(&arguments).await,
        Verb::Down { wipe } => keep::down(wipe).await,
        Verb::Load { source, scale } => load::run(&source, scale).await,
        Verb::Drive { source, rate } => {
            let (done, stop) = (drive::Done::default(), stop::on_signal());
            drive::run(&source, rate, done.clone(), stop).await?;
            say!("{}", done.line());
            Ok(())
        }
    }
}

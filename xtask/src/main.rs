//! `cargo x`: the project's own checks, the same by hand and in CI.
//!
//! One file per command. Read first: [`check`].

mod bench;
mod check;
mod deny;
mod docs;
mod files;
mod kills;
mod process;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The project's own commands.
#[derive(Debug, Parser)]
#[command(name = "cargo x", about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Figures, on servers of their own that are gone afterwards: `first-load`, `streams`
    Bench {
        /// Passed on to the program; all figures of bench/README.md when there is nothing
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Format, lints, docs, file names and sizes, dependency policy
    Check,
    /// Only the dependency policy: licences, duplicates, one TLS provider, unused dependencies
    Deny,
    /// Write the documents that come from the program itself: the reference of the command line, of
    /// models, errors and failpoints
    Docs,
    /// Only names and sizes of files
    Files,
    /// The kill loop for as long as one likes, on servers of its own
    Kills(kills::Options),
    /// All tests, against a private development stack that is gone afterwards
    Test {
        /// Passed on to `cargo test --workspace`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Bench { arguments } => bench::run_all(&arguments),
        Command::Check => check::run(),
        Command::Deny => deny::run(),
        Command::Docs => docs::run(),
        Command::Files => files::run(),
        Command::Kills(options) => kills::run(&options),
        Command::Test { arguments } => test::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            process::say(&format!("error: {message}"));
            ExitCode::FAILURE
        }
    }
}

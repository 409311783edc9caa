//! What a person may type. Help texts are the doc comments.

use clap::{Args, Parser, Subcommand};

use crate::{
    commands::{
        apply, dev, explain, init, pause, plan, resume, run, sql, status, validate, worker,
    },
    config::ENVIRONMENT_HELP,
    ui::{Color, Format, Verbosity},
};

/// Teal runs a data ecosystem from a model.
///
/// Producers say what they have, consumers what they need; every ingestion stream between them is
/// one durable Temporal workflow.
#[derive(Debug, Parser)]
#[command(name = "teal", version, after_long_help = ENVIRONMENT_HELP, max_term_width = 100)]
#[command(subcommand_required = true, arg_required_else_help = false)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Global {
    /// Say nothing but errors; data is still printed
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Global options")]
    pub quiet: bool,
    /// Say how it is done, with logs
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub verbose: bool,
    /// When to colour (NO_COLOR is respected)
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        help_heading = "Global options"
    )]
    pub color: Color,
}

impl Global {
    /// How much is said.
    pub fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Normal,
        }
    }
}

/// `-o` of the commands that show something.
#[derive(Debug, Clone, Copy, Args)]
pub struct Output {
    /// How to write the result to stdout
    #[arg(short = 'o', long = "output", value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a folder with a model to begin with
    Init(init::Args),
    /// Check a model and show what it compiles to
    Validate(validate::Args),
    /// Show what applying a model would do
    Plan(plan::Args),
    /// Make a model true: streams, tables, views, grants
    Apply(apply::Args),
    /// Show the streams: state, last batch, lag, last error
    Status(status::Args),
    /// Run a batch of a stream now
    Run(run::Args),
    /// Stop streams from starting batches until they are resumed
    Pause(pause::Args),
    /// Let paused streams go on
    Resume(resume::Args),
    /// Do the work: host workflows and activities
    Worker(worker::Args),
    /// Query the database of the catalog, read-only
    Sql(sql::Args),
    /// Run PostgreSQL and Temporal for development on this machine
    Dev(dev::Args),
    /// Say what an error code means and what to do about it
    Explain(explain::Args),
}

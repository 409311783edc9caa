//! What a person may type. Help texts are the doc comments.

use clap::{Args, Parser, Subcommand};

use crate::{
    commands::{
        apply, audit, batches, completions, dev, discover, doctor, drop, explain, init, pause,
        plan, reload, reset, resume, resync, retry, run, schema, sql, status, validate, verify,
        worker,
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

/// The verbs. What each does is said once, above its `Args`: a comment here would take the place of
/// all that stands there.
#[derive(Debug, Subcommand)]
pub enum Command {
    Init(init::Args),
    Discover(discover::Args),
    Validate(validate::Args),
    Plan(plan::Args),
    Apply(apply::Args),
    Status(status::Args),
    Batches(batches::Args),
    Audit(audit::Args),
    Run(run::Args),
    Pause(pause::Args),
    Resume(resume::Args),
    Retry(retry::Args),
    Resync(resync::Args),
    Verify(verify::Args),
    Reset(reset::Args),
    Reload(reload::Args),
    Drop(drop::Args),
    Worker(worker::Args),
    Sql(sql::Args),
    Dev(dev::Args),
    Explain(explain::Args),
    Schema(schema::Args),
    Doctor(doctor::Args),
    Completions(completions::Args),
}

#[cfg(test)]
mod tests;

//! The command line of Teal: the binary `teal`.
//!
//! | module | holds | read first |
//! |---|---|---|
//! | [`args`] | what a person may type | [`args::Command`] |
//! | `commands` | one file for each verb | `commands/apply.rs` |
//! | `streams` | what the verbs on streams share | `streams/mod.rs` |
//! | [`ui`] | printing: errors, plans, tables, progress | [`ui::Printer`] |
//! | [`config`] | the environment | [`config::catalog`] |
//! | `pages` | the page of each error code | `pages/mod.rs` |
//! | [`exit`] | exit codes | [`exit::Exit`] |

#![allow(rustdoc::invalid_html_tags, reason = "doc comments are help texts: a <PLACE> is no HTML")]

pub mod args;
pub mod code;
mod commands;
pub mod config;
#[cfg(test)]
mod documents;
pub mod exit;
mod interrupt;
mod live;
mod model;
mod pages;
mod plan_file;
mod session;
mod since;
mod streams;
pub mod ui;

use std::{ffi::OsString, process::ExitCode};

use args::{Cli, Command};
use clap::Parser;
use exit::Exit;
use teal_activities::code as pg;
use teal_model::{Error, Result};
use teal_worker::logs;
use ui::{Printer, Verbosity};

/// Runs one command line, program name first, to its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            error.print().ok(); // nobody is left to tell when stderr is gone
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            return exit.into();
        }
    };
    let printer = Printer::new(cli.global.verbosity(), cli.global.color);
    if let Err(error) = teal_failpoint::arm(&config::failpoints()) {
        printer.error(&error);
        return Exit::Failed.into();
    }
    if printer.verbosity() == Verbosity::Verbose && !matches!(cli.command, Command::Worker(_)) {
        // A filter that cannot be read must not keep the command from its work.
        if let Err(error) = logs::init(logs::Format::Human, config::log_filter().as_deref()) {
            printer.error(&error);
        }
    }
    let exit = dispatch(&cli.command, printer).unwrap_or_else(|error| {
        printer.error(&of_command(error));
        Exit::Failed
    });
    exit.into()
}

/// What a stream does by itself after an error of PostgreSQL, a command does not: it is run again.
fn of_command(error: Error) -> Error {
    let code = error.code();
    if error.help() != code.help {
        return error;
    }
    match code {
        pg::PG0002 => error.hint("check that the server is up and reachable, and run it again"),
        pg::PG0005 => error.hint("nothing was committed: run it again"),
        pg::PG0006 => error.hint("free the resource that the message names, and run it again"),
        pg::PG0009 => error.hint("raise max_connections of the server, or run it again later"),
        _ => error,
    }
}

fn dispatch(command: &Command, printer: Printer) -> Result<Exit> {
    match command {
        Command::Init(args) => commands::init::run(args, printer),
        Command::Discover(args) => block_on(Box::pin(commands::discover::run(args, printer))),
        Command::Validate(args) => block_on(commands::validate::run(args, printer)),
        Command::Plan(args) => block_on(commands::plan::run(args, printer)),
        Command::Apply(args) => block_on(Box::pin(commands::apply::run(args, printer))),
        Command::Status(args) => block_on(Box::pin(commands::status::run(args, printer))),
        Command::Batches(args) => block_on(commands::batches::run(args, printer)),
        Command::Audit(args) => block_on(commands::audit::run(args, printer)),
        Command::Run(args) => block_on(commands::run::run(args, printer)),
        Command::Pause(args) => block_on(commands::pause::run(args, printer)),
        Command::Resume(args) => block_on(commands::resume::run(args, printer)),
        Command::Retry(args) => block_on(commands::retry::run(args, printer)),
        Command::Resync(args) => block_on(commands::resync::run(args, printer)),
        Command::Verify(args) => block_on(Box::pin(commands::verify::run(args, printer))),
        Command::Reset(args) => block_on(commands::reset::run(args, printer)),
        Command::Reload(args) => block_on(commands::reload::run(args, printer)),
        Command::Drop(args) => block_on(Box::pin(commands::drop::run(args, printer))),
        Command::Worker(args) => block_on(commands::worker::run(args, printer)),
        Command::Sql(args) => block_on(commands::sql::run(args, printer)),
        Command::Dev(args) => block_on(commands::dev::run(args, printer)),
        Command::Explain(args) => commands::explain::run(args, printer),
        Command::Schema(args) => commands::schema::run(args, printer),
        Command::Doctor(args) => block_on(Box::pin(commands::doctor::run(args, printer))),
        Command::Completions(args) => commands::completions::run(args, printer),
    }
}

/// Runs a command that talks to servers.
fn block_on(command: impl Future<Output = Result<Exit>>) -> Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(refused_by_system)?;
    runtime.block_on(command)
}

/// The operating system said no to what every command needs.
pub(crate) fn refused_by_system(error: std::io::Error) -> Error {
    Error::new(code::CLI0018).caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_does_not_go_on_by_itself() {
        for code in [pg::PG0002, pg::PG0005, pg::PG0006, pg::PG0009] {
            let error = of_command(Error::new(code));
            assert!(error.help().contains("run it again"), "{}", error.help());
        }
        assert_eq!(of_command(Error::new(pg::PG0002).hint("mine")).help(), "mine");
    }

    #[test]
    fn what_the_system_refuses_is_told_with_its_cause() {
        let error = refused_by_system(std::io::Error::other("no more threads"));
        assert_eq!(error.code(), code::CLI0018);
        assert!(error.one_line().ends_with("no more threads"), "{}", error.one_line());
    }
}

//! `teal dev`: PostgreSQL and Temporal for development, on this machine.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::{Value, json};
use teal_devstack::{Options, Progress, Stack, Status, project_root};
use teal_model::{Error, Result};

use crate::{
    args::Output,
    code,
    exit::Exit,
    ui::{
        Format, Printer,
        style::{DONE, HINT, paint},
        table::{self, Side, cell},
    },
};

/// Run PostgreSQL and Temporal for development on this machine.
///
/// Two PostgreSQL servers (a source, a merge store) and a Temporal dev server with its UI, under
/// `.teal/dev` of the project. What is missing on the machine is built or downloaded once.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  teal dev up                       start the stack, or what of it does not run
  eval \"$(teal dev env)\"            point this shell's teal at it
  teal dev down                     end it; data stays for the next `up`

Environment:
  TEMPORAL_CLI_PATH   the temporal CLI to use
  TEAL_DEV_POSTGRES   folder of PostgreSQL's programs, or `embedded`, or `embedded:18.6.0`
  TEAL_CACHE          where built tools are kept [default: ~/.cache/teal]")]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
    /// Folder of the project [default: the nearest one upwards with .teal or .git]
    #[arg(long, global = true, value_name = "FOLDER")]
    project: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Start the stack, or what of it does not run
    Up {
        /// Write only the lines for `eval` to stdout
        #[arg(long, conflicts_with = "format")]
        print_env: bool,
        #[command(flatten)]
        output: Output,
    },
    /// End the stack and the programs that run beside it
    Down {
        /// Remove all its data too
        #[arg(long)]
        wipe: bool,
        #[command(flatten)]
        output: Output,
    },
    /// Show what runs
    Status {
        #[command(flatten)]
        output: Output,
    },
    /// Write the variables that point `teal` and `temporal` at the stack
    Env {
        #[command(flatten)]
        output: Output,
    },
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let options = options(args.project.as_deref(), printer)?;
    match &args.verb {
        Verb::Up { print_env, output } => {
            let stack = Stack::up(&options).await?;
            up(&stack, *print_env, output.format, printer)?;
        }
        Verb::Down { wipe, output } => {
            if *wipe {
                Stack::wipe(&options).await?;
            } else {
                Stack::down(&options).await?;
            }
            match output.format {
                Format::Json => printer.json(&json!({ "running": false, "wiped": wipe }))?,
                Format::Text => printer.say("the stack is down"),
            }
        }
        Verb::Status { output } => {
            let status = Stack::status(&options)?;
            match output.format {
                Format::Json => printer.json(&status)?,
                Format::Text => show(&status, printer)?,
            }
            return Ok(if status.running { Exit::Done } else { Exit::Failed });
        }
        Verb::Env { output } => {
            let stack = Stack::find(&options)?.ok_or_else(|| {
                Error::new(code::CLI0016).with("project", options.project.display())
            })?;
            match output.format {
                Format::Json => printer.json(&environment(&stack))?,
                Format::Text => printer.data(&stack.environment().shell_lines())?,
            }
        }
    }
    Ok(Exit::Done)
}

fn options(project: Option<&Path>, printer: Printer) -> Result<Options> {
    let project = match project {
        Some(named) => named.to_path_buf(),
        None => {
            let here = std::env::current_dir();
            project_root(&here.map_err(|error| Error::new(code::CLI0016).caused_by(error))?)
        }
    };
    Ok(Options::dev(project, Progress::to(move |line| printer.say(&format!("  {line}")))))
}

fn up(stack: &Stack, print_env: bool, format: Format, printer: Printer) -> Result<()> {
    if print_env {
        return printer.data(&stack.environment().shell_lines());
    }
    if format == Format::Json {
        return printer.json(&json!({
            "folder": stack.folder(),
            "temporal_address": stack.temporal_address(),
            "ui_url": stack.ui_url(),
            "source_port": stack.source_port(),
            "merge_port": stack.merge_port(),
            "environment": environment(stack),
        }));
    }
    printer.say(&format!("{} the stack is up", paint(DONE, "done:")));
    printer.say(&format!("  source       127.0.0.1:{}, database source", stack.source_port()));
    printer.say(&format!("  merge store  127.0.0.1:{}, database merge", stack.merge_port()));
    printer.say(&format!("  Temporal     {}", stack.temporal_address()));
    printer.say(&format!("  Temporal UI  {}", paint(HINT, stack.ui_url())));
    printer.hint("eval \"$(teal dev env)\" points this shell's teal at it");
    Ok(())
}

fn environment(stack: &Stack) -> Value {
    let pairs = stack.environment();
    Value::Object(pairs.iter().map(|(name, value)| (name.to_owned(), value.into())).collect())
}

fn show(status: &Status, printer: Printer) -> Result<()> {
    let mut servers = table::table(&[
        ("SERVER", Side::Left),
        ("STATE", Side::Left),
        ("PID", Side::Right),
        ("ADDRESS", Side::Left),
        ("LOG", Side::Left),
    ]);
    for server in &status.servers {
        servers.add_row([
            cell(&server.name),
            cell(if server.running { "running" } else { "stopped" }),
            cell(server.pid.map(|pid| pid.to_string()).unwrap_or_default()),
            cell(&server.address),
            cell(server.log.display().to_string()),
        ]);
    }
    if status.folder.is_none() {
        printer.say("there is no stack here; `teal dev up` makes one");
        return Ok(());
    }
    printer.data(&table::render(&servers))
}

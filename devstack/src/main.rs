//! `teal-devstack`: the development stack for build scripts and tests.
//!
//! People type `teal dev`; this small binary is there before the rest of Teal is built.

use std::{
    path::PathBuf,
    process::{Command, ExitCode},
};

use clap::{Parser, Subcommand};
use teal_devstack::{Options, Progress, Stack, project_root};
use teal_model::Result;

mod with;

#[derive(Debug, Parser)]
#[command(about = "A PostgreSQL pair and a Temporal dev server for development and tests")]
struct Arguments {
    /// Folder of the project whose stack this is
    #[arg(long, global = true)]
    project: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Start the project's stack, or what of it does not run
    Up,
    /// End the project's stack
    Down {
        /// Remove its data too
        #[arg(long)]
        wipe: bool,
    },
    /// Show the project's stack as JSON
    Status,
    /// Run a command against a private stack that ends with it
    With {
        /// The command and its arguments
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let here = arguments.project.or_else(|| std::env::current_dir().ok());
    let project = project_root(&here.unwrap_or_default());
    match run(arguments.verb, project).await {
        Ok(code) => code,
        Err(error) => {
            Progress::stderr().say(format!("error{}\n  hint: {}", error.one_line(), error.help()));
            ExitCode::FAILURE
        }
    }
}

async fn run(verb: Verb, project: PathBuf) -> Result<ExitCode> {
    let options = Options::dev(project.clone(), Progress::stderr());
    match verb {
        Verb::Up => {
            let stack = Stack::up(&options).await?;
            println(&stack.environment().shell_lines());
        }
        Verb::Down { wipe: false } => Stack::down(&options).await?,
        Verb::Down { wipe: true } => Stack::wipe(&options).await?,
        Verb::Status => {
            let status = Stack::status(&options)?;
            println(&serde_json::to_string_pretty(&status).unwrap_or_default());
        }
        Verb::With { command } => {
            let mut words = command.into_iter();
            let mut command = Command::new(words.next().unwrap_or_default());
            command.args(words);
            return with::private_stack(project, command).await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn println(text: &str) {
    use std::io::Write;
    // A closed pipe is the reader's choice.
    writeln!(std::io::stdout(), "{}", text.trim_end()).ok();
}

//! `teal completions`: what a shell needs to complete command lines.

use clap::CommandFactory;
use clap_complete::Shell;
use teal_model::Result;

use crate::{args::Cli, exit::Exit, ui::Printer};

/// Write what a shell needs to complete command lines.
///
/// The script goes to stdout; where a shell looks for it is its own affair. Write it again after an
/// upgrade of `teal`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  source <(teal completions bash)    this shell only
  teal completions bash > ~/.local/share/bash-completion/completions/teal
  teal completions zsh > \"${fpath[1]}/_teal\"
  teal completions fish > ~/.config/fish/completions/teal.fish
  teal completions powershell >> $PROFILE")]
pub struct Args {
    /// The shell that reads the script
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "teal", &mut script);
    printer.data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

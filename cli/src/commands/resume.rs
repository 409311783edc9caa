//! `teal resume`: see [`super::pause`].

use teal_model::Result;
use teal_temporal::names;

use super::intent::{self, Wanted};
use crate::{args::Output, exit::Exit, streams::Choice, ui::Printer};

/// Let paused streams go on.
///
/// A batch that fell due during the pause is run at once; several that fell due are one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  teal resume live/shop history/shop/orders
  teal resume --team retail --reason 'month end is over'")]
pub struct Args {
    #[command(flatten)]
    choice: Choice,
    /// Why, for the audit
    #[arg(short, long, default_value = "")]
    reason: String,
    /// Write it to the catalog only, without Temporal or a worker
    #[arg(long)]
    local: bool,
    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let wanted = Wanted {
        verb: names::RESUME,
        wanted: "run",
        locally: "resumed in the catalog: `teal reload` lets a workflow that stands still see it",
        reason: &args.reason,
        local: args.local,
    };
    intent::say(&args.choice, &wanted, args.output, printer).await
}

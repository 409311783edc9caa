//! `teal pause`: a person's intent, written to the catalog before it is answered.

use teal_model::Result;
use teal_temporal::names;

use super::intent::{self, Wanted};
use crate::{args::Output, exit::Exit, streams::Choice, ui::Printer};

/// Stop streams from starting batches until they are resumed.
///
/// A batch that is being read or merged is finished. The pause stands in the catalog: it outlives
/// workers, restarts and the loss of Temporal's state, and ends with `teal resume` only.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  teal pause live/shop --reason 'source is being upgraded'
  teal pause live/shop history/shop/orders --reason 'month end'
  teal pause --store shop --reason 'source is being upgraded'
  teal pause 'live/*' --team retail --reason 'month end'")]
pub struct Args {
    #[command(flatten)]
    choice: Choice,
    /// Why, for the audit and for whoever looks at `teal status`
    #[arg(short, long)]
    reason: String,
    /// Write it to the catalog only, without Temporal or a worker
    #[arg(long)]
    local: bool,
    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let wanted = Wanted {
        verb: names::PAUSE,
        wanted: "paused",
        locally: "paused in the catalog: no batch begins any more",
        reason: &args.reason,
        local: args.local,
    };
    intent::say(&args.choice, &wanted, args.output, printer).await
}

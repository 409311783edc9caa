//! `teal resume`: see [`super::pause`].

use teal_model::{Result, StreamId};
use teal_proto::v1::Ask;
use teal_temporal::names;

use super::pause;
use crate::{args::Output, config, exit::Exit, ui::Printer};

/// Let paused streams go on.
///
/// A batch that fell due during the pause is run at once; several that fell due are one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  teal resume live/shop history/shop/orders")]
pub struct Args {
    /// Streams: <platform>/<store> or <platform>/<store>/<dataset>
    #[arg(required = true, value_name = "STREAM")]
    streams: Vec<StreamId>,
    /// Why, for the audit
    #[arg(short, long, default_value = "")]
    reason: String,
    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let ask = Ask { reason: args.reason.clone(), by: config::whoami(), ..Ask::default() };
    pause::tell_all(&args.streams, names::RESUME, &ask, args.output.format, printer).await
}

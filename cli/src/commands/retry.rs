//! `teal retry`: what failed is tried at once.

use teal_model::Result;
use teal_temporal::names;

use crate::{
    args::Output,
    exit::Exit,
    session::Session,
    streams::{self, Choice, Desk, Outcomes},
    ui::Printer,
};

/// Let streams that fail try again at once.
///
/// For a stream that is `failing` or `backing_off` when its cause is mended and nobody wants to wait
/// for its next probe: it tries what failed, be it a batch or a change of its tables. One that is
/// neither refuses.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  teal retry live/shop
  teal retry --store shop --reason 'the source is back'")]
pub struct Args {
    #[command(flatten)]
    choice: Choice,
    /// Why, for the audit
    #[arg(short, long, default_value = "")]
    reason: String,
    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let session = Session::open().await?;
    let chosen = args.choice.look_up(&session).await?;
    let desk = Desk::open(&session).await?;
    let ask = streams::ask(&args.reason);
    let outcomes = desk.tell_all(&chosen.streams, names::RETRY, &ask).await;
    Outcomes(outcomes).show(&chosen, args.output.format, printer)
}

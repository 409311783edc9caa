//! `teal reload`: streams read the catalog again.

use teal_model::Result;
use teal_temporal::names;

use crate::{
    args::Output,
    exit::Exit,
    session::Session,
    streams::{self, Choice, Desk, Outcomes},
    ui::Printer,
};

/// Let streams take over what the catalog holds.
///
/// `teal apply` does it for every stream that it changes; by hand it is for a stream whose row in
/// the catalog was written without its workflow: a restored catalog, `teal resume --local`. Answers
/// when tables and views stand as the configuration wants them, or why they cannot.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  teal reload live/shop
  teal reload '*' --reason 'the catalog was restored'")]
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
    let outcomes = desk.tell_all(&chosen.streams, names::RELOAD, &ask).await;
    Outcomes(outcomes).show(&chosen, args.output.format, printer)
}

//! `teal reload`: streams read the catalog again.

use teal_model::Result;
use teal_temporal::names;

use super::tell::{Told, tell};
use crate::{exit::Exit, ui::Printer};

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
    told: Told,
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    tell(&args.told, names::RELOAD, printer).await
}

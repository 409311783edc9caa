//! `teal retry`: what failed is tried at once.

use teal_model::Result;
use teal_temporal::names;

use super::tell::{Told, tell};
use crate::{exit::Exit, ui::Printer};

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
    told: Told,
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    tell(&args.told, names::RETRY, printer).await
}

//! What `retry` and `reload` share: an update with a reason, told to the workflows of streams.

use teal_model::Result;

use crate::{
    args::Output,
    exit::Exit,
    session::Session,
    streams::{self, Choice, Desk, Outcomes},
    ui::Printer,
};

/// Which streams, and why.
#[derive(Debug, clap::Args)]
pub(super) struct Told {
    #[command(flatten)]
    choice: Choice,
    /// Why, for the audit
    #[arg(short, long, default_value = "")]
    reason: String,
    #[command(flatten)]
    output: Output,
}

/// Tells them, and shows how each answered.
pub(super) async fn tell(told: &Told, update: &str, printer: Printer) -> Result<Exit> {
    let session = Session::open().await?;
    let chosen = told.choice.look_up(&session).await?;
    let desk = Desk::open(&session).await?;
    let outcomes = desk.tell_all(&chosen.streams, update, &streams::ask(&told.reason)).await;
    Outcomes(outcomes).show(&chosen, told.output.format, printer)
}

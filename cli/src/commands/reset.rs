//! `teal reset`: a batch that is stuck is given up.

use teal_activities::stream;
use teal_model::Result;
use teal_proto::v1::ResetRequest;
use teal_temporal::names;

use crate::{
    args::Output,
    config,
    exit::Exit,
    session::Session,
    streams::{self, Choice, Danger, Desk, Done, Outcomes},
    ui::{Printer, progress::Line, units},
};
use tokio_util::sync::CancellationToken;

/// Give up the open batch of streams.
///
/// For a batch that is stuck. Whoever works on it loses the right to commit, its connections to
/// source and merge store are ended and its staging is dropped; nothing of it reaches the merge
/// tables. The next try takes a new number, at once unless the stream is paused. A committed batch
/// stays as it is.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  teal reset live/shop --reason 'the source hangs'
  teal reset 'live/*' --yes
  teal reset live/shop --local       without Temporal or a worker")]
pub struct Args {
    #[command(flatten)]
    choice: Choice,
    /// Why, for the audit
    #[arg(short, long, default_value = "")]
    reason: String,
    /// Do it in this process, without Temporal
    #[arg(long)]
    local: bool,
    /// Go on without asking, also for several streams
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let session = Session::open().await?;
    let chosen = args.choice.look_up(&session).await?;
    Danger::Several("give up the open batches").confirm(&chosen, args.yes, printer)?;
    let outcomes = if args.local {
        let line = Line::start(printer, CancellationToken::new());
        streams::each_locally(&chosen.streams, async |stream| {
            let request = ResetRequest {
                stream: stream.to_string(),
                reason: args.reason.clone(),
                by: config::whoami(),
            };
            let report = Box::pin(stream::reset(&session.io, &request, &line)).await?;
            let staged = units::counted(report.staged_rows, "staged row");
            Ok(Done::said(&format!(
                "batch {} was {} and is given up, {staged} dropped; the next try takes a new number",
                report.batch, report.status,
            )))
        })
        .await
    } else {
        let desk = Desk::open(&session).await?;
        desk.tell_all(&chosen.streams, names::RESET, &streams::ask(&args.reason)).await
    };
    Outcomes(outcomes).show(&chosen, args.output.format, printer)
}

//! `teal run`: one batch of a stream, now; on its workflow, or in this process.

mod durable;

use teal_model::{Result, StreamId};
use teal_proto::v1::MergeReport;

use crate::{
    args::Output,
    exit::Exit,
    ui::{
        Format, Printer,
        style::{DONE, NAME, paint},
        units,
    },
};

/// Run a batch of a stream now.
///
/// Asks the stream's workflow for a batch, waits for it and prints what it changed. During a run
/// exactly one more follows. Interrupting the wait leaves the batch running.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  teal run live/shop                 ask the workflow and wait
  teal run live/shop --no-wait       ask and return
  teal run live/shop --accept        let a batch pass that deletes more than max_delete")]
pub struct Args {
    /// <platform>/<store> or <platform>/<store>/<dataset>
    stream: StreamId,
    /// Return as soon as the stream has accepted
    #[arg(long)]
    no_wait: bool,
    /// Let this batch delete more rows than max_delete allows
    #[arg(long)]
    accept: bool,
    /// Why, for the audit
    #[arg(short, long, default_value = "")]
    reason: String,
    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    durable::run(args, printer).await
}

/// What the batch did: data, so stdout.
fn report(stream: &StreamId, report: &MergeReport, format: Format, printer: Printer) -> Result<()> {
    match format {
        Format::Json => printer.json(&serde_json::json!({ "stream": stream, "report": report })),
        Format::Text => printer.data(&report_line(stream, report)),
    }
}

fn report_line(stream: &StreamId, report: &MergeReport) -> String {
    let changes = if report.inserted + report.updated + report.deleted == 0 {
        "no change".to_owned()
    } else {
        units::changes(report.inserted, report.updated, report.deleted)
    };
    let again = if report.already_committed { " (committed earlier)" } else { "" };
    format!(
        "{} {} batch {}: {changes}, {} staged, {}{again}",
        paint(DONE, "committed"),
        paint(NAME, stream),
        report.batch,
        units::counted(report.staged_rows, "row"),
        units::millis(report.duration_ms),
    )
}

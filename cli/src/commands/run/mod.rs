//! `teal run`: one batch of a stream, now; on its workflow, or in this process.

mod durable;
mod local;

use serde_json::{Value, json};
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
  teal run live/shop --accept        let a batch pass that deletes more than max_delete
  teal run live/shop --local         do it here, without Temporal or a worker")]
pub struct Args {
    /// <platform>/<store> or <platform>/<store>/<dataset>
    stream: StreamId,
    /// Return as soon as the stream has accepted
    #[arg(long, conflicts_with = "local")]
    no_wait: bool,
    /// Let this batch delete more rows than max_delete allows
    #[arg(long)]
    accept: bool,
    /// Do the work in this process, without Temporal
    #[arg(long)]
    local: bool,
    /// Why, for the audit
    #[arg(short, long, default_value = "")]
    reason: String,
    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    if args.local { local::run(args, printer).await } else { durable::run(args, printer).await }
}

/// What the batch did: data, so stdout.
fn report(stream: &StreamId, report: &MergeReport, format: Format, printer: Printer) -> Result<()> {
    match format {
        Format::Json => printer.json(&as_json(stream, report)),
        Format::Text => printer.data(&report_line(stream, report)),
    }
}

/// Protobuf's own JSON writes 64-bit numbers as text; here they are numbers.
fn as_json(stream: &StreamId, report: &MergeReport) -> Value {
    json!({
        "stream": stream,
        "batch": report.batch,
        "staged_rows": report.staged_rows,
        "inserted": report.inserted,
        "updated": report.updated,
        "deleted": report.deleted,
        "unchanged": report.unchanged,
        "merge_ms": report.duration_ms,
        "committed_at": units::rfc3339(report.committed_at_ms),
        "next_due_at": units::rfc3339(report.next_due_at_ms),
        "already_committed": report.already_committed,
    })
}

fn report_line(stream: &StreamId, report: &MergeReport) -> String {
    let changes = if report.inserted + report.updated + report.deleted == 0 {
        "no change".to_owned()
    } else {
        units::changes(report.inserted, report.updated, report.deleted)
    };
    let again = if report.already_committed { " (committed earlier)" } else { "" };
    format!(
        "{} {} batch {}: {changes}, {} staged, merged in {}{again}",
        paint(DONE, "committed"),
        paint(NAME, stream),
        report.batch,
        units::counted(report.staged_rows, "row"),
        units::millis(report.duration_ms),
    )
}

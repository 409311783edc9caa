//! `teal batches`: what a stream did, from the ledger alone.

mod render;

use jiff::Timestamp;
use serde_json::json;
use teal_activities::catalog::{
    control,
    status::{self, BatchFilter},
};
use teal_model::{Error, Result, StreamId};

use crate::{
    args::Output,
    code,
    exit::Exit,
    session::Session,
    since,
    ui::{Format, Printer, batch, table, units::Clock},
};

/// Words of a batch's status.
const STATUSES: [&str; 5] = ["started", "ingested", "committed", "failed", "abandoned"];

/// Show what a stream did: its batches, or one of them in detail.
///
/// Reads the ledger alone. Of one batch everything is shown: what each dataset pulled and changed,
/// how long reading and merging took, which worker did it, which snapshot of the source it read, and
/// why it failed. Batches that changed nothing are forgotten after 30 days.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  teal batches live/shop
  teal batches live/shop 1421                  one batch in detail
  teal batches live/shop --status failed --since 2d
  teal batches live/shop --dataset orders --changed --limit 100
  teal batches live/shop -o json | jq '.[] | {batch, inserted, merge_ms}'")]
pub struct Args {
    /// Stream: <platform>/<store> or <platform>/<store>/<dataset>
    #[arg(value_name = "STREAM")]
    stream: StreamId,
    /// One batch, by its number
    #[arg(value_name = "BATCH", conflicts_with_all = ["statuses", "since", "changed", "limit"])]
    batch: Option<u32>,
    /// Only those in this state; may be given more than once
    #[arg(long = "status", value_name = "STATUS", value_parser = STATUSES)]
    statuses: Vec<String>,
    /// Only those begun since then: 2h, 3d, 2026-11-27, '2026-11-27 03:00'
    #[arg(long, value_name = "WHEN", value_parser = since::parse)]
    since: Option<Timestamp>,
    /// Only those that read this dataset, with the counts of it
    #[arg(long)]
    dataset: Option<String>,
    /// Only those that inserted, updated or deleted rows
    #[arg(long)]
    changed: bool,
    /// Most of them, newest first
    #[arg(long, default_value_t = 20, value_name = "NUMBER")]
    limit: u32,
    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let session = Session::open().await?;
    let stream = control::find(session.io.control(), &args.stream)
        .await?
        .ok_or_else(|| Error::new(code::CLI0010).with("stream", &args.stream))?;
    if let Some(dataset) = &args.dataset
        && stream.spec.dataset(dataset).is_none()
    {
        let known: Vec<&str> = stream.spec.datasets.iter().map(|d| d.name.as_str()).collect();
        printer.warn(&format!(
            "{} has no dataset `{dataset}` now; it has {}",
            args.stream,
            known.join(", ")
        ));
    }
    let filter = BatchFilter {
        batch: args.batch,
        statuses: args.statuses.clone(),
        since: args.since,
        dataset: args.dataset.clone(),
        changed: args.changed,
        limit: args.limit,
    };
    let batches = status::batches(session.io.control(), &args.stream, &filter).await?;
    let clock = Clock::now();
    match (args.output.format, args.batch, batches.first()) {
        (_, Some(number), None) => {
            return Err(Error::new(code::CLI0071)
                .with("stream", &args.stream)
                .with("batch", number));
        }
        (Format::Json, Some(_), Some(batch)) => printer.json(&json!({
            "stream": args.stream,
            "batch": batch,
        }))?,
        (Format::Json, None, _) => printer.json(&batches)?,
        (Format::Text, Some(_), Some(batch)) => {
            let width = table::terminal_width();
            printer.data(&render::detail(&args.stream, batch, &clock, width))?;
        }
        (Format::Text, None, None) => printer.say("no batch is like that"),
        (Format::Text, None, Some(_)) => {
            let of_dataset;
            let shown = if args.dataset.is_some() {
                of_dataset = batches.iter().map(render::of_dataset).collect::<Vec<_>>();
                &of_dataset
            } else {
                &batches
            };
            printer.data(&batch::table(shown, &clock, table::terminal_width()))?;
            if batches.len() == usize::try_from(args.limit).unwrap_or(usize::MAX) {
                printer.hint(&format!("older ones are shown by `--limit`, now {}", args.limit));
            }
        }
    }
    Ok(Exit::Done)
}

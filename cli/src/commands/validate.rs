//! `teal validate`: is the model right, and what does it become?

use std::path::PathBuf;

use serde_json::json;
use teal_model::{
    Diagnostics, Result,
    release::{Job, Release},
    schedule::Schedule,
};

use crate::{
    args::Output,
    exit::Exit,
    live, model,
    ui::{
        Format, Printer, diagnostic,
        style::{DONE, STRONG, paint},
        table::{self, Side, cell},
        units::counted,
    },
};

/// Check a model and show what it compiles to.
///
/// Reads nothing but the files: no database, no network. All mistakes are reported, not the first.
/// With --live the sources are asked, too: whether they have the tables, columns, types, keys and
/// grants that the model wants. No catalog is needed, only the sources' credentials. A source that
/// does not answer was not checked: exit code 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  teal validate                     the model in ./model, or else in the current folder
  teal validate shop.yaml web/      a file and a folder
  teal validate --live              and whether the sources have what it wants
  teal validate -o json | jq .diagnostics")]
pub struct Args {
    /// Files, and folders searched for *.yaml and *.yml [default: `model/` or else `.`]
    paths: Vec<PathBuf>,
    /// Compare every dataset with its source, too
    #[arg(long)]
    live: bool,
    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let files = model::read_files(&args.paths)?;
    let compiled = teal_model::load(&files);
    let mut exit = Exit::Done;
    if let (true, Ok(release)) = (args.live, &compiled) {
        let (found, all_answered) = live::compare(release, &files, printer).await;
        if !all_answered {
            exit = Exit::Failed; // what was asked for was not checked
        }
        if !found.is_empty() {
            if args.output.format == Format::Json {
                printer.json(&as_json(files.len(), &Err(found.clone())))?;
            }
            printer.stderr(&diagnostic::render_differences(&found));
            return Ok(Exit::Failed);
        }
    }
    if args.output.format == Format::Json {
        printer.json(&as_json(files.len(), &compiled))?;
    }
    match compiled {
        Ok(release) => {
            if args.output.format == Format::Text {
                printer.data(&summary(&release))?;
            }
            printer.say(&format!(
                "{} {} in {}, release {}",
                paint(DONE, "valid:"),
                release.ecosystem,
                counted(files.len() as u64, "file"),
                short(&release.hash())
            ));
            Ok(exit)
        }
        Err(found) => {
            printer.stderr(&diagnostic::render(&found));
            Ok(Exit::Failed)
        }
    }
}

/// First characters of a hash: enough to tell two apart, short enough to read.
pub(crate) fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

fn as_json(files: usize, compiled: &Result<Release, Diagnostics>) -> serde_json::Value {
    match compiled {
        Ok(release) => json!({
            "valid": true,
            "files": files,
            "diagnostics": [],
            "hash": release.hash(),
            "release": release,
        }),
        Err(found) => json!({ "valid": false, "files": files, "diagnostics": found }),
    }
}

fn summary(release: &Release) -> String {
    let mut text = format!("{} ({})\n", paint(STRONG, "Streams"), release.jobs.len());
    let mut streams = table::table(&[
        ("STREAM", Side::Left),
        ("STYLE", Side::Left),
        ("DATASETS", Side::Right),
        ("SCHEDULE", Side::Left),
        ("INGEST", Side::Left),
        ("MERGE", Side::Left),
        ("PRIORITY", Side::Left),
        ("NEEDED BY", Side::Left),
    ]);
    for Job { stream, needed_by, priority } in &release.jobs {
        streams.add_row([
            cell(&stream.id),
            cell(stream.style.as_str()),
            cell(stream.datasets.len()),
            cell(schedule(&stream.schedule)),
            cell(&stream.ingest_size.class),
            cell(&stream.merge_size.class),
            cell(priority.as_str()),
            cell(needed_by.join(", ")),
        ]);
    }
    table::fit(&mut streams, &["PRIORITY", "INGEST", "MERGE", "STYLE", "NEEDED BY"]);
    text.push_str(&table::render(&streams));
    text.push_str(&format!("\n\n{} ({})\n", paint(STRONG, "Workspaces"), release.workspaces.len()));
    let mut workspaces = table::table(&[
        ("WORKSPACE", Side::Left),
        ("TEAM", Side::Left),
        ("VIEWS", Side::Right),
        ("READER ROLE", Side::Left),
    ]);
    for workspace in &release.workspaces {
        workspaces.add_row([
            cell(&workspace.name),
            cell(&workspace.team),
            cell(workspace.views.len()),
            cell(workspace.reader_role.as_deref().unwrap_or("external")),
        ]);
    }
    text.push_str(&table::render(&workspaces));
    text
}

/// As the model writes it: `every 5 min`, `cron */5 * * * * UTC`, `external`.
pub(crate) fn schedule(schedule: &Schedule) -> String {
    match schedule {
        Schedule::Every { seconds } => {
            format!("every {}", crate::ui::units::millis(u64::from(*seconds) * 1_000))
        }
        Schedule::Cron { expression, timezone } => format!("cron {expression} {timezone}"),
        Schedule::External => "external".to_owned(),
    }
}

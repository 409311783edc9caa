//! `teal doctor`: is everything there that Teal needs, and what is to be done where it is not?

mod render;
mod temporal;

use std::path::{Path, PathBuf};

use serde_json::json;
use teal_activities::doctor::{self, Report, Verdict};
use teal_model::{
    Result,
    release::{CredentialStore, Release},
};

use crate::{
    args::Output,
    config,
    exit::Exit,
    model,
    session::Session,
    ui::{Format, Printer},
};

/// Check what could make the first day fail, and print what to do.
///
/// Looks at versions, connections, credentials, clocks, settings, rights, search attributes and
/// workers, for a model or for what is installed; it needs no more than the files of a model.
/// Prints the exact statements that are missing, by server and by who has to run them. Changes
/// nothing anywhere. Exits with 1 when something will not work.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  teal doctor                        the model in ./model, or else what is installed
  teal doctor examples/tpch/model
  teal doctor -o json | jq '.scripts[].statements[]' -r")]
pub struct Args {
    /// Files, and folders searched for *.yaml and *.yml [default: `model/` where there is one, or else
    /// the installed release]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let mut report = Report::default();
    report.ok(TEAL, "version", env!("CARGO_PKG_VERSION"));
    let session = Session::open().await.ok(); // why not is told with the catalog
    let installed = session.as_ref().map(|session| &session.installed.release);
    let of_model = of_model(args, printer, &mut report)?;
    let release = of_model.as_ref().or(installed);
    about(release, of_model.is_some(), &mut report);
    let credentials = release
        .map_or_else(config::default_credentials, |release| release.services.credentials.clone());
    catalog(release, &credentials, &mut report).await;
    if let Some(release) = release {
        doctor::databases(release, &credentials, &mut report).await;
    }
    temporal::examine(release, installed.is_some(), &mut report).await;
    match args.output.format {
        Format::Json => printer.json(&as_json(&report))?,
        Format::Text => printer.data(&render::text(&report))?,
    }
    Ok(if report.verdict() == Verdict::Fail { Exit::Failed } else { Exit::Done })
}

/// Subject of what is neither a database nor Temporal.
const TEAL: &str = "teal";

/// The model of the command line, or of the folder `model/`; `None`: there is none, or it has
/// mistakes, which are told.
fn of_model(args: &Args, printer: Printer, report: &mut Report) -> Result<Option<Release>> {
    let default = Path::new(model::DEFAULT_FOLDER);
    if args.paths.is_empty() && !default.is_dir() {
        return Ok(None);
    }
    let release = model::compile_known(&args.paths, printer)?.map(|(release, _known)| release);
    if release.is_none() {
        report.fail(
            TEAL,
            "model",
            "it has mistakes",
            "mend them: `teal validate` shows them again",
        );
    }
    Ok(release)
}

fn about(release: Option<&Release>, is_model: bool, report: &mut Report) {
    let Some(release) = release else {
        let help = "give the folder of a model to look at its databases: `teal doctor <folder>`";
        return report.warn(TEAL, "release", "no model, and nothing installed", help);
    };
    let origin = if is_model { "of the model" } else { "as installed" };
    let (name, streams) = (&release.ecosystem, release.jobs.len());
    report.ok(TEAL, "release", format!("{name}, {origin}: {streams} streams"));
}

async fn catalog(release: Option<&Release>, credentials: &CredentialStore, report: &mut Report) {
    match config::catalog() {
        Ok(catalog) => doctor::catalog(&catalog, release, credentials, report).await,
        Err(error) => report.fail("catalog", "TEAL_CATALOG", error.code().title, error.help()),
    }
}

fn as_json(report: &Report) -> serde_json::Value {
    json!({
        "healthy": report.verdict() != Verdict::Fail,
        "failures": report.count(Verdict::Fail),
        "warnings": report.count(Verdict::Warn),
        "checks": report.checks,
        "scripts": report.scripts,
    })
}

//! Differences between a model and its live sources, with their places in the model's files.

use std::path::PathBuf;

use sqlx::postgres::PgConnectOptions;
use teal_activities::{
    Io,
    plan::sources::{self, Finding, Findings},
    source::Subject,
};
use teal_model::{
    Diagnostic, Diagnostics, Documents, Error, ModelFile, Part, Result, release::Release,
};

use crate::{
    exit::Exit,
    model,
    ui::{Printer, diagnostic},
};

/// Asks all sources; also whether each of them answered, which is told where one did not. `files` are
/// those of the release.
pub(crate) async fn compare(
    release: &Release,
    files: &[ModelFile],
    printer: Printer,
) -> (Diagnostics, bool) {
    // Sources need credentials only: the catalog of this `Io` is never opened.
    let credentials = release.services.credentials.clone();
    let nowhere = PgConnectOptions::new_without_pgpass();
    let io = Io::new(nowhere, credentials, "teal validate", 1);
    let look = sources::look(&io, release, |_, _| true).await;
    for (source, why) in &look.silent {
        printer.warn(&format!("the model was not compared with {source}: {}", why.one_line()));
        printer.detail(why.help());
    }
    (located(&look.findings, files), look.silent.is_empty())
}

/// Shows why a plan was refused, where that was a difference between model and sources; any other
/// error comes back.
pub(crate) fn told(error: Error, paths: &[PathBuf], printer: Printer) -> Result<Exit> {
    let Some(Findings(findings)) = Findings::of(&error) else { return Err(error) };
    let files = model::read_files(paths)?;
    printer.stderr(&diagnostic::render_differences(&located(findings, &files)));
    Ok(Exit::Failed)
}

fn located(findings: &[Finding], files: &[ModelFile]) -> Diagnostics {
    // The files compiled a moment ago; where somebody changed them since, places are left out.
    let documents = teal_model::read(files).ok();
    let found = findings.iter().map(|finding| diagnostic_of(finding, documents.as_ref()));
    Diagnostics::new(found.collect())
}

fn diagnostic_of(finding: &Finding, documents: Option<&Documents>) -> Diagnostic {
    let Finding { store, dataset, difference } = finding;
    let part = match &difference.subject {
        Subject::Table => Part::Table,
        Subject::Key => Part::Key,
        Subject::Column(name) => Part::Column(name),
    };
    Diagnostic {
        code: difference.code,
        message: format!("{store}:{dataset}: {}", difference.message),
        help: difference.help.clone(),
        place: documents.and_then(|documents| documents.place_of(store, dataset, part)),
        related: Vec::new(),
    }
}

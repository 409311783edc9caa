//! `teal discover`: what a database has becomes files of the model.

mod files;
mod show;
mod target;

use std::path::{Path, PathBuf};

use teal_activities::source::postgres::discover;
use teal_model::{
    Documents, Error, ModelFile, Result,
    discover::{Change, Draft, FileChange, datastore_text, draft, workspace_text},
};

use self::{
    files::{Edit, apply},
    target::{Target, open},
};
use crate::{
    args::Output,
    code,
    exit::Exit,
    model,
    ui::{Format, Printer, diagnostic},
};

/// Write what a database has into the model.
///
/// Reads the catalogue of a PostgreSQL database, no rows, and writes a file `kind: Dataset` for each
/// table: key, columns, types, comments, sizes. These files are written anew by each run. The
/// Datastore is written once and then yours; what you say there about a dataset counts, and stays.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "teal discover [OPTIONS] [URL] [MODEL]",
    after_help = "\
Examples:
  teal discover postgres://reader@db.example:5432/shop
  teal discover postgres://reader@db.example/shop --schema sales --schema audit --exclude '*_old'
  teal discover postgres://reader@db.example/shop --workspace reporting
  teal discover --store shop                 again, by the credential of the model
  teal discover --store shop --diff --detailed-exitcode
                                             0: nothing to do, 2: changes, 1: error; writes nothing

The password comes from the URL, PGPASSWORD or ~/.pgpass, and is written nowhere. In a URL other
users of this machine may see it."
)]
pub struct Args {
    /// Address of the database (postgres://user@host:port/database?sslmode=…), and the folder of the
    /// model [default: `model/` or else `.`]
    #[arg(value_name = "URL|MODEL", num_args = 0..=2)]
    places: Vec<String>,
    /// Name of the store in the model [default: the one at this address, or after the database]
    #[arg(long, value_name = "NAME")]
    store: Option<String>,
    /// Schema to look at; may be repeated [default: as the Datastore says, or `public`]
    #[arg(long = "schema", value_name = "NAME")]
    schemas: Vec<String>,
    /// Tables to look at, by name or pattern (`order*`, `sales.*`); may be repeated
    #[arg(long = "table", value_name = "PATTERN")]
    tables: Vec<String>,
    /// Tables to leave out, by name or pattern; may be repeated
    #[arg(long, value_name = "PATTERN")]
    exclude: Vec<String>,
    /// Leave out views and materialised views
    #[arg(long)]
    no_views: bool,
    /// Leave out foreign tables
    #[arg(long)]
    no_foreign_tables: bool,
    /// Owner of a new store and workspace [default: the only team of the model]
    #[arg(long, value_name = "ZONE/TEAM")]
    team: Option<String>,
    /// Name of the credential of a new store [default: the name of the store and `_reader`]
    #[arg(long, value_name = "NAME")]
    credential: Option<String>,
    /// Write a workspace of this name that wants all datasets, unless there is one
    #[arg(long, value_name = "NAME")]
    workspace: Option<String>,
    /// Show what would change, as a unified diff; write nothing
    #[arg(long)]
    diff: bool,
    /// Remove the files of datasets whose table is gone
    #[arg(long)]
    prune: bool,
    /// Exit with 2 when something changed, or would
    #[arg(long)]
    detailed_exitcode: bool,
    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let (url, folder) = places(&args.places)?;
    let before = model::read_files(std::slice::from_ref(&folder))
        .map_err(|error| error.hint("`teal init` makes a model to begin with"))?;
    let folder = folder.strip_prefix(".").unwrap_or(&folder);
    let documents = match teal_model::read(&before) {
        Ok(documents) => documents,
        Err(found) => {
            printer.stderr(&diagnostic::render(&found));
            return Ok(Exit::Failed);
        }
    };
    let target = Target::choose(args, url.as_deref(), &documents, folder)?;
    if let Some(warning) = &target.warning {
        printer.warn(warning);
    }
    let mut connection = open(&target, &documents).await?;
    let discovery = discover::discover(&mut connection, &target.selection).await?;
    drop(connection); // it has only read
    let Some((mut draft, mut edits)) = drafted(&target, before.clone(), &discovery.found) else {
        return Err(Error::new(code::CLI0054).with("store", &target.store));
    };
    if target.new.is_some() && found_nothing(&draft) {
        return Err(nothing(&target, &discovery.other_schemas));
    }
    let wanted = workspace(args, &target, &documents, folder, &draft)?;
    edits.extend(wanted.edit);
    edits.extend(draft.files.iter().map(Edit::of));
    if args.prune {
        edits.extend(draft.vanished.iter().map(Edit::of));
    }
    draft.notes.extend(target.note.clone());
    let after = files::after(before, &edits);
    if !args.diff {
        apply(&edits)?;
    }
    let mistakes = teal_model::load(&after).err();
    let shown = show::Shown {
        target: &target,
        draft: &draft,
        edits: &edits,
        mistakes: mistakes.as_ref(),
        credentials: teal_model::read(&after)
            .ok()
            .and_then(|documents| teal_model::source_of(&documents, &target.store))
            .map(|(_, store)| store),
        unwanted: wanted.unwanted,
        diff: args.diff,
        prune: args.prune,
    };
    match args.output.format {
        Format::Json => printer.json(&shown.json())?,
        Format::Text if args.diff => printer.data(&files::diff(&edits))?,
        Format::Text => printer.data(&shown.text())?,
    }
    shown.say(printer);
    Ok(if args.detailed_exitcode && !edits.is_empty() { Exit::Changes } else { Exit::Done })
}

/// Tells the URL from the folder.
///
/// # Errors
/// `CLI0053` for two of a kind; the URL is never printed.
fn places(places: &[String]) -> Result<(Option<String>, PathBuf)> {
    let (urls, folders): (Vec<&String>, Vec<&String>) =
        places.iter().partition(|place| place.contains("://"));
    let folder = match folders.as_slice() {
        [] => model::default_folder(),
        [folder] => PathBuf::from(folder),
        _ => return Err(Error::new(code::CLI0053).with("problem", "two folders are given")),
    };
    if folder.is_file() {
        return Err(Error::new(code::CLI0053)
            .with("problem", "the model must be a folder")
            .with("path", folder.display()));
    }
    match urls.as_slice() {
        [] => Ok((None, folder)),
        [url] => Ok((Some((*url).clone()), folder)),
        _ => Err(Error::new(code::CLI0053).with("problem", "two addresses are given")),
    }
}

/// What is to be written; the document of a new store tells what is left out.
fn drafted(
    target: &Target,
    mut files: Vec<ModelFile>,
    found: &teal_model::discover::Found,
) -> Option<(Draft, Vec<Edit>)> {
    let folder = target.folder.display().to_string();
    let text = |draft: &Draft| {
        let new = target.new.as_ref()?;
        Some(datastore_text(new, &target.folder_shown(), &draft.left_out))
    };
    let first = text(&Draft::default());
    files.extend(first.map(|text| ModelFile::new(target.file.display().to_string(), text)));
    let documents = teal_model::read(&files).ok()?;
    let draft = draft(&documents, &target.store, &folder, &target.selection, found)?;
    let edits = text(&draft).map(|text| Edit::create(target.file.clone(), text));
    Some((draft, edits.into_iter().collect()))
}

/// What `--workspace` asks for, or what nobody wants yet.
struct Wanted {
    edit: Option<Edit>,
    unwanted: Vec<String>,
}

fn workspace(
    args: &Args,
    target: &Target,
    documents: &Documents,
    folder: &Path,
    draft: &Draft,
) -> Result<Wanted> {
    let known = args.workspace.as_ref().is_some_and(|name| {
        documents.workspaces.iter().any(|workspace| workspace.name.value == *name)
    });
    if let Some(name) = args.workspace.as_ref().filter(|_| !known) {
        let team = target::team(args, documents)?;
        let file = folder.join("workspaces").join(format!("{name}.yaml"));
        let text = workspace_text(name, &team, &target.store, &draft.datasets);
        return Ok(Wanted { edit: Some(Edit::create(file, text)), unwanted: Vec::new() });
    }
    let sinks: Vec<&teal_model::document::workspace::Sink> = documents
        .workspaces
        .iter()
        .flat_map(|workspace| workspace.groups.iter())
        .flat_map(|group| group.value.sinks.iter().map(|sink| &sink.value))
        .collect();
    let is_wanted = |dataset: &String| {
        sinks.iter().any(|sink| sink.store == target.store && sink.dataset == *dataset)
    };
    let unwanted = draft.datasets.iter().filter(|dataset| !is_wanted(dataset)).cloned();
    Ok(Wanted { edit: None, unwanted: unwanted.collect() })
}

fn found_nothing(draft: &Draft) -> bool {
    draft.datasets.is_empty() && draft.left_out.is_empty() && draft.by_hand == 0
}

/// A store without tables is none; often the schema is another one.
fn nothing(target: &Target, others: &[(String, i64)]) -> Error {
    let others: Vec<String> =
        others.iter().map(|(name, tables)| format!("{name} ({tables})")).collect();
    let others = if others.is_empty() { "none".to_owned() } else { others.join(", ") };
    Error::new(code::CLI0057)
        .with("schemas", target.selection.schemas.join(", "))
        .with("other_schemas_with_tables", others)
}

impl Edit {
    fn of(change: &FileChange) -> Self {
        Self {
            path: PathBuf::from(&change.path),
            change: change.change,
            old: change.old.clone(),
            new: change.new.clone(),
        }
    }

    fn create(path: PathBuf, new: String) -> Self {
        Self { path, change: Change::Create, old: String::new(), new }
    }
}

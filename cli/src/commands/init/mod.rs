//! `teal init`: a folder with a model to begin with.

mod skeleton;

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::json;
use teal_model::{Error, Result, discover::legal_name};

use self::skeleton::{Names, skeleton};
use crate::{
    args::Output,
    code,
    exit::Exit,
    ui::{
        Format, Printer,
        style::{DONE, paint},
    },
};

/// Make a folder with a model to begin with.
///
/// The model is small, commented and valid: an ecosystem, a team, one stack of services, the platform
/// `live`. `teal discover` adds databases to it. Asks nothing, and overwrites nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  teal init my-data
  teal init . --name acme --team retail/online
  cd my-data && teal validate")]
pub struct Args {
    /// Folder to make; `.` is the current one
    folder: PathBuf,
    /// Name of the ecosystem [default: after the folder]
    #[arg(long)]
    name: Option<String>,
    /// Zone and team that own the first objects
    #[arg(long, value_name = "ZONE/TEAM", default_value = "company/data")]
    team: String,
    /// Write the files of the skeleton anew where they exist
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    output: Output,
}

pub(crate) fn run(args: &Args, printer: Printer) -> Result<Exit> {
    let names =
        Names::of(args.name.clone().map_or_else(|| after_folder(&args.folder), Ok)?, &args.team)?;
    let files: Vec<(PathBuf, String)> =
        skeleton(&names).into_iter().map(|(path, text)| (args.folder.join(path), text)).collect();
    if !args.force {
        refuse_existing(&args.folder, &files)?;
    }
    for (path, text) in &files {
        write(path, text)?;
    }
    let paths: Vec<String> = files.iter().map(|(path, _)| path.display().to_string()).collect();
    match args.output.format {
        Format::Json => printer.json(&json!({
            "folder": args.folder,
            "ecosystem": names.ecosystem,
            "team": names.team(),
            "files": paths,
        }))?,
        Format::Text => printer.data(&paths.join("\n"))?,
    }
    printer.say(&format!("{} ecosystem {}", paint(DONE, "made:"), names.ecosystem));
    let enter = match args.folder.as_path() {
        here if here == Path::new(".") => String::new(),
        folder => format!("cd {} && ", shell(&folder.display().to_string())),
    };
    printer.hint(&format!(
        "{enter}teal discover postgres://user@host:5432/database; README.md says what to fill in"
    ));
    Ok(Exit::Done)
}

/// A word as a shell reads it.
fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// A legal name after that of the folder.
fn after_folder(folder: &Path) -> Result<String> {
    let unnamed = |cause: std::io::Error| unwritable(folder, cause);
    let whole = std::path::absolute(folder).map_err(unnamed)?;
    let name = match whole.file_name() {
        // `.` and `..` have no name of their own
        _ if folder.ends_with("..") => fs::canonicalize(folder)
            .map_err(unnamed)?
            .file_name()
            .map(|name| name.to_string_lossy().into_owned()),
        name => name.map(|name| name.to_string_lossy().into_owned()),
    };
    Ok(legal_name(name.as_deref().unwrap_or("ecosystem")))
}

/// # Errors
/// `CLI0050` naming what is in the way.
fn refuse_existing(folder: &Path, files: &[(PathBuf, String)]) -> Result<()> {
    let mut in_the_way: Vec<String> = files
        .iter()
        .filter(|(path, _)| path.symlink_metadata().is_ok())
        .map(|(path, _)| path.display().to_string())
        .collect();
    let model = folder.join("model");
    let others = fs::read_dir(&model).is_ok_and(|mut entries| entries.next().is_some());
    if in_the_way.is_empty() && others {
        in_the_way.push(model.display().to_string());
    }
    if folder.is_file() {
        in_the_way.push(folder.display().to_string());
    }
    if in_the_way.is_empty() {
        return Ok(());
    }
    Err(Error::new(code::CLI0050).with("exists", in_the_way.join(", ")))
}

fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, error))?;
    fs::write(path, text).map_err(|error| unwritable(path, error))
}

fn unwritable(path: &Path, error: std::io::Error) -> Error {
    Error::new(code::CLI0051).with("path", path.display()).caused_by(error)
}

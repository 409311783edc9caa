//! `teal schema`: the JSON Schema of the model, for editors and other programs.

use std::{fs, path::PathBuf};

use clap::builder::PossibleValuesParser;
use serde_json::Value;
use teal_model::{
    Error, Result,
    schema::{self, KINDS},
};

use crate::{code, exit::Exit, ui::Printer};

/// File of the schema of all kinds.
const ALL_KINDS: &str = "teal.schema.json";

/// Print the JSON Schema of the model.
///
/// Editors with the YAML language server check a model while it is written, and show what each field
/// means. Write the schema once, and name it in the editor's settings (`yaml.schemas`) or at the head of
/// each document: `# yaml-language-server: $schema=../.teal/schema/teal.schema.json`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  teal schema --out .teal/schema     all kinds in one schema, and one for each kind
  teal schema > teal.schema.json     all kinds in one, also for files with several documents
  teal schema Datastore | jq .properties")]
pub struct Args {
    /// Kind of document [default: all kinds in one schema]
    #[arg(value_parser = PossibleValuesParser::new(KINDS), ignore_case = true, hide_possible_values = true)]
    kind: Option<String>,
    /// Write into this folder: one schema of all kinds, and one for each
    #[arg(long, value_name = "FOLDER", conflicts_with = "kind")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, printer: Printer) -> Result<Exit> {
    if let Some(folder) = &args.out {
        write(folder, printer)?;
        return Ok(Exit::Done);
    }
    let kind = args.kind.as_ref().and_then(|asked| {
        let kind = KINDS.iter().find(|kind| kind.eq_ignore_ascii_case(asked));
        schema::json_of(kind?)
    });
    printer.json(&kind.unwrap_or_else(schema::json))?;
    Ok(Exit::Done)
}

fn write(folder: &PathBuf, printer: Printer) -> Result<()> {
    let kinds = KINDS
        .iter()
        .filter_map(|kind| Some((format!("{kind}.schema.json"), schema::json_of(kind)?)));
    let all: Vec<(String, Value)> =
        std::iter::once((ALL_KINDS.to_owned(), schema::json())).chain(kinds).collect();
    let refused = |error: std::io::Error| {
        Error::new(code::CLI0051).with("path", folder.display()).caused_by(error)
    };
    fs::create_dir_all(folder).map_err(refused)?;
    for (name, schema) in &all {
        fs::write(folder.join(name), format!("{schema:#}\n")).map_err(refused)?;
    }
    printer.say(&format!("{} schemas in {}", all.len(), folder.display()));
    printer.hint(&format!(
        "name it in `yaml.schemas` of the editor, or at the head of each document: \
         # yaml-language-server: $schema={}",
        folder.join(ALL_KINDS).display()
    ));
    Ok(())
}

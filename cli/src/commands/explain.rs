//! `teal explain`: what an error code means, why it happens, what to do.

use serde_json::{Value, json};
use teal_model::{Code, Error, Result};

use crate::{
    args::Output,
    code,
    exit::Exit,
    pages,
    ui::{
        Format, Printer, page,
        style::{NAME, STRONG, paint},
    },
};

/// Letters and digits of the longest code, so that titles stand below each other.
const LONGEST_ID: usize = "TEMPORAL0000".len();

/// Say what an error code means and what to do about it.
///
/// Shows the page of each code; without a code, the list of all. Works without any server.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  teal explain MERGE0002
  teal explain merge0002 pg0004      capitals do not matter
  teal explain SOURCE                all codes of a group
  teal explain                       all codes
  teal explain -o json | jq -r '.codes[].code'")]
pub struct Args {
    /// Codes as errors show them, or the letters of a group
    #[arg(value_name = "CODE")]
    codes: Vec<String>,
    #[command(flatten)]
    output: Output,
}

pub(crate) fn run(args: &Args, printer: Printer) -> Result<Exit> {
    if args.codes.is_empty() {
        let all = pages::codes();
        match args.output.format {
            Format::Json => printer.json(&json!({ "codes": lines(&all) }))?,
            Format::Text => {
                printer.data(&list(&all))?;
                printer.hint("`teal explain <CODE>` says what happened, why, and what to do");
            }
        }
        return Ok(Exit::Done);
    }
    let asked = args.codes.iter().map(|text| asked(text)).collect::<Result<Vec<Asked>>>()?;
    match args.output.format {
        Format::Json => {
            let codes: Vec<Value> = asked.iter().flat_map(Asked::as_json).collect();
            printer.json(&json!({ "codes": codes }))?;
        }
        Format::Text => {
            let texts: Vec<String> = asked.iter().map(Asked::as_text).collect();
            printer.data(&texts.join("\n\n"))?;
        }
    }
    Ok(Exit::Done)
}

/// What one argument means.
enum Asked {
    Page(Code),
    Group(Vec<Code>),
}

fn asked(text: &str) -> Result<Asked> {
    if let Some(code) = pages::find(text) {
        return Ok(Asked::Page(code));
    }
    let group = pages::group(text);
    if !group.is_empty() {
        return Ok(Asked::Group(group));
    }
    let error = Error::new(code::CLI0030).with("code", text);
    let nearest: Vec<String> =
        pages::nearest(text).iter().map(|code| format!("`{}`", code.id)).collect();
    Err(match &nearest[..] {
        [] => error,
        [only] => error.hint(format!("did you mean {only}? `teal explain` lists all codes")),
        several => {
            let several = several.join(", ");
            error.hint(format!("the nearest are {several}; `teal explain` lists all codes"))
        }
    })
}

impl Asked {
    fn as_text(&self) -> String {
        match self {
            Self::Page(code) => page::render(pages::page(*code)),
            Self::Group(codes) => list(codes),
        }
    }

    fn as_json(&self) -> Vec<Value> {
        match self {
            Self::Group(codes) => lines(codes),
            Self::Page(code) => {
                let mut line = line(*code);
                line["page"] = pages::page(*code).into();
                vec![line]
            }
        }
    }
}

fn lines(codes: &[Code]) -> Vec<Value> {
    codes.iter().map(|code| line(*code)).collect()
}

fn line(code: Code) -> Value {
    json!({
        "code": code.id,
        "group": pages::title_of(pages::letters_of(code.id)),
        "kind": code.kind.as_str(),
        "title": code.title,
        "help": code.help,
    })
}

/// Codes and titles, a heading for each group.
fn list(codes: &[Code]) -> String {
    let groups = codes.chunk_by(|a, b| pages::letters_of(a.id) == pages::letters_of(b.id));
    let texts: Vec<String> = groups
        .map(|group| {
            let letters = group.first().map_or("", |code| pages::letters_of(code.id));
            let heading = paint(STRONG, pages::title_of(letters));
            let rows = group.iter().map(|code| {
                let gap = LONGEST_ID.saturating_sub(code.id.len());
                format!("\n  {}{:gap$}  {}", paint(NAME, code.id), "", code.title)
            });
            heading + &rows.collect::<String>()
        })
        .collect();
    texts.join("\n\n")
}

//! Commands that the docs speak of within sentences and tables: each is one that this program has.
//! (Whole blocks of commands are run by the integration tests.)

use std::{fs, path::Path};

use clap::{CommandFactory, error::ErrorKind};

use super::Cli;

/// Pages of the repository, relative to its top.
const FOLDERS: [&str; 5] = [".", "docs", "docs/errors", "docs/contributing", "examples/tpch"];
/// Stand-ins of the docs, and something of their kind.
const STAND_INS: [(&str, &str); 4] =
    [("<stream>", "live/shop"), ("<CODE>", "MODEL0001"), ("<verb>", "plan"), ("…", "shop")];

/// What stands between backquotes and begins with `teal `.
fn spoken(page: &str) -> impl Iterator<Item = &str> {
    page.lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .filter(|t| t.starts_with("teal "))
}

/// The words of a command; those in quotes hold spaces.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut open) = (vec![String::new()], None);
    for c in command.chars() {
        match open {
            Some(quote) if c == quote => open = None,
            None if c == '"' || c == '\'' => open = Some(c),
            None if c == ' ' => words.push(String::new()),
            _ => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Why this program would not know a command.
fn unknown(command: &str) -> Option<String> {
    let mut text = command.to_owned();
    for (from, to) in STAND_INS {
        text = text.replace(from, to);
    }
    let words = words(&text);
    let is_cut = words.last().is_some_and(|word| word.starts_with('-'));
    let error = Cli::command().try_get_matches_from(words).err()?;
    let is_known = match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        | ErrorKind::DisplayVersion
        | ErrorKind::MissingSubcommand
        | ErrorKind::MissingRequiredArgument => true,
        ErrorKind::InvalidValue => is_cut, // `teal plan --out`: the sentence says of what
        _ => false,
    };
    (!is_known).then(|| error.to_string().lines().next().unwrap_or_default().to_owned())
}

#[test]
fn every_command_that_the_docs_speak_of_is_one() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (mut seen, mut problems) = (0, Vec::new());
    for folder in FOLDERS {
        for entry in fs::read_dir(top.join(folder)).unwrap().flatten() {
            if entry.path().extension().is_none_or(|extension| extension != "md") {
                continue;
            }
            let page = fs::read_to_string(entry.path()).unwrap();
            for command in spoken(&page) {
                seen += 1;
                let name = entry.file_name();
                problems.extend(
                    unknown(command).map(|why| format!("{}: `{command}`: {why}", name.display())),
                );
            }
        }
    }
    assert!(seen > 100, "only {seen} commands were found");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn a_mistyped_command_is_noticed() {
    assert!(unknown("teal plan --detailed").is_some());
    assert!(unknown("teal plna").is_some());
    assert_eq!(unknown("teal pause 'live/*' --reason \"a b\""), None);
}

//! Commands that the docs speak of outside of blocks: in sentences, tables, advice and examples of
//! help.

use std::{collections::BTreeMap, path::Path};

use super::page::{self, PROJECT};
use crate::testkit::teal;

/// Programs whose names begin a command.
const PROGRAMS: [&str; 9] =
    ["teal", "temporal", "psql", "pg_dump", "pg_restore", "createdb", "cargo", "make", "git"];
/// Words of the shell that begin one.
const BUILT_IN: [&str; 3] = ["cd", "eval", "source"];
/// The page whose blocks show the examples of `--help`.
const HELP: &str = "docs/cli.md";

/// Every command once, with the first place that speaks of it, in the order of the pages.
pub(super) fn commands() -> Vec<(String, String)> {
    let mut first: BTreeMap<String, String> = BTreeMap::new();
    let mut all = Vec::new();
    let mut add = |place: &str, text: String| {
        if first.insert(text.clone(), place.to_owned()).is_none() {
            all.push((place.to_owned(), text));
        }
    };
    for name in page::names() {
        let text = std::fs::read_to_string(Path::new(PROJECT).join(&name)).expect(&name);
        for command in of_page(&text).into_iter().chain(examples(&name, &text)) {
            add(&name, command);
        }
    }
    for (code, help) in advice() {
        for command in of_page(&help) {
            add(&code, command);
        }
    }
    all
}

/// What stands between backquotes and begins with a program and more, outside of blocks. A sentence
/// may break within a command; a paragraph does not.
fn of_page(text: &str) -> Vec<String> {
    let (mut paragraphs, mut in_block) = (vec![String::new()], false);
    for line in text.lines() {
        let is_fence = line.starts_with("```");
        if is_fence {
            in_block = !in_block;
        }
        // each row of a table is a paragraph
        if is_fence || line.is_empty() || line.starts_with('|') {
            paragraphs.push(String::new());
        }
        if let (false, false, Some(paragraph)) = (is_fence, in_block, paragraphs.last_mut()) {
            paragraph.push_str(line.trim());
            paragraph.push(' ');
        }
    }
    paragraphs.iter().flat_map(|paragraph| spans(paragraph)).filter(|s| is_command(s)).collect()
}

fn spans(paragraph: &str) -> Vec<String> {
    let mut spans = Vec::new();
    let mut rest = paragraph;
    while let Some((_, after)) = rest.split_once('`') {
        let Some((span, after)) = after.split_once('`') else { break };
        spans.push(span.replace("\\|", "|"));
        rest = after;
    }
    spans
}

fn is_command(span: &str) -> bool {
    let mut words = span.split_whitespace();
    words.next().is_some_and(|program| PROGRAMS.contains(&program)) && words.next().is_some()
}

/// Lines of the examples in `--help`, without the remark beside them.
fn examples(name: &str, text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut in_examples = false;
    for line in text.lines().filter(|_| name == HELP) {
        in_examples = line == "Examples:" || (in_examples && line != "```");
        let Some(line) = line.strip_prefix("  ").filter(|_| in_examples) else { continue };
        let command = line.split("   ").next().unwrap_or(line).trim();
        let word = command.split(' ').next().unwrap_or_default();
        if PROGRAMS.contains(&word) || BUILT_IN.contains(&word) {
            lines.push(command.to_owned());
        }
    }
    lines
}

/// What each code advises.
fn advice() -> Vec<(String, String)> {
    let output = std::process::Command::new(teal::binary())
        .args(["explain", "-o", "json"])
        .output()
        .expect("the binary");
    let all: serde_json::Value = serde_json::from_slice(&output.stdout).expect("codes as JSON");
    let text = |code: &serde_json::Value, field: &str| {
        code[field].as_str().unwrap_or_else(|| panic!("no {field}: {code}")).to_owned()
    };
    let codes = all["codes"].as_array().expect("codes");
    codes.iter().map(|code| (text(code, "code"), text(code, "help"))).collect()
}

#[test]
fn commands_are_found_in_sentences_tables_and_examples() {
    let text = "Say `teal plan` or `teal\nplan --brief`, not `teal`.\n| `teal run a` | `x` |\n\
                ```console\n$ `teal no`\n```\n`teal.yaml` of `teal status \\| less`";
    let found = ["teal plan", "teal plan --brief", "teal run a", "teal status | less"];
    assert_eq!(of_page(text), found);
    let help = "```text\nteal init [OPTIONS]\n```\n```text\nExamples:\n  teal init a   (new)\n  cd a\n```\n  x";
    assert_eq!(examples(HELP, help), ["teal init a", "cd a"]);
}

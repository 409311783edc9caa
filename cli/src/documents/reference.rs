//! `docs/cli.md`: the command line, from its definitions.

use std::fmt::Write;

use clap::{Arg, Command, CommandFactory};

use crate::{args::Cli, config::ENVIRONMENT_HELP, exit::Exit};

const HEAD: &str = "\
# The command line

<!-- Written by `cargo x docs` from the definitions under cli/src: edit those, then run it again. -->

Data goes to stdout, everything else to stderr. `teal <verb> --help` says what stands here.
";

/// The whole page.
pub(super) fn text() -> String {
    let mut cli = Cli::command();
    cli.build();
    let mut page = HEAD.to_owned();
    push_verbs(&mut page, &cli);
    push_exits(&mut page);
    page.push_str("\n## Options of every verb\n");
    let options = options(&cli).filter(|option| option.is_global_set() || is_help(option));
    push_arguments(&mut page, options);
    let environment = ENVIRONMENT_HELP.split("\n\nExit codes:").next().unwrap_or_default();
    let environment = environment.trim_start_matches("Environment:\n");
    writeln!(page, "\n## Environment\n```text\n{environment}\n```").ok();
    for verb in verbs(&cli) {
        push_verb(&mut page, verb, "##");
    }
    page
}

fn verbs(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|verb| verb.get_name() != "help" && !verb.is_hide_set())
}

/// One table of all verbs, with those below a verb.
fn push_verbs(page: &mut String, cli: &Command) {
    page.push_str("\n## Verbs\n| verb | does |\n|---|---|\n");
    let mut push = |verb: &Command, path: &str| {
        let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
        let anchor = path.replace(' ', "-");
        writeln!(page, "| [`{path}`](#{anchor}) | {} |", plain(&about)).ok();
    };
    for verb in verbs(cli) {
        let path = format!("teal {}", verb.get_name());
        push(verb, &path);
        for below in verbs(verb) {
            push(below, &format!("{path} {}", below.get_name()));
        }
    }
}

fn push_exits(page: &mut String) {
    page.push_str("\n## Exit codes\n| code | means |\n|---|---|\n");
    for exit in Exit::ALL {
        writeln!(page, "| {} | {} |", exit.number(), exit.meaning()).ok();
    }
    page.push_str("| 128 + n | ended by signal n, as any program |\n");
}

fn push_verb(page: &mut String, verb: &Command, level: &str) {
    let path = verb.get_bin_name().unwrap_or_default();
    writeln!(page, "\n{level} `{path}`").ok();
    let about = verb.get_long_about().or_else(|| verb.get_about());
    let about = about.map(ToString::to_string).unwrap_or_default();
    writeln!(page, "{}", plain(&about)).ok();
    let usage = verb.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    writeln!(page, "\n```text\n{usage}\n```").ok();
    let own = options(verb).filter(|option| !option.is_global_set() && !is_help(option));
    push_arguments(page, verb.get_positionals().chain(own));
    if let Some(examples) = verb.get_after_long_help().or_else(|| verb.get_after_help())
        && verb.get_after_help().is_some()
    {
        writeln!(page, "\n```text\n{examples}\n```").ok();
    }
    for below in verbs(verb) {
        push_verb(page, below, "###");
    }
}

fn options(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|argument| !argument.is_positional() && !argument.is_hide_set())
}

fn is_help(option: &Arg) -> bool {
    ["help", "version"].contains(&option.get_id().as_str())
}

fn push_arguments<'a>(page: &mut String, arguments: impl Iterator<Item = &'a Arg>) {
    let lines: Vec<String> = arguments.map(line).collect();
    if !lines.is_empty() {
        writeln!(page, "\n{}", lines.join("\n")).ok();
    }
}

/// `- `-o`, `--output <FORMAT>`: how to write the result to stdout (text, json; default: text)`
fn line(argument: &Arg) -> String {
    let help = argument.get_long_help().or_else(|| argument.get_help());
    let help = help.map(ToString::to_string).unwrap_or_default();
    let mut notes = Vec::new();
    if argument.get_action().takes_values() {
        let values = argument.get_possible_values();
        let values: Vec<&str> = values.iter().map(clap::builder::PossibleValue::get_name).collect();
        if !values.is_empty() {
            notes.push(values.join(", "));
        }
        let defaults = argument.get_default_values();
        let defaults: Vec<_> = defaults.iter().map(|value| value.to_string_lossy()).collect();
        if defaults.iter().any(|value| !value.is_empty()) {
            notes.push(format!("default: {}", defaults.join(",")));
        }
    }
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
    format!("- {}: {}{}", name(argument), plain(&help), plain(&notes))
}

fn name(argument: &Arg) -> String {
    let value = argument
        .get_value_names()
        .filter(|_| argument.get_action().takes_values())
        .map(|names| names.join(" "))
        .unwrap_or_default();
    let Some(long) = argument.get_long() else { return format!("`{argument}`") };
    let long = if value.is_empty() { format!("--{long}") } else { format!("--{long} <{value}>") };
    match argument.get_short() {
        Some(short) => format!("`-{short}`, `{long}`"),
        None => format!("`{long}`"),
    }
}

/// Text for Markdown: places in angle brackets would pass for HTML, a bar for the end of a cell.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut quoted = false;
    for character in text.chars() {
        match character {
            '`' => quoted = !quoted,
            '<' | '|' if !quoted => plain.push('\\'),
            _ => {}
        }
        plain.push(character);
    }
    plain
}

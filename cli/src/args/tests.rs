//! One way to say one thing, over all verbs.

use std::collections::BTreeMap;

use clap::{Arg, CommandFactory};

use super::Cli;

/// Verbs that show nothing which a program would read (they run, or write a script), or nothing else.
const WITHOUT_OUTPUT: [&str; 3] = ["teal worker", "teal completions", "teal schema"];

/// Every verb and every verb below one, by what is typed: `teal dev up`.
fn verbs() -> Vec<(String, clap::Command)> {
    fn descend(path: &str, command: &clap::Command, found: &mut Vec<(String, clap::Command)>) {
        for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
            let path = format!("{path} {}", verb.get_name());
            descend(&path, verb, found);
            found.push((path, verb.clone()));
        }
    }
    let mut cli = Cli::command();
    cli.build();
    let mut found = Vec::new();
    descend("teal", &cli, &mut found);
    found
}

#[test]
fn definitions_hold_together() {
    Cli::command().debug_assert();
}

#[test]
fn every_verb_shows_examples() {
    for (path, verb) in verbs().iter().filter(|(path, _)| path.matches(' ').count() == 1) {
        let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(help.contains("Example"), "`{path} --help` shows no example");
        assert!(help.contains(path), "`{path} --help` shows an example of something else");
    }
}

#[test]
fn every_verb_says_more_in_its_long_help() {
    for (path, verb) in verbs().iter().filter(|(path, _)| path.matches(' ').count() == 1) {
        let short = verb.get_about().map(ToString::to_string).unwrap_or_default();
        let long = verb.get_long_about().map(ToString::to_string).unwrap_or_default();
        assert!(
            long.len() > short.len(),
            "`{path} --help` says no more than `-h`: write it above `Args`, not above the variant \
             of `Command`"
        );
    }
}

#[test]
fn an_option_is_called_the_same_everywhere() {
    let mut known: BTreeMap<String, (String, String)> = BTreeMap::new();
    let mut shorts: BTreeMap<char, (String, String)> = BTreeMap::new();
    for (path, verb) in verbs() {
        for option in verb.get_arguments() {
            let Some(long) = option.get_long() else { continue };
            let look = look(option);
            let (before, where_) =
                known.entry(long.to_owned()).or_insert_with(|| (look.clone(), path.clone()));
            assert_eq!(*before, look, "--{long} of `{path}` differs from that of `{where_}`");
            let Some(short) = option.get_short() else { continue };
            let (before, where_) =
                shorts.entry(short).or_insert_with(|| (long.to_owned(), path.clone()));
            assert_eq!(before, long, "-{short} of `{path}` differs from that of `{where_}`");
        }
    }
}

/// What a person has to remember of an option.
fn look(option: &Arg) -> String {
    let takes_value = option.get_action().takes_values();
    format!("short {:?}, takes a value: {takes_value}", option.get_short())
}

#[test]
fn what_shows_something_shows_it_to_programs_too() {
    for (path, verb) in verbs() {
        let is_leaf = verb.get_subcommands().all(|verb| verb.get_name() == "help");
        if is_leaf && !WITHOUT_OUTPUT.contains(&path.as_str()) {
            let output = verb.get_arguments().any(|option| option.get_long() == Some("output"));
            assert!(output, "`{path}` has no `-o json`");
        }
    }
}

//! Many objects that are alike are one line of the usual plan: it must not hide what matters.

use std::borrow::Cow;

use super::entry::{Entry, Verb};

/// So many objects that are alike are listed one by one.
const MOST_ALIKE: usize = 6;
/// Names of which a summary speaks.
const MOST_NAMES: usize = 2;

/// The entries of a group, in their order; those with nothing of their own to say are counted where
/// there are many of a kind. What destroys something is never summed up.
pub(super) fn folded<'a>(entries: &[&'a Entry]) -> Vec<Cow<'a, Entry>> {
    let kinds: Vec<(Verb, &str)> = entries.iter().map(|entry| (entry.verb, entry.object)).collect();
    let is_many = |entry: &Entry| {
        let alike = |(other, kind): (&&Entry, &(Verb, &str))| {
            *kind == (entry.verb, entry.object) && is_plain(other)
        };
        is_plain(entry)
            && entries.iter().zip(&kinds).filter(|pair| alike(*pair)).count() > MOST_ALIKE
    };
    let mut shown: Vec<Cow<'a, Entry>> = Vec::new();
    let mut told: Vec<(Verb, &str)> = Vec::new();
    for entry in entries {
        let kind = (entry.verb, entry.object);
        if !is_many(entry) {
            shown.push(Cow::Borrowed(entry));
        } else if !told.contains(&kind) {
            told.push(kind);
            let of_kind = entries
                .iter()
                .filter(|other| (other.verb, other.object) == kind && is_plain(other));
            shown.push(Cow::Owned(summary(&of_kind.copied().collect::<Vec<_>>())));
        }
    }
    shown
}

/// Whether its one line says all that a person has to see.
fn is_plain(entry: &Entry) -> bool {
    let alike = ["view", "grant", "schema", "role", "member"].contains(&entry.object);
    alike && !entry.destructive && entry.verb != Verb::Change
}

/// `create  view  44 in all: reporting.core__a, reporting.core__b and 42 more (-v lists them)`
fn summary(alike: &[&Entry]) -> Entry {
    let names: Vec<&str> = alike.iter().take(MOST_NAMES).map(|entry| entry.name.as_str()).collect();
    let more = alike.len() - names.len();
    let (verb, object) = alike.first().map_or((Verb::Create, ""), |one| (one.verb, one.object));
    Entry {
        verb,
        object,
        name: format!("{} {object}s", alike.len()),
        note: format!("{} and {more} more (-v lists them)", names.join(", ")),
        short: None,
        destructive: false,
        details: Vec::new(),
    }
}

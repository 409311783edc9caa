//! Pages: what there is to say about each error code of Teal, from `docs/errors/`.
//!
//! Invariant: every code has its page and every page a code (a test says which one is missing).
//! Read first: [`codes`], [`page`].

#[cfg(test)]
mod index;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use index::text as index;

use teal_model::Code;

/// Name and text of each page.
const PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// Codes are grouped by their letters, in the order in which a newcomer meets them.
pub(crate) const GROUPS: [(&str, &str); 17] = [
    ("MODEL", "the model"),
    ("CLI", "the command line"),
    ("CRED", "credentials"),
    ("PLAN", "plans"),
    ("APPLY", "applying"),
    ("SOURCE", "sources"),
    ("STAGE", "staging"),
    ("MERGE", "merging"),
    ("DDL", "tables, views and roles"),
    ("PG", "PostgreSQL"),
    ("LEDGER", "the catalog and its ledger"),
    ("VERIFY", "verifying"),
    ("ENGINE", "the engine"),
    ("TEMPORAL", "Temporal"),
    ("WORK", "workers and workflows"),
    ("DEV", "the development stack"),
    ("FAIL", "failpoints of tests"),
];

/// Most codes that are offered for one that does not exist.
const MOST_NEAREST: usize = 3;

/// All codes of Teal, by group and number.
pub(crate) fn codes() -> Vec<Code> {
    let crates = [
        teal_model::code::ALL,
        crate::code::ALL,
        teal_activities::code::ALL,
        teal_temporal::code::ALL,
        teal_workflows::code::ALL,
        teal_worker::code::ALL,
        teal_devstack::code::ALL,
        teal_failpoint::code::ALL,
    ];
    let mut codes: Vec<Code> = crates.into_iter().flatten().copied().collect();
    codes.sort_by_key(|code| {
        let group = GROUPS.iter().position(|(letters, _)| *letters == letters_of(code.id));
        (group.unwrap_or(GROUPS.len()), code.id)
    });
    codes
}

/// The letters of a code: its group.
pub(crate) fn letters_of(id: &str) -> &str {
    id.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// What a group is about; its letters where nobody has said so.
pub(crate) fn title_of(letters: &str) -> &str {
    GROUPS.iter().find(|(known, _)| *known == letters).map_or(letters, |(_, title)| title)
}

/// The code that a person means: capitals and what errors are printed with (`error[…]:`) do not
/// matter.
pub(crate) fn find(text: &str) -> Option<Code> {
    let wanted = bare(text);
    codes().into_iter().find(|code| code.id == wanted)
}

/// Codes of the group that a person means by its letters.
pub(crate) fn group(text: &str) -> Vec<Code> {
    let wanted = bare(text);
    codes().into_iter().filter(|code| letters_of(code.id) == wanted).collect()
}

/// The text of a code's page, as Markdown.
pub(crate) fn page(code: Code) -> &'static str {
    let found = PAGES.iter().find(|(name, _)| *name == code.id);
    found.map_or("", |(_, text)| text)
}

/// Codes that were perhaps meant, the nearest first.
pub(crate) fn nearest(text: &str) -> Vec<Code> {
    let wanted = bare(text);
    let mut found: Vec<(usize, Code)> = codes()
        .into_iter()
        .map(|code| (strsim::damerau_levenshtein(&wanted, code.id), code))
        .filter(|(distance, code)| *distance <= code.id.len().div_ceil(3) + 1)
        .collect();
    found.sort_by_key(|(distance, _)| *distance);
    found.into_iter().take(MOST_NEAREST).map(|(_, code)| code).collect()
}

fn bare(text: &str) -> String {
    let text = text.to_ascii_uppercase();
    let text = text.trim_end_matches(':').trim_end_matches(']');
    text.trim_start_matches("ERROR").trim_start_matches('[').to_owned()
}

//! The index of all pages, `docs/errors/README.md`.

use super::{GROUPS, codes, letters_of};

/// Its text.
pub(crate) fn text() -> String {
    let mut text = "# Errors\n\n\
        Every error of Teal has a code, and every code a page: what happened, why, what to do. \
        `teal explain CODE`\nshows it. The kind says who can act:\n\n\
        | kind | means | a stream |\n|---|---|---|\n\
        | config | the model, a setting or a credential must change | is `failing`, probes on its schedule and heals by itself |\n\
        | data | the data breaks its contract | is `failing`, as above |\n\
        | transient | network, locks, servers that are down | is `backing_off` and takes the same batch up again |\n\
        | fenced | a newer attempt or configuration is at work | reads the ledger and goes on |\n\
        | bug | somebody has to look: Teal is wrong (report it), or a server is damaged | is `failing`, without a retry |\n\n\
        Which error of PostgreSQL becomes which code, and when a stream tries again: [failures.md](../failures.md).\n"
        .to_owned();
    for (letters, title) in GROUPS {
        text.push_str(&format!(
            "\n## {letters}: {title}\n\n| code | kind | title |\n|---|---|---|\n"
        ));
        for code in codes().into_iter().filter(|code| letters_of(code.id) == letters) {
            let (id, kind, title) = (code.id, code.kind, code.title.replace('|', "\\|"));
            text.push_str(&format!("| [{id}]({id}.md) | {kind} | {title} |\n"));
        }
    }
    text
}

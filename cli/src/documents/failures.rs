//! `docs/failures.md`: what fails, what a stream does about it, and what a person sees, from the tables
//! that decide it.

use std::fmt::Write;

use teal_activities::pg::{
    Handshake,
    meaning::{MEANINGS, Of},
};
use teal_model::{Code, Kind};
use teal_workflows::stream::{Again, LONGEST_PAUSE_SECONDS, outcome, pause_ms};

const HEAD: &str = "\
# What fails, and what a stream does about it

<!-- Written by `cargo x docs` from the tables that decide it (activities/src/pg/meaning.rs, the codes of
     the crates, workflows/src/stream): edit those, then run it again. -->

An error gets a code where it happens, the code has a kind, and the kind alone decides what the stream does. Nothing of a batch that
failed is ever in a merge table: rows, counts and position commit together or not at all. The code, its cause and what to do stand in
`teal status <stream>`, in the batch (`teal batches <stream>`) and in Temporal's UI; `teal explain CODE` says more.

## What a stream does
";

/// Who can do something, by kind.
const KINDS: [(Kind, &str); 5] = [
    (Kind::Transient, "nobody has to: network, locks, servers that are down"),
    (Kind::Config, "who owns the model, a setting, a credential or a server"),
    (Kind::Data, "who owns the data: it breaks its contract"),
    (Kind::Fenced, "nobody has to: a newer attempt or configuration is at work"),
    (Kind::Bug, "somebody has to look: Teal is wrong (report it), or a server is damaged"),
];

/// The whole page.
pub(super) fn text() -> String {
    let mut page = HEAD.to_owned();
    push_kinds(&mut page);
    push_meanings(&mut page);
    push_codes(&mut page);
    page
}

fn push_kinds(page: &mut String) {
    page.push_str(
        "| kind | who can act | state | the batch | tried again |\n|---|---|---|---|---|\n",
    );
    for (kind, who) in KINDS {
        let found = outcome(kind);
        let batch = if found.gives_up { "given up; the next try has a new number" } else { "kept" };
        let again = match found.again {
            Again::AtOnce => "at once, from what the ledger says; after a pause when that goes on",
            Again::AfterPause => "after a pause, by itself",
            Again::NextTick => "at each tick of the schedule, so that it heals by itself",
            Again::WhenAsked => "when a person asks: `retry`, `run`, `resume`, `reload`",
        };
        writeln!(page, "| {kind} | {who} | `{}` | {batch} | {again} |", found.word.as_str()).ok();
    }
    let (shortest, longest) = LONGEST_PAUSE_SECONDS;
    let pauses: Vec<String> = (1..=8).map(|n| (pause_ms(n, 60) / 1_000).to_string()).collect();
    let pauses = pauses.join(", ");
    writeln!(
        page,
        "\nA pause doubles with each failure in a row, until it is as long as the period of the stream (no limit is below {shortest} s \
         or above\n{longest} s), and is up to a fifth longer by the stream's name, so that not all streams come back at once. A stream \
         that is read each\nminute waits {pauses} … seconds. `teal retry` tries at once; a stream without schedule \
         is tried when it is asked.\n\nA worker that dies or falls silent is noticed by its heartbeat (`WORK0001`), and another one takes the batch up again. A session\nwhose connection stays open while nothing passes any more is looked at from another one (`teal/lifeline`): it may work as long as it \
         likes, and\nis given up as `PG0002` when it has waited for us for a minute."
    )
    .ok();
}

fn push_meanings(page: &mut String) {
    page.push_str(
        "\n## What PostgreSQL says\n\nOf source, merge store and catalog alike. The first line that fits counts; checks of Teal's \
         own that know more\n(`SOURCE0010`, `STAGE0001`, `MERGE0001` …) come before.\n\n\
         | error | means | code | kind | a person sees |\n|---|---|---|---|---|\n",
    );
    for row in MEANINGS {
        let code = row.code;
        writeln!(
            page,
            "| {} | {} | {} | {} | {} |",
            named(row.of),
            row.words,
            link(code),
            code.kind,
            code.title
        )
        .ok();
    }
}

fn named(of: Of) -> String {
    match of {
        Of::Stranger => "first answer".to_owned(),
        Of::Handshake(Handshake::NotOffered) => "TLS: not offered".to_owned(),
        Of::Handshake(Handshake::Untrusted) => "TLS: untrusted".to_owned(),
        Of::Handshake(Handshake::Unusable) => "TLS: unusable".to_owned(),
        Of::Handshake(Handshake::Refused) => "TLS: refused".to_owned(),
        Of::Handshake(Handshake::Broken) => "TLS: broken".to_owned(),
        Of::Connection => "connection".to_owned(),
        Of::Message { state, start } => format!("{state} `{start} …`"),
        Of::State(state) => state.to_owned(),
        Of::Class(class) => format!("{class}…"),
        Of::Anything => "else".to_owned(),
    }
}

fn push_codes(page: &mut String) {
    page.push_str(
        "\n## Every code of the engine and of workflows\n\n| kind | codes |\n|---|---|\n",
    );
    let codes = || teal_activities::code::ALL.iter().chain(teal_workflows::code::ALL);
    for (kind, _who) in KINDS {
        let of_kind = codes().filter(|code| code.kind == kind).map(|code| link(*code));
        writeln!(page, "| {kind} | {} |", of_kind.collect::<Vec<_>>().join(", ")).ok();
    }
}

fn link(code: Code) -> String {
    format!("[{id}](errors/{id}.md)", id = code.id)
}

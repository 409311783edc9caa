//! Built-in types that are not carried, and why.

use super::source::Refusal;

const VIEW: &str =
    "leave the column out of the model, or read a view of the source that casts it to text";

/// What is said of each; [`why`] has a word for what is not here.
static REFUSED: &[(&[&str], &str)] = &[
    (
        &[
            "regclass",
            "regcollation",
            "regconfig",
            "regdictionary",
            "regnamespace",
            "regoper",
            "regoperator",
            "regproc",
            "regprocedure",
            "regrole",
            "regtype",
        ],
        "it names an object of its own database by a number",
    ),
    (&["xid", "cid", "tid"], "it is a transaction or a place of its own database"),
    (&["txid_snapshot"], "PostgreSQL replaced it by pg_snapshot"),
    (&["aclitem"], "it names roles of its own server by numbers"),
    (&["refcursor"], "it names a cursor of one session"),
    (&["int2vector", "oidvector"], "it is of PostgreSQL's own catalogs"),
    (&["gtsvector"], "it is the inside of an index"),
];

/// Why Teal does not carry a built-in type, and what to do.
pub(super) fn why(name: &str) -> Refusal {
    known(name).unwrap_or(Refusal { why: "Teal does not know it", help: VIEW })
}

/// As [`why`], for a name that may be anything.
pub(super) fn known(name: &str) -> Option<Refusal> {
    let said = REFUSED.iter().find(|(names, _)| names.contains(&name)).map(|(_, why)| *why);
    let catalogs = name.starts_with("pg_").then_some("it is of PostgreSQL's own catalogs");
    said.or(catalogs).map(|why| Refusal { why, help: VIEW })
}

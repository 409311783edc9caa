//! Addresses of databases: parts of one, not a URL that holds all of them.

use super::index::Index;
use crate::{
    code,
    document::source::PostgresAddress,
    yaml::{Finding, Report, Spanned},
};

pub(super) fn check(index: &Index<'_>, report: &mut Report) {
    let documents = index.documents;
    let merge = documents.services.iter().map(|services| &services.merge.postgres);
    let sources = documents.datastores.iter().map(|store| &store.source.postgres);
    for PostgresAddress { host, database, .. } in merge.chain(sources) {
        for (what, text) in [("host", host), ("database", database)] {
            if text.at.is_somewhere() && text.contains("://") {
                report.add(url(what, text));
            }
        }
    }
}

/// The text itself is not repeated: it may hold a password.
fn url(what: &str, text: &Spanned<String>) -> Finding {
    let login = text.rsplit_once('@').and_then(|(before, _)| before.split_once("://"));
    if login.is_some_and(|(_, login)| login.contains(':')) {
        let message = format!("`{what}` is a URL that puts a secret into the model");
        return Finding::new(code::MODEL0013, text.at, message);
    }
    let finding = Finding::new(code::MODEL0009, text.at, format!("`{what}` is a URL"));
    finding.help("write its parts: `{host: …, port: …, database: …}`")
}

//! Doctor: what could make the first day fail, in the databases, and the statements that mend it.
//!
//! In: a release (of a model or of the catalog), and where credentials lie. Out: a [`Report`] of
//! checks, and [`Script`]s of SQL, each with who has to run it and where. Nothing is written, and
//! what cannot be looked at is itself a finding: one bad credential hides nothing else.
//! Each kind of database has one file that looks and one pure function that judges what was seen.
//!
//! | module | holds |
//! |---|---|
//! | `report` | [`Check`], [`Verdict`], [`Script`] |
//! | `scope` | what a release needs of its databases |
//! | `visit` | a connection, or what stood in its way |
//! | `server` | version, settings, clock, TLS, pooler |
//! | `merge`, `rights` | what the merge credential may do |
//! | `ledger` | schema `teal`: version, access |
//! | `source` | what a source credential may read |
//!
//! Read first: [`databases`].

mod ledger;
mod merge;
mod report;
mod rights;
mod scope;
mod server;
mod settings;
mod source;
mod visit;

use std::collections::BTreeSet;

use teal_model::{
    Error,
    release::{CredentialStore, Release},
};

pub use report::{Check, Place, Report, RunBy, Script, Verdict};
use scope::Scope;

pub use crate::catalog::clock::Skew;
use crate::pg::Address;
pub use server::clock;

/// Looks at the databases of a release: merge store and sources.
pub async fn databases(release: &Release, credentials: &CredentialStore, report: &mut Report) {
    let scope = Scope::of(release);
    merge::examine(&scope, credentials, report).await;
    for source in &scope.sources {
        source::examine(source, credentials, report).await;
    }
}

/// Looks at the control catalog that `TEAL_CATALOG` names. `release`: what is meant to run on it, as
/// far as that is known.
pub async fn catalog(
    address: &Address,
    release: Option<&Release>,
    credentials: &CredentialStore,
    report: &mut Report,
) {
    match address.options() {
        Ok(options) => {
            let options = options.application_name(visit::APPLICATION);
            ledger::examine_catalog(&options, release, credentials, report).await;
        }
        Err(error) => {
            let subject = format!("catalog {}", address.place());
            report.fail(&subject, "connection", told(&error), error.help());
        }
    }
}

/// Resource classes whose workers have something to do.
pub fn used_classes(release: &Release) -> BTreeSet<&str> {
    scope::used_classes(release)
}

/// What an error says to a person in one line: title, names around it, causes, without its code.
pub fn told(error: &Error) -> String {
    let line = error.one_line();
    line.split_once("] ").map_or(line.as_str(), |(_code, text)| text).to_owned()
}

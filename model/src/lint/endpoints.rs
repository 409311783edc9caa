//! Endpoints: credentials that can be looked up, encryption that means something.

use super::index::Index;
use crate::{
    code,
    document::{source::PostgresAddress, tls::Tls},
    name,
    yaml::{Finding, Report, Spanned},
};

pub(super) fn check(index: &Index<'_>, report: &mut Report) {
    let documents = index.documents;
    let merges = documents.services.iter().map(|s| (&s.merge.postgres, &s.merge.credential));
    let sources = documents.datastores.iter().map(|s| (&s.source.postgres, &s.source.credential));
    for (address, credential) in merges.chain(sources) {
        name_of_credential(credential, report);
        if let Some(tls) = &address.tls {
            encryption(address, tls, report);
        }
    }
}

fn name_of_credential(credential: &Spanned<String>, report: &mut Report) {
    if let Some(fault) = name::credential_fault(credential).filter(|_| credential.at.is_somewhere())
    {
        let message = format!("the credential name `{}` {fault}", credential.escape_debug());
        report.add(Finding::new(code::MODEL0070, credential.at, message));
    }
}

/// A certificate authority that nobody asks would look safe and be nothing.
fn encryption(address: &PostgresAddress, tls: &Tls, report: &mut Report) {
    let (Some(mode), Some(ca)) = (&tls.mode, &tls.ca) else { return };
    if ca.at.is_somewhere() && mode.at.is_somewhere() && !mode.value.verifies() {
        let (mode, host) = (mode.value.as_str(), &address.host.value);
        let message = format!("with `mode: {mode}` no certificate of {host} is ever verified");
        report.add(Finding::new(code::MODEL0071, ca.at, message));
    }
}

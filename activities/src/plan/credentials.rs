//! Credentials of the model that cannot be found here.

use std::collections::BTreeMap;

use teal_model::{plan::MissingCredential, release::Release};

use crate::{Io, credentials};

/// Looks each credential of a source up, as the work would; only names and places are told. (That of
/// the merge store is there: without it nothing could be compared.)
pub(super) fn missing(io: &Io, wanted: &Release) -> Vec<MissingCredential> {
    let mut missing: BTreeMap<&str, MissingCredential> = BTreeMap::new();
    for job in &wanted.jobs {
        let source = &job.stream.source;
        let Err(error) = credentials::resolve(io.credentials(), source) else { continue };
        let places = error.context().iter().find(|(key, _)| *key == "looked_at");
        let looked_at = places.map(|(_, places)| places.clone()).unwrap_or_default();
        let name = source.credential.as_str();
        let entry = missing.entry(name).or_insert_with(|| MissingCredential {
            name: name.to_owned(),
            looked_at,
            needed_by: Vec::new(),
        });
        entry.needed_by.push(job.stream.id.to_string());
    }
    missing.into_values().collect()
}

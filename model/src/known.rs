//! What a model describes, needed or not: a release holds only what some workspace needs.

use std::collections::{BTreeMap, BTreeSet};

use crate::{document::Documents, lint::index::Index, yaml::Report};

/// Names of a model's producers and platforms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Datasets of each datastore.
    pub datasets: BTreeMap<String, BTreeSet<String>>,
    /// Platforms.
    pub platforms: BTreeSet<String>,
}

/// What these documents describe; mistakes are no matter here.
pub fn known(documents: &Documents) -> Known {
    let index = Index::of(documents, &mut Report::default());
    let stores = index.stores.iter().map(|(name, store)| {
        let datasets = store.datasets.keys().cloned().collect();
        ((*name).to_owned(), datasets)
    });
    Known {
        datasets: stores.collect(),
        platforms: index.platforms.keys().map(|name| (*name).to_owned()).collect(),
    }
}

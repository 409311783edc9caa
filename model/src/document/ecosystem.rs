//! `kind: Ecosystem`: the whole that a model describes.

use crate::yaml::{Spanned, mapping::mapping};

mapping! {
    /// The whole: all zones, teams, stores and consumers of one model.
    pub struct Ecosystem {
        /// Its name; part of the id of its apply workflow.
        name: Spanned<String>,
        /// For people.
        description: Option<Spanned<String>>,
        /// Who owns it.
        repository: Option<Repository>,
    }
}

mapping! {
    /// The repository whose changes are the owner's will.
    pub struct Repository {
        /// Address of the repository.
        url: Spanned<String>,
        /// Branch; `main` where it is not said.
        branch: Option<Spanned<String>>,
    }
}

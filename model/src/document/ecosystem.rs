//! `kind: Ecosystem`: the whole that a model describes.

use crate::yaml::{Spanned, mapping::mapping};

mapping! {
    /// The whole: all zones, teams, stores and consumers of one model. A model has exactly one.
    ///
    /// ```yaml
    /// kind: Ecosystem
    /// name: acme
    /// description: a shop and those who look at it
    /// repository: {url: https://git.example/acme/ecosystem, branch: main}
    /// ```
    pub struct Ecosystem {
        /// Its name, which its catalog carries; part of the id of its apply workflow.
        name: Spanned<String>,
        /// What it is, for people who read the model.
        description: Option<Spanned<String>>,
        /// Repository whose changes are its owner's will.
        repository: Option<Repository>,
    }
}

mapping! {
    /// The repository whose changes are the owner's will.
    pub struct Repository {
        /// Address of the repository.
        url: Spanned<String>,
        /// Branch that counts.
        branch: Option<Spanned<String>> = "main",
    }
}

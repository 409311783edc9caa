//! `kind: Zone`: a part of the ecosystem that governs its own teams.

use super::ecosystem::Repository;
use crate::yaml::{Spanned, mapping::mapping};

mapping! {
    /// A part of the ecosystem that governs its own teams.
    ///
    /// ```yaml
    /// kind: Zone
    /// name: retail
    /// ```
    pub struct Zone {
        /// Its name.
        name: Spanned<String>,
        /// What it is, for people who read the model.
        description: Option<Spanned<String>>,
        /// Repository whose changes are its owner's will.
        repository: Option<Repository>,
    }
}

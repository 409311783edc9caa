//! `kind: Zone`: a part of the ecosystem that governs its own teams.

use super::ecosystem::Repository;
use crate::yaml::{Spanned, mapping::mapping};

mapping! {
    /// A part of the ecosystem that governs its own teams.
    pub struct Zone {
        /// Its name.
        name: Spanned<String>,
        /// For people.
        description: Option<Spanned<String>>,
        /// Who owns it.
        repository: Option<Repository>,
    }
}

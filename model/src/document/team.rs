//! `kind: Team`: who owns stores and workspaces.

use super::ecosystem::Repository;
use crate::yaml::{Spanned, mapping::mapping};

mapping! {
    /// An owner of stores and workspaces.
    pub struct Team {
        /// `zone/team`.
        name: Spanned<String>,
        /// For people.
        description: Option<Spanned<String>>,
        /// Who owns it.
        repository: Option<Repository>,
    }
}

//! `kind: Team`: who owns stores and workspaces.

use super::ecosystem::Repository;
use crate::yaml::{Spanned, mapping::mapping};

mapping! {
    /// An owner of stores and workspaces: a team of a zone.
    ///
    /// ```yaml
    /// kind: Team
    /// name: retail/online
    /// description: web shop and app
    /// ```
    pub struct Team {
        /// Zone and team, such as `retail/online`; the zone is declared by a `kind: Zone`.
        name: Spanned<String>,
        /// What it is, for people who read the model.
        description: Option<Spanned<String>>,
        /// Repository whose changes are its owner's will.
        repository: Option<Repository>,
    }
}

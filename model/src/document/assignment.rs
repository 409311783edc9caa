//! `kind: Assignment`: which platform serves a group of a workspace. Overrides `platform:` of the
//! group; a second one for the same group is a parallel run.

use crate::yaml::{Spanned, Word, mapping::mapping};

mapping! {
    /// One platform for one group of one workspace. It takes the place of `platform:` of the group;
    /// a second one for the same group is a parallel run, whose views lie in a schema of their own.
    ///
    /// ```yaml
    /// kind: Assignment
    /// workspace: reporting
    /// group: core
    /// platform: history
    /// state: provisioned
    /// ```
    pub struct Assignment {
        /// Name of the workspace.
        workspace: Spanned<String>,
        /// Name of the group within the workspace.
        group: Spanned<String>,
        /// Name of the platform that serves the group.
        platform: Spanned<String>,
        /// How far it has come.
        state: Spanned<AssignmentState>,
        /// What it is, for people who read the model.
        description: Option<Spanned<String>>,
    }
}

/// How far an assignment has come. In the order of who serves the workspace's own schema: the
/// first of a group's assignments in this order does; others are parallel runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AssignmentState {
    /// Serves.
    Provisioned,
    /// Served; still runs until its consumers have moved.
    Decommissioning,
    /// Is being filled; serves only where nothing else does.
    Provisioning,
    /// Is over.
    Decommissioned,
}

impl Word for AssignmentState {
    const EXPECTED: &str = "provisioning, provisioned, decommissioning or decommissioned";

    const WORDS: &'static [(&'static str, Self, &'static str)] = &[
        (
            "provisioning",
            Self::Provisioning,
            "is being filled; serves only where nothing else does",
        ),
        ("provisioned", Self::Provisioned, "serves the group"),
        ("decommissioning", Self::Decommissioning, "still runs, until its consumers have moved"),
        ("decommissioned", Self::Decommissioned, "is over"),
    ];
}
